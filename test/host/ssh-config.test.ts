// A host for which ssh's own configuration holds: what ssh -G tells is what is done, or is told not to be.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import type { Host } from '../../schemas/types'
import { configured as makeConfigured } from './configured'
import { type Lab, makeKey, makeLab, type Sshd } from './sshd'

let lab: Lab
let sshd: Sshd
let jump: Sshd
const opened: Reach[] = []

beforeAll(async () => {
  lab = makeLab()
  ;[sshd, jump] = await Promise.all([lab.startSshd('middle'), lab.startSshd('jump')])
})
afterAll(async () => {
  for (const reached of opened) reached.close()
  await lab.end()
})

const configured = (...lines: readonly string[]) => makeConfigured(lab.dir, ...lines)

/** With nothing but what plans go by. */
const bare = (more: Partial<Host> = {}): Host => ({
  name: 'middle',
  address: '127.0.0.1',
  port: sshd.port,
  user: 'root',
  sshConfig: true,
  ...more,
})

let files = 0
/** Where the host keys of both are known. */
const knowing = (...names: readonly [string, Sshd][]) => {
  const file = join(lab.dir, `known-${files++}`)
  writeFileSync(file, names.map(([name, { hostKey }]) => `${name} ${hostKey}\n`).join(''))
  return file
}

async function open(host: Host, environment: NodeJS.ProcessEnv): Promise<Reach> {
  const reached = await reach(host, { environment })
  opened.push(reached)
  expect((await reached.run({ name: 'echo', text: 'echo here' }, [])).stdout).toBe('here\n')
  return reached
}

async function faultOf(host: Host, environment: NodeJS.ProcessEnv): Promise<Fault> {
  const result = await open(host, environment).catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

test('keys, known_hosts and the alias there are what ssh says for the name of the host', async () => {
  const known = knowing(['the-alias', sshd])
  const environment = configured(
    'Host middle',
    `  IdentityFile ${lab.identityFile}`,
    `  UserKnownHostsFile ${lab.dir}/none ${known}`,
    '  HostKeyAlias The-Alias',
    'Host other',
    '  HostKeyAlias other',
    `Host *\n  IdentityFile ${lab.identityFile}`,
  )
  await open(bare(), environment)
  const fault = await faultOf(bare({ name: 'other' }), environment)
  expect(fault).toMatchObject({ code: 'host-key-unknown', happened: expect.stringContaining('known_hosts') })
})

test("no variable that has sudo's password reaches what ssh runs", async () => {
  const environment = {
    ...configured('Match exec "env >&2; exit 1"', 'this is no configuration'),
    SUDO_CONF: 'correct horse',
  }
  const fault = await faultOf(bare({ become: 'sudo', becomePasswordEnv: 'SUDO_CONF' }), environment)
  expect(fault.happened).toContain('HOME=')
  expect(fault.happened).not.toMatch(/SUDO_CONF|horse/)
})

test("ssh's default files are meant where it names them all; one of them that is named is the only one", async () => {
  const known = knowing([`[127.0.0.1]:${sshd.port}`, sshd])
  const triedWith = async (...lines: string[]) => {
    const environment = configured(`UserKnownHostsFile ${known}`, ...lines)
    mkdirSync(`${environment.HOME}/.ssh`)
    for (const type of ['rsa', 'ed25519']) makeKey(`${environment.HOME}/.ssh`, `id_${type}`, { type })
    return (await faultOf(bare(), environment)).happened?.match(/~\/\.ssh\/id_\w+/g)
  }
  expect(await triedWith()).toEqual(['~/.ssh/id_rsa', '~/.ssh/id_ed25519'])
  expect(await triedWith('IdentityFile ~/.ssh/id_ed25519', 'IdentitiesOnly yes')).toEqual(['~/.ssh/id_ed25519'])
})

test('what is declared comes first', async () => {
  const environment = configured(
    'Host *',
    `  IdentityFile ${makeKey(lab.dir, 'stranger')}`,
    `  UserKnownHostsFile ${lab.dir}/none`,
    '  HostKeyAlias nobody',
    '  ProxyCommand /bin/false',
  )
  const { hostKey, identityFile } = sshd.host
  await open(bare({ hostKey, identityFile, proxyCommand: 'none' }), environment)
})

test('without sshConfig no such file is read', async () => {
  const environment = configured('this is no configuration')
  await open({ ...sshd.host }, environment)
  const fault = await faultOf(bare(), environment)
  expect(fault.code).toBe('ssh-config-unreadable')
  expect(fault.happened).toContain('Bad configuration option: this')
  const nobody = await faultOf(bare(), { ...environment, PATH: '/nowhere' })
  expect(nobody.happened).toBe('there is no ssh here, and sshConfig asks it')
})

test('a ProxyCommand of ssh makes the connection', async () => {
  const { hostKey, identityFile } = sshd.host
  const environment = configured(`Match originalhost middle host 10.99.99.9\n  ProxyCommand nc-of-ours %h %p`)
  const program = `#!${process.execPath}
const way = require('node:net').connect(${sshd.port}, '127.0.0.1')
process.stdin.pipe(way).pipe(process.stdout)`
  writeFileSync(join(environment.HOME ?? '', 'nc-of-ours'), program, { mode: 0o755 })
  await open(bare({ address: '10.99.99.9', hostKey, identityFile }), environment)
})

test('so does a ProxyJump, with what ssh says for the jump hosts', async () => {
  const both = knowing([`[127.0.0.1]:${jump.port}`, jump], [`[127.0.0.1]:${sshd.port}`, sshd])
  const environment = configured(
    'Host door',
    `  HostName 127.0.0.1\n  Port ${jump.port}\n  User root`,
    'Host middle\n  ProxyJump door',
    `Host *\n  IdentityFile ${lab.identityFile}\n  UserKnownHostsFile ${both}`,
  )
  const before = jump.log().length
  await open(bare(), environment)
  expect(jump.log().slice(before)).toContain('Accepted publickey')
  const lost = await faultOf(
    bare(),
    configured(
      'Host middle\n  ProxyJump door',
      'Host door\n  ProxyJump gate',
      'Host gate\n  ProxyJump door',
      `Host *\n  IdentityFile ${lab.identityFile}`,
    ),
  )
  expect(lost).toMatchObject({ code: 'ssh-config-not-followed', happened: 'middle via door via gate via door' })
})

test('another port or user than what is declared is told, with what to write', async () => {
  const environment = configured('Host middle\n  Port 2022\n  User ops')
  const fault = await faultOf(bare({ port: undefined, user: undefined }), environment)
  expect(fault).toMatchObject({
    code: 'ssh-config-differs',
    cure: expect.stringMatching(/^write port: 2022 and user: ops:/),
  })
})

test.each([
  'RevokedHostKeys /etc/ssh/revoked',
  'KnownHostsCommand /bin/true',
  'BindAddress 127.0.0.1',
  'AddressFamily inet',
  'PKCS11Provider /x.so',
  'PubkeyAuthentication no',
])('%s is not followed, and told', async line => {
  const fault = await faultOf(bare(), configured(`Host middle\n  ${line}`))
  expect(fault.code).toBe('ssh-config-not-followed')
  expect(fault.what).toContain(`says ${line.split(' ')[0]?.toLowerCase()}`)
})

test('IdentityAgent holds; a file that wants a passphrase is told', async () => {
  const locked = makeKey(lab.dir, 'locked', { passphrase: 'secret words' })
  const known = knowing([`[127.0.0.1]:${sshd.port}`, sshd])
  const environment = {
    ...configured(`Host middle\n  IdentityFile ${locked}\n  IdentityAgent none\n  UserKnownHostsFile ${known}`),
    SSH_AUTH_SOCK: '/nowhere',
  }
  const fault = await faultOf(bare(), environment)
  expect(fault.happened).toContain('IdentityAgent none')
  expect(fault.happened).toContain(`${locked} (SHA256:`)
})

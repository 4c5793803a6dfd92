// Logging in: which host keys and which login keys are taken, and what is said when they are not.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { type Reach, type ReachOptions, reach } from '../../engine/host'
import type { Host } from '../../schemas/types'
import { findFreePort, type Lab, makeKey, makeLab, readPublicKey, type Sshd } from './sshd'

let lab: Lab
let sshd: Sshd
const opened: Reach[] = []

beforeAll(async () => {
  lab = makeLab()
  sshd = await lab.startSshd('middle')
})
afterAll(async () => {
  for (const reached of opened) reached.close()
  await lab.end()
})

async function open(host: Host, options?: ReachOptions): Promise<Reach> {
  const reached = await reach(host, options)
  opened.push(reached)
  return reached
}

async function faultOf(host: Host, options?: ReachOptions): Promise<Fault> {
  const result = await open(host, options).catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

/** A known_hosts file with these lines, in place of hostKey. */
function knowing(host: Host, ...lines: readonly string[]): Host {
  const { hostKey: _, ...rest } = host
  const knownHosts = join(lab.dir, `known-hosts-${Math.random().toString(36).slice(2)}`)
  writeFileSync(knownHosts, lines.map(line => `${line}\n`).join(''))
  return { ...rest, knownHosts }
}

const keyOf = (line: string) => line.split(' ').slice(0, 2).join(' ')
const fingerprintOf = (file: string) =>
  execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? ''

test('a login with the right keys runs a program as root and tells the host key that it verified', async () => {
  const reached = await open(sshd.host)
  expect(await reached.run({ name: 'whoami', text: 'id -u; echo no >&2; exit 3' }, [])).toEqual({
    stdout: '0\n',
    stderr: 'no\n',
    code: 3,
  })
  expect(reached.name).toBe('middle')
  expect(reached.hostKey).toBe(keyOf(sshd.hostKey))
  expect(await reached.ownAddress()).toBe('127.0.0.1')
})

test('an IPv6 address works, with the key under its bracketed name', async () => {
  const reached = await open(knowing({ ...sshd.host, address: '::1' }, `[::1]:${sshd.port} ${sshd.hostKey}`))
  expect(await reached.ownAddress()).toBe('::1')
})

test('a comment after the pinned host key does not matter', async () => {
  await open({ ...sshd.host, hostKey: `${keyOf(sshd.hostKey)} root@somewhere else` })
})

test('a wrong host key stops us before anything about the login is sent', async () => {
  const other = await lab.startSshd('other', ['LogLevel DEBUG1'])
  const wrong = readPublicKey(makeKey(lab.dir, 'wrong-host-key'))
  const fault = await faultOf({ ...other.host, hostKey: wrong })
  expect(fault.code).toBe('host-key-mismatch')
  expect(fault.message).toContain(
    `expected ssh-ed25519 ${fingerprintOf(join(lab.dir, 'wrong-host-key'))} (the spec's hostKey)`,
  )
  expect(fault.message).toContain(`offered  ssh-ed25519 ${fingerprintOf(join(lab.dir, 'other-host-key'))}`)
  expect(fault.message).toContain(`set hostKey: ${keyOf(other.hostKey)}`)
  await other.logged(/Connection (closed|reset) by|Received disconnect|Unable to negotiate/)
  expect(other.log()).toContain('SSH2_MSG_KEXINIT received')
  expect(other.log()).not.toMatch(/userauth|Accepted|Failed/)
  await open(other.host)
  expect(other.log()).toContain('userauth-request for user root')
})

test('a pinned key of a type that the host does not have is a mismatch', async () => {
  const rsa = readPublicKey(makeKey(lab.dir, 'pinned-rsa', { type: 'rsa' }))
  const fault = await faultOf({ ...sshd.host, hostKey: rsa })
  expect(fault.code).toBe('host-key-mismatch')
  expect(fault.message).toContain('offered  no key of type ssh-rsa')
})

test('a pinned RSA host key is verified although the host prefers another type', async () => {
  const rsa = makeKey(lab.dir, 'rsa-host-key', { type: 'rsa' })
  const both = await lab.startSshd('both', [`HostKey ${rsa}`])
  const reached = await open({ ...both.host, hostKey: readPublicKey(rsa) })
  expect(reached.hostKey).toBe(keyOf(readPublicKey(rsa)))
  const known = await open(knowing(both.host, `[127.0.0.1]:${both.port} ${readPublicKey(rsa)}`))
  expect(known.hostKey).toBe(keyOf(readPublicKey(rsa)))
})

test('known_hosts lets in the host that it has, plain and hashed', async () => {
  const line = `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`
  await open(knowing(sshd.host, line))
  const hashed = knowing(sshd.host, line)
  execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed.knownHosts ?? ''], { stdio: 'ignore' })
  await open(hashed)
})

test('~/.ssh/known_hosts is read when nothing else is said', async () => {
  const { hostKey: _, ...host } = sshd.host
  const home = join(lab.dir, 'home')
  execFileSync('install', ['-d', join(home, '.ssh')])
  const fault = await faultOf(host, { environment: { HOME: home } })
  expect(fault.code).toBe('host-key-unknown')
  expect(fault.message).toContain('~/.ssh/known_hosts does not exist')
  writeFileSync(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`)
  await open(host, { environment: { HOME: home } })
})

test('an unknown host is refused with the key that it offered, ready to paste', async () => {
  const fault = await faultOf(knowing(sshd.host, `example.org ${sshd.hostKey}`))
  expect(fault.code).toBe('host-key-unknown')
  expect(fault.message).toContain(`has no line for [127.0.0.1]:${sshd.port}`)
  expect(fault.message).toContain(`set hostKey: ${keyOf(sshd.hostKey)}`)
})

test('a changed host is refused with the line that knows it otherwise', async () => {
  const host = knowing(
    sshd.host,
    '# a comment',
    `127.0.0.1,[127.0.0.1]:${sshd.port} ${readPublicKey(makeKey(lab.dir, 'old'))}`,
  )
  const fault = await faultOf(host)
  expect(fault.code).toBe('host-key-mismatch')
  expect(fault.message).toContain(`(${host.knownHosts}:2)`)
})

test('hostKeyAlias is the only name that is looked up, without the port', async () => {
  const host = { ...knowing(sshd.host, `middle-1 ${sshd.hostKey}`), hostKeyAlias: 'Middle-1' }
  await open(host)
  expect((await faultOf({ ...host, hostKeyAlias: 'middle-2' })).happened).toContain('has no line for middle-2')
  const byAddress = knowing(sshd.host, `[127.0.0.1]:${sshd.port},127.0.0.1 ${sshd.hostKey}`)
  expect((await faultOf({ ...byAddress, hostKeyAlias: 'middle-1' })).code).toBe('host-key-unknown')
  const other = readPublicKey(makeKey(lab.dir, 'of-another'))
  const changed = knowing(sshd.host, `middle-1 ${other}`, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`)
  expect((await faultOf({ ...changed, hostKeyAlias: 'middle-1' })).code).toBe('host-key-mismatch')
})

test('a revoked host key is refused even where it is also known', async () => {
  const fault = await faultOf(
    knowing(sshd.host, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}`, `@revoked * ${sshd.hostKey}`),
  )
  expect(fault.code).toBe('host-key-revoked')
})

test('a login key that the host does not take is named in the fault', async () => {
  const identityFile = makeKey(lab.dir, 'stranger')
  const fault = await faultOf({ ...sshd.host, identityFile })
  expect(fault.code).toBe('login-refused')
  expect(fault.what).toBe(`middle refused the login as root@127.0.0.1:${sshd.port}`)
  expect(fault.message).toContain(`${identityFile} (${fingerprintOf(identityFile)})`)
  expect(fault.message).toContain('the host takes: publickey')
})

test('an identity file that is missing, unreadable, no private key or encrypted is each told apart', async () => {
  const codeOf = async (identityFile: string) => (await faultOf({ ...sshd.host, identityFile })).code
  expect(await codeOf(join(lab.dir, 'nowhere'))).toBe('identity-file-missing')
  // Root reads every file, but no folder.
  expect(await codeOf(lab.dir)).toBe('identity-file-unreadable')
  expect(await codeOf(`${lab.identityFile}.pub`)).toBe('identity-file-invalid')
  const encrypted = await faultOf({
    ...sshd.host,
    identityFile: makeKey(lab.dir, 'encrypted', { passphrase: 'secret words' }),
  })
  expect(encrypted.code).toBe('identity-file-encrypted')
  expect(encrypted.cure).toContain('ssh-add')
})

test('a key of ours that others may read is refused as ssh does, and one of somebody else is not', async () => {
  const identityFile = join(lab.dir, 'exposed')
  copyFileSync(lab.identityFile, identityFile)
  for (const mode of [0o640, 0o604, 0o610]) {
    chmodSync(identityFile, mode)
    const fault = await faultOf({ ...sshd.host, identityFile })
    expect(fault).toMatchObject({ code: 'identity-file-exposed', cure: `chmod 600 ${identityFile}` })
    expect(fault.message).toContain(`mode 0${mode.toString(8)}`)
  }
  chownSync(identityFile, 1, 1)
  await open({ ...sshd.host, identityFile })
})

test('~ in identityFile is HOME', async () => {
  await open({ ...sshd.host, identityFile: '~/login' }, { environment: { HOME: lab.dir } })
})

test('an RSA and an ECDSA login key in PEM form work', async () => {
  for (const type of ['rsa', 'ecdsa']) {
    const file = makeKey(lab.dir, `pem-${type}`, { type })
    execFileSync('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-N', '', '-f', file])
    const taking = await lab.startSshd(`takes-${type}`, [`AuthorizedKeysFile ${file}.pub`])
    await open({ ...taking.host, identityFile: file })
  }
})

/** A folder for HOME with these in its .ssh, by a copy each. */
function homeWith(name: string, keys: Readonly<Record<string, string>> = {}): string {
  const home = join(lab.dir, name)
  mkdirSync(join(home, '.ssh'), { recursive: true })
  for (const [file, from] of Object.entries(keys)) {
    copyFileSync(from, join(home, '.ssh', file))
    copyFileSync(`${from}.pub`, join(home, '.ssh', `${file}.pub`))
    chmodSync(join(home, '.ssh', file), 0o600)
  }
  return home
}

async function startAgent(name: string) {
  const socket = join(lab.dir, name)
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  // It says where it listens once it does.
  await once(agent.stdout, 'data')
  return {
    socket,
    add: (file: string, env: NodeJS.ProcessEnv = {}) =>
      execFileSync('ssh-add', ['-q', file], {
        env: { ...process.env, SSH_AUTH_SOCK: socket, ...env },
        stdio: 'ignore',
      }),
    end: async () => {
      agent.kill()
      await once(agent, 'close')
    },
  }
}

test('without identityFile the agent logs in; no agent and an empty agent are faults of their own', async () => {
  const { identityFile, ...host } = sshd.host
  const HOME = homeWith('no-keys')
  const environment = { HOME, SSH_AUTH_SOCK: join(lab.dir, 'agent') }
  const missing = await faultOf(host, { environment: { HOME } })
  expect(missing.code).toBe('agent-missing')
  expect(missing.happened).toContain('~/.ssh has none of the keys that ssh tries of itself')
  expect((await faultOf(host, { environment })).code).toBe('agent-missing')
  const agent = await startAgent('agent')
  try {
    expect((await faultOf(host, { environment })).code).toBe('agent-empty')
    const other = makeKey(lab.dir, 'agents-other', { type: 'rsa' })
    agent.add(other)
    const refused = await faultOf(host, { environment })
    expect(refused.code).toBe('login-refused')
    expect(refused.message).toContain(`the agent's ${fingerprintOf(other)}`)
    agent.add(identityFile ?? '')
    const reached = await open(host, { environment })
    expect((await reached.run({ name: 'true', text: 'exit 0' }, [])).code).toBe(0)
    expect(reached.loginKeys).toEqual([keyOf(readPublicKey(identityFile ?? ''))])
  } finally {
    await agent.end()
  }
})

test('without identityFile and agent the default files are tried as ssh does, and those that cannot be are told', async () => {
  const { identityFile = '', ...host } = sshd.host
  const locked = makeKey(lab.dir, 'locked', { passphrase: 'secret words', type: 'ecdsa' })
  const stranger = makeKey(lab.dir, 'default-stranger', { type: 'rsa' })
  const HOME = homeWith('two-keys', { id_rsa: stranger, id_ecdsa: locked })
  const refused = await faultOf(host, { environment: { HOME } })
  expect(refused.code).toBe('login-refused')
  expect(refused.happened).toContain(`tried: publickey with ~/.ssh/id_rsa (${fingerprintOf(stranger)})`)
  expect(refused.happened).toContain(
    `not tried: ~/.ssh/id_ecdsa (${fingerprintOf(locked)}) wants a passphrase, and the agent does not hold it`,
  )
  homeWith('two-keys', { id_ed25519: identityFile })
  const reached = await open(host, { environment: { HOME } })
  expect(reached.loginKeys).toEqual([keyOf(readPublicKey(identityFile))])
  chmodSync(join(HOME, '.ssh/id_ed25519'), 0o644)
  const exposed = await faultOf(host, { environment: { HOME } })
  expect(exposed.happened).toContain('not tried: ~/.ssh/id_ed25519: others may read it (mode 0644)')
})

test('an agent that dies, or is none, does not keep the default files from being tried', async () => {
  const { identityFile = '', ...host } = sshd.host
  const HOME = homeWith('one-key', { id_ed25519: identityFile })
  await open(host, { environment: { HOME, SSH_AUTH_SOCK: join(lab.dir, 'nobody') } })
})

test('a key with a passphrase logs in through the agent, and no other key of the agent is offered', async () => {
  const locked = makeKey(lab.dir, 'with-passphrase', { passphrase: 'secret words' })
  const taking = await lab.startSshd('takes-locked', [`AuthorizedKeysFile ${locked}.pub`, 'MaxAuthTries 1'])
  const agent = await startAgent('agent-locked')
  try {
    const environment = { SSH_AUTH_SOCK: agent.socket }
    const host = { ...taking.host, identityFile: locked }
    agent.add(makeKey(lab.dir, 'before-it'))
    const fault = await faultOf(host, { environment })
    expect(fault).toMatchObject({
      code: 'identity-file-encrypted',
      happened: expect.stringContaining('the agent does not hold it'),
    })
    const ask = join(lab.dir, 'ask')
    writeFileSync(ask, '#!/bin/sh\necho secret words\n', { mode: 0o755 })
    agent.add(locked, { SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' })
    await open(host, { environment })
    // As ssh -i FILE.pub does.
    await open({ ...host, identityFile: `${locked}.pub` }, { environment })
    const pem = join(lab.dir, 'locked-pem')
    copyFileSync(locked, pem)
    copyFileSync(`${locked}.pub`, `${pem}.pub`)
    writeFileSync(pem, '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n', {
      mode: 0o600,
    })
    await open({ ...host, identityFile: pem }, { environment })
  } finally {
    await agent.end()
  }
})

test('too many keys in one login are a refused login', async () => {
  const strict = await lab.startSshd('strict', ['MaxAuthTries 1'])
  const fault = await faultOf({ ...strict.host, identityFile: makeKey(lab.dir, 'first-try') })
  expect(fault.code).toBe('login-refused')
})

test('a closed port, an unknown name and silence are unreachable hosts, each with its reason', async () => {
  const closed = await faultOf({ ...sshd.host, port: await findFreePort() })
  expect([closed.code, closed.happened]).toEqual(['host-unreachable', 'connection refused'])

  const named = await faultOf({ ...sshd.host, address: 'no-such-host.invalid' })
  expect(named.code).toBe('name-unresolved')
  expect(named.message).toContain('the name no-such-host.invalid cannot be resolved')

  const accepted: Socket[] = []
  const silent = createServer(socket => accepted.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const fault = await faultOf({ ...sshd.host, port: (silent.address() as AddressInfo).port }, { timeoutMs: 200 })
  expect(fault.code).toBe('host-unreachable')
  expect(fault.message).toContain('no answer in 0.2 s')
  for (const socket of accepted) socket.destroy()
  silent.close()
})

test('a port where something else than sshd answers is an unreachable host', async () => {
  const web = createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
  await once(web, 'listening')
  const fault = await faultOf({ ...sshd.host, port: (web.address() as AddressInfo).port }, { timeoutMs: 2000 })
  expect(fault.code).toBe('host-unreachable')
  web.close()
})

test('no common ciphers are a failed handshake', async () => {
  const odd = await lab.startSshd('odd', ['Ciphers 3des-cbc'])
  expect((await faultOf(odd.host)).code).toBe('handshake-failed')
})

test('a host without an address is a fault', async () => {
  expect((await faultOf({ name: 'nowhere' })).code).toBe('host-without-address')
})

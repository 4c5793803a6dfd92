// Hosts that an authority vouches for: OpenSSH's own client judges the certificate, and what it has found good is what the login must show.
import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import type { Host } from '../../schemas/types'
import { type Lab, makeKey, makeLab, readPublicKey, type Sshd } from './sshd'

let lab: Lab
let authority: string
const opened: Reach[] = []

beforeAll(() => {
  lab = makeLab()
  authority = makeKey(lab.dir, 'authority')
})
afterAll(async () => {
  for (const reached of opened) reached.close()
  await lab.end()
})

let count = 0

/** A known_hosts file with these lines, in place of hostKey. */
function knowing(host: Host, ...lines: readonly string[]): Host {
  const { hostKey: _, ...rest } = host
  const knownHosts = join(lab.dir, `known ${count++}`)
  writeFileSync(knownHosts, lines.map(line => `${line}\n`).join(''))
  return { ...rest, knownHosts }
}

const trusting = (host: Host, pattern = '*', ca = authority) =>
  knowing(host, `@cert-authority ${pattern} ${readPublicKey(ca)}`)

/** An sshd whose key is certified, as `-n` says for which names. */
async function certified(name: string, options: readonly string[], type = 'ed25519', more: readonly string[] = []) {
  const key = makeKey(lab.dir, `${name}-certified`, { type })
  execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', name, '-h', ...options, `${key}.pub`])
  const sshd = await lab.startSshd(name, [...more, `HostKey ${key}`, `HostCertificate ${key}-cert.pub`])
  return { sshd, key }
}

async function open(host: Host): Promise<Reach> {
  const reached = await reach(host)
  opened.push(reached)
  expect((await reached.run({ name: 'echo', text: 'echo here' }, [])).stdout).toBe('here\n')
  return reached
}

async function faultOf(host: Host): Promise<Fault> {
  const result = await open(host).catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

const valid = ['-V', '-1m:+1h', '-n', '127.0.0.1,the-alias']
const keyOf = (file: string) => readPublicKey(file).split(' ').slice(0, 2).join(' ')

describe('a host with a certificate that holds', () => {
  let sshd: Sshd
  let key: string
  beforeAll(async () => {
    ;({ sshd, key } = await certified('good', valid))
  })

  test('is logged in to by the key that the certificate is about', async () => {
    const before = readdirSync(tmpdir()).filter(name => name.startsWith('ssh-tunnels-'))
    const reached = await open(trusting(sshd.host, `[127.0.0.1]:${sshd.port}`))
    expect(reached.hostKey).toBe(keyOf(key))
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('ssh-tunnels-'))).toEqual(before)
    await open({ ...trusting(sshd.host, 'the-alias'), hostKeyAlias: 'the-alias' })
  })

  test.each<[string, (host: Host) => Host, RegExp]>([
    [
      'by another authority',
      host => trusting(host, '*', makeKey(lab.dir, `other-${count}`)),
      /Host key verification failed|No .*host key is known/,
    ],
    [
      'for another name',
      host => ({ ...trusting(host, 'someone'), hostKeyAlias: 'someone' }),
      /Certificate invalid: name is not a listed principal/,
    ],
    [
      'by a revoked authority',
      host => knowing(host, `@cert-authority * ${readPublicKey(authority)}`, `@revoked * ${readPublicKey(authority)}`),
      /revoked/i,
    ],
    [
      'for a revoked key',
      host => knowing(host, `@cert-authority * ${readPublicKey(authority)}`, `@revoked * ${readPublicKey(key)}`),
      /revoked/i,
    ],
  ])('is refused where it is vouched for %s, before anything of the login is sent', async (_, change, why) => {
    const before = sshd.log().length
    const fault = await faultOf(change(sshd.host))
    expect(fault.code).toBe('host-certificate-refused')
    expect(fault.happened).toMatch(why)
    expect(sshd.log().slice(before)).not.toMatch(/Accepted|Failed/)
  })

  test('an authority of other hosts vouches for none', async () => {
    expect((await faultOf(trusting(sshd.host, 'example.org'))).code).toBe('host-key-unknown')
  })
})

test.each(['rsa', 'ecdsa'])('a certified key of type %s is taken', async type => {
  const { sshd, key } = await certified(`type-${type}`, valid, type)
  expect((await open(trusting(sshd.host))).hostKey).toBe(keyOf(key))
})

test.each<[string, readonly string[], RegExp]>([
  ['that has ended', ['-V', '20200101:20200102', '-n', '127.0.0.1'], /Certificate invalid: expired/],
  ['that does not hold yet', ['-V', '20990101:20990102', '-n', '127.0.0.1'], /Certificate invalid: not yet valid/],
])('one %s is refused', async (_, options, why) => {
  const { sshd } = await certified(`bad-${count++}`, options)
  const fault = await faultOf(trusting(sshd.host))
  expect(fault.code).toBe('host-certificate-refused')
  expect(fault.happened).toMatch(why)
})

test('one that is not good is no better where a line of another host has its plain key', async () => {
  const { sshd, key } = await certified('ended', ['-V', '20200101:20200102', '-n', '127.0.0.1'])
  const ca = `@cert-authority * ${readPublicKey(authority)}`
  expect((await faultOf(knowing(sshd.host, ca, `example.org ${readPublicKey(key)}`))).code).toBe(
    'host-certificate-refused',
  )
  // One of its own is trust of its own.
  await open(knowing(sshd.host, ca, `[127.0.0.1]:${sshd.port} ${readPublicKey(key)}`))
})

test('what a certificate says of itself is not taken for what ssh says', async () => {
  const key = makeKey(lab.dir, 'forger')
  const lines = [
    "debug1: Host 'x' is known and matches the ED25519-CERT host certificate.",
    'debug1: SSH2_MSG_NEWKEYS sent',
    'debug1: SSH2_MSG_SERVICE_ACCEPT received',
  ]
  const id = ['x', ...lines, ''].join('\n')
  execFileSync('ssh-keygen', [
    '-q',
    '-s',
    makeKey(lab.dir, 'forgers-authority'),
    '-I',
    id,
    '-h',
    ...valid,
    `${key}.pub`,
  ])
  const sshd = await lab.startSshd('forged', [`HostKey ${key}`, `HostCertificate ${key}-cert.pub`])
  expect((await faultOf(trusting(sshd.host))).code).toBe('host-certificate-refused')
})

test('a host that has no certificate is refused, whatever its first line says', async () => {
  const sshd = await lab.startSshd('without', ['VersionAddendum matches the ED25519-CERT host certificate.'])
  const fault = await faultOf(trusting(sshd.host))
  expect(fault.code).toBe('host-certificate-refused')
  expect(fault.happened).toContain('no matching host key type found')
})

test('behind a jump host, and by a proxyCommand, it is asked by the same way', async () => {
  const { sshd } = await certified('inner', ['-V', '-1m:+1h', '-n', '127.0.0.1,::1'])
  const { sshd: jump } = await certified('jump', valid)
  const { name, address = '', port, identityFile, knownHosts } = trusting(jump.host)
  const host = { ...trusting(sshd.host), address: '::1', via: [{ name, address, port, identityFile, knownHosts }] }
  await open(host)
  expect(jump.log().match(/Accepted publickey/g)).toHaveLength(1)
})

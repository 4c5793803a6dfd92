// What host key a hop must show, where that is said, and what is wrong with the one it shows.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { Fault } from '../fault'
import { allAlgorithms, type HostKeyAlgorithm } from './algorithms'
import { askOpenSsh, type Vouched } from './certified'
import { expandHome, type Hop } from './hop'
import { findKnownKeys, type KnownKey, knownName } from './known-hosts'
import { typeOf } from './wire'

export interface Expectation {
  /** What we offer in the key exchange, the likeliest first. */
  readonly algorithms: readonly HostKeyAlgorithm[]
  /** null: this is the key. */
  judge(offered: Buffer): Fault | null
  /** The fault when the host has no key of any type in `algorithms`. */
  noneOffered(): Fault
  /** Only an authority vouches for the host: what it must show is known once OpenSSH has judged its certificate. Rejects with a fault. */
  vouch?(dial: () => Promise<Duplex>, timeoutMs: number): Promise<Expectation>
}

export function expectHostKey(hop: Hop, environment: NodeJS.ProcessEnv): Promise<Expectation> {
  return hop.hostKey ? Promise.resolve(expectPinned(hop, hop.hostKey)) : expectKnown(hop, environment)
}

/** "ssh-ed25519 AAAA..." */
export function formatHostKey(blob: Buffer): string {
  return `${blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))} ${blob.toString('base64')}`
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** An RSA key is ssh-rsa, and signs with rsa-sha2-* (RFC 8332). */
function algorithmsOf(type: string): readonly HostKeyAlgorithm[] {
  return allAlgorithms.filter(name => name === type || (type === 'ssh-rsa' && name.startsWith('rsa-sha2-')))
}

function expectPinned(hop: Hop, pinned: string): Expectation {
  const [type = '', base64 = ''] = pinned.trim().split(/\s+/)
  const expected = { type, blob: Buffer.from(base64, 'base64'), place: `the spec's hostKey` }
  const algorithms = algorithmsOf(type)
  if (algorithms.length === 0) {
    throw new Fault({
      code: 'host-key-unsupported',
      host: hop.name,
      what: `cannot check the host key of ${hop.label}: its hostKey is of type ${type}`,
      cure: 'give a plain ed25519, ecdsa or rsa host key, as in /etc/ssh/ssh_host_ed25519_key.pub on the host',
    })
  }
  return {
    algorithms,
    judge: offered => (offered.equals(expected.blob) ? null : mismatch(hop, [expected], offered)),
    noneOffered: () => mismatch(hop, [expected], null),
  }
}

async function expectKnown(hop: Hop, environment: NodeJS.ProcessEnv): Promise<Expectation> {
  const files = hop.knownHosts ?? ['~/.ssh/known_hosts']
  const texts = await Promise.all(files.map(file => readKnownHosts(hop, file, environment)))
  const missing = texts.every(text => text === null)
  const known = files.flatMap((file, at) =>
    findKnownKeys(texts[at] ?? '', file, hop.address, hop.port, hop.hostKeyAlias),
  )
  const trusted = known.filter(key => key.marker === null)
  const first = [...new Set(trusted.flatMap(key => algorithmsOf(key.type)))]
  const authority = known.find(key => key.marker === 'cert-authority')
  const refuseRevoked = (offered: Buffer) => {
    const revoked = known.find(key => key.marker === 'revoked' && key.blob.equals(offered))
    return revoked ? revokedKey(hop, revoked, offered) : null
  }
  return {
    algorithms: [...first, ...allAlgorithms.filter(name => !first.includes(name))],
    judge: offered => {
      const revoked = refuseRevoked(offered)
      if (revoked || trusted.some(key => key.blob.equals(offered))) return revoked
      if (trusted.length > 0) return mismatch(hop, trusted, offered)
      return unknown(hop, offered, explainUnknown(hop, files, missing, authority))
    },
    noneOffered: () => mismatch(hop, trusted, null),
    ...(authority &&
      trusted.length === 0 && {
        vouch: async (dial, timeoutMs) =>
          expectVouched(hop, authority, await askOpenSsh(hop, files, dial, timeoutMs, environment), refuseRevoked),
      }),
  }
}

function expectVouched(
  hop: Hop,
  { place }: KnownKey,
  vouched: Vouched,
  refuseRevoked: (offered: Buffer) => Fault | null,
): Expectation {
  if ('why' in vouched) {
    throw new Fault({
      code: 'host-certificate-refused',
      host: hop.name,
      what: `will not log in to ${hop.label}: no authority vouches for its host key`,
      happened: `${place} names an authority; ssh says: ${vouched.why}`,
      cure: `have the authority sign the host's key for the name ${hop.hostKeyAlias ?? hop.address}, and name the certificate in HostCertificate of its sshd_config; or pin its key with hostKey`,
    })
  }
  const type = typeOf(vouched.blob)
  const refuse = (offered: string) =>
    new Fault({
      code: 'host-key-mismatch',
      host: hop.name,
      what: `will not log in to ${hop.label}: its host key is not the expected one`,
      happened: `expected ${describeKey(vouched.blob)}, which its certificate is about\noffered  ${offered}`,
      cure: 'let its sshd have the key of its certificate as HostKey too, and its plain type among HostKeyAlgorithms',
    })
  return {
    algorithms: algorithmsOf(type),
    judge: offered => refuseRevoked(offered) ?? (offered.equals(vouched.blob) ? null : refuse(describeKey(offered))),
    noneOffered: () => refuse(`no key of type ${type}`),
  }
}

/** Null where there is none. */
async function readKnownHosts(hop: Hop, file: string, environment: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    return await readFile(expandHome(file, environment), 'utf8')
  } catch (why) {
    if ((why as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Fault({
      code: 'known-hosts-unreadable',
      host: hop.name,
      what: `cannot check the host key of ${hop.label}: ${file} cannot be read`,
      happened: (why as Error).message,
      cure: 'make the file readable, or set hostKey',
    })
  }
}

function explainUnknown(hop: Hop, files: readonly string[], missing: boolean, authority: KnownKey | undefined): string {
  const [file, ...more] = files
  const all = more.length > 0 ? `none of ${files.join(', ')}` : file
  if (missing) return `${all} ${more.length > 0 ? 'exists' : 'does not exist'}`
  const name = hop.hostKeyAlias?.toLowerCase() ?? knownName(hop.address, hop.port)
  if (authority) return `${authority.place} has only a @cert-authority for ${name}`
  return `${all} has ${more.length > 0 ? 'a' : 'no'} line for ${name}`
}

const describeKey = (blob: Buffer) => `${formatHostKey(blob).split(' ')[0]} ${fingerprint(blob)}`

function mismatch(hop: Hop, expected: readonly Omit<KnownKey, 'marker'>[], offered: Buffer | null): Fault {
  const types = [...new Set(expected.map(key => key.type))].join(', ')
  const wanted = expected.map(key => `expected ${key.type} ${fingerprint(key.blob)} (${key.place})`)
  return new Fault({
    code: 'host-key-mismatch',
    host: hop.name,
    what: `will not log in to ${hop.label}: its host key is not the expected one`,
    happened: [...wanted, offered ? `offered  ${describeKey(offered)}` : `offered  no key of type ${types}`].join('\n'),
    cure: [
      'somebody may stand between you and the host; or it was installed anew. Ask the host itself, on its console:',
      '  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      `and only if it confirms the offered key: ${offered ? `set hostKey: ${formatHostKey(offered)}` : 'set hostKey to one that it has'}`,
    ].join('\n'),
  })
}

function unknown(hop: Hop, offered: Buffer, why: string): Fault {
  return new Fault({
    code: 'host-key-unknown',
    host: hop.name,
    what: `will not log in to ${hop.label}: its host key is not known`,
    happened: `${why}\noffered  ${describeKey(offered)}`,
    cure: [
      'verify the offered key on the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      `and if it is the same: set hostKey: ${formatHostKey(offered)}`,
    ].join('\n'),
  })
}

function revokedKey(hop: Hop, revoked: KnownKey, offered: Buffer): Fault {
  return new Fault({
    code: 'host-key-revoked',
    host: hop.name,
    what: `will not log in to ${hop.label}: its host key is revoked`,
    happened: `${revoked.place} revokes ${describeKey(offered)}`,
    cure: 'give the host a new key, and set hostKey to it',
  })
}

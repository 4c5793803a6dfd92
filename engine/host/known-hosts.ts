// Reads known_hosts as sshd(8), SSH_KNOWN_HOSTS FILE FORMAT, describes it.
import { createHmac } from 'node:crypto'
import { canonical } from '../../schemas/endpoint'

export interface KnownKey {
  readonly marker: 'revoked' | 'cert-authority' | null
  readonly type: string
  readonly blob: Buffer
  /** FILE:LINE */
  readonly place: string
}

/** The name under which OpenSSH files a host: `[host]:port` unless the port is 22; of an address its shortest spelling (tried with 9.2p1). */
export function knownName(address: string, port: number): string {
  const host = canonical(address).toLowerCase()
  return port === 22 ? host : `[${host}]:${port}`
}

/**
 * Every line of a known_hosts text that is about this host, in order. As ssh(1) does, falls back to the lines for the
 * bare host when none is about this port. Lines that cannot be read are passed over, as ssh does.
 * An alias (HostKeyAlias) is the only name, and no port belongs to it.
 */
export function findKnownKeys(
  text: string,
  file: string,
  address: string,
  port: number,
  alias?: string,
): readonly KnownKey[] {
  const lines = text.split(/\r?\n/).flatMap((line, at) => parseLine(line, `${file}:${at + 1}`) ?? [])
  const about = (name: string) => lines.filter(line => matches(line.hosts, name)).map(line => line.key)
  if (alias !== undefined) return about(alias.toLowerCase())
  const found = about(knownName(address, port))
  if (port === 22 || found.some(key => key.marker === null)) return found
  return [...found, ...about(knownName(address, 22))]
}

function parseLine(line: string, place: string): { readonly hosts: string; readonly key: KnownKey } | null {
  const words = line.trim().split(/[ \t]+/)
  if (words[0] === '' || words[0]?.startsWith('#')) return null
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return null
  const [hosts, type, base64] = words
  if (!hosts || !type || !base64) return null
  const key = {
    marker: marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : null,
    type,
    blob: Buffer.from(base64, 'base64'),
    place,
  } as const
  return { hosts, key }
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name)
  const patterns = hosts.toLowerCase().split(',')
  const negated = patterns.filter(pattern => pattern.startsWith('!')).map(pattern => pattern.slice(1))
  if (negated.some(pattern => matchesPattern(pattern, name))) return false
  return patterns.some(pattern => !pattern.startsWith('!') && matchesPattern(pattern, name))
}

/** |1|SALT|HMAC-SHA1(SALT, NAME), both in base64. */
function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|')
  if (version !== '1' || !salt || !hash) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest().equals(Buffer.from(hash, 'base64'))
}

/** `*` and `?` are wildcards (ssh_config(5), PATTERNS); brackets stand for themselves. */
function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${source}$`).test(name)
}

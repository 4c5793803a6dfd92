// What this machine tells of itself: its addresses, where a name leads, and what its known_hosts and ssh_config hold.
import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir, networkInterfaces } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { findKnownKeys } from '../engine'
import { isAddress, isLinkLocal } from '../schemas/endpoint'
import type { Besides, Including, Known } from '../spec/from-ssh'

/** Link-local ones with their interface, as ssh names them. */
export const ownAddresses = (): string[] =>
  Object.entries(networkInterfaces()).flatMap(
    ([device, all]) =>
      all?.map(({ address }) => {
        const bare = address.replace(/%.*$/, '')
        return isLinkLocal(bare) ? `${bare}%${device}` : bare
      }) ?? [],
  )

/** The addresses that a name leads to; null where nobody could tell. */
export async function addressesOfName(name: string): Promise<readonly string[] | null> {
  if (isAddress(name)) return [name]
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address)
  } catch {
    return null
  }
}

export const underHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir())

const defaultKeys = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa']

/** The key that ssh would try of itself, where there is no agent; undefined for none. */
export const ownKey = (): string | undefined =>
  process.env.SSH_AUTH_SOCK ? undefined : defaultKeys.find(path => existsSync(underHome(path)))

/** Null where it cannot be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(underHome(path), 'utf8')
  } catch {
    return null
  }
}

type Texts = readonly { readonly path: string; readonly text: string }[]

const ownKnownHosts = (): Texts =>
  ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'].flatMap(path => {
    const text = readText(path)
    return text === null ? [] : [{ path, text }]
  })

/** Host keys by known_hosts files: this machine's, and those that a host has told. */
export function knownBy(more: Texts = []): Known {
  const files = [...ownKnownHosts(), ...more]
  return {
    hostKey(address, port) {
      const all = files.flatMap(({ path, text }) => findKnownKeys(text, path, address, port))
      const revoked = all.filter(({ marker }) => marker === 'revoked')
      const keys = all.filter(({ marker, blob }) => marker === null && !revoked.some(other => other.blob.equals(blob)))
      const best = keys.find(({ type }) => type === 'ssh-ed25519') ?? keys[0]
      return best ? { key: `${best.type} ${best.blob.toString('base64')}`, place: best.place } : null
    },
  }
}

/** As ssh reads Include: relative to ~/.ssh, with patterns in the file's name. */
export const includeFiles: Including = pattern => {
  const path = underHome(pattern)
  return readFiles(path.startsWith('/') ? path : join(homedir(), '.ssh', path))
}

/** By a whole path, with patterns in the file's name; what cannot be read is left out. */
const readFiles: Including = whole =>
  readBesides(whole).flatMap(({ name, text }) => (text === null ? [] : [{ name, text }]))

/** The same; what is there, or may be, and cannot be read has no text. */
export const readBesides: Besides = whole => {
  if (!whole.startsWith('/')) return []
  return filesLike(dirname(whole), basename(whole)).flatMap((name): ReturnType<Besides> => {
    try {
      return [{ name, text: readFileSync(name, 'utf8') }]
    } catch (why) {
      return (why as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [{ name, text: null }]
    }
  })
}

function filesLike(folder: string, pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [join(folder, pattern)]
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.')
  try {
    const names = readdirSync(folder).filter(name => !name.startsWith('.') && new RegExp(`^${source}$`).test(name))
    return names.sort().map(name => join(folder, name))
  } catch {
    return []
  }
}

/** What ssh itself makes of a destination, with this machine's ssh_config; null where there is no ssh, or it refuses. */
export function effectiveOf(words: readonly string[]): string | null {
  try {
    return execFileSync('ssh', ['-G', ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return null
  }
}

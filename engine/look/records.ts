// The records that remote/look.sh prints, one a line: KIND, KEY and VALUE, divided by byte 037, VALUE in base64.
import { accountOf } from '../parts/paths'
import type { HostFile } from '../parts/snapshot'
import { divider } from './requests'

interface Entry {
  readonly name: string
  readonly value: string
}

export interface Records {
  all(kind: string): readonly Entry[]
  /** The value of the only one of its kind; empty for none. */
  one(kind: string): string
  readonly files: ReadonlyMap<string, HostFile>
  /** Public halves by path; empty for a key that is no good. */
  readonly keys: Readonly<Record<string, string>>
  /** Whether the last record is there. */
  readonly ended: boolean
  /** Whether the files have the sizes that were told. */
  readonly consistent: boolean
}

export function parseRecords(text: string): Records {
  const entries = new Map<string, Entry[]>()
  let contents = Buffer.alloc(0)
  for (const line of text.split('\n')) {
    const [kind, name = '', value] = line.split(divider)
    // What else a batch prints has no divider.
    if (!kind || value === undefined) continue
    if (kind === 'contents') contents = Buffer.from(value, 'base64')
    else
      entries.set(kind, [...(entries.get(kind) ?? []), { name, value: Buffer.from(value, 'base64').toString('utf8') }])
  }
  const all = (kind: string) => entries.get(kind) ?? []
  const one = (kind: string) => all(kind)[0]?.value ?? ''
  const { files, keyFiles, length } = divide(one('files'), contents)
  return {
    all,
    one,
    files,
    keys: readKeys(keyFiles, one('keys')),
    ended: all('end').length > 0,
    consistent: length === contents.length,
  }
}

interface KeyFile {
  readonly path: string
  /** Root alone writes it, and the tunnel's account alone reads it (remote/key.sh). */
  readonly isPrivate: boolean
}

/** `SIZE MODE OWNER PATH` of each file, and all contents one after the other; of the keys, which come last, there is none. */
function divide(list: string, contents: Buffer) {
  const files = new Map<string, HostFile>()
  const keyFiles: KeyFile[] = []
  let at = 0
  for (const line of list.split('\n').filter(Boolean)) {
    const [, size = '', mode = '', owner = '', path = ''] = /^(\d+) (\d+) (\S+) (.*)$/.exec(line) ?? []
    const tunnel = /^\/etc\/ssh-tunnels\/([^/]+)\/key$/.exec(path)?.[1]
    if (tunnel) {
      const isPrivate = /^[46]40$/.test(mode) && owner === `root:${accountOf(tunnel)}`
      keyFiles.push({ path, isPrivate })
      continue
    }
    files.set(path, { mode, owner, text: contents.toString('utf8', at, at + Number(size)) })
    at += Number(size)
  }
  return { files, keyFiles, length: at }
}

/** `ed25519 PATH BASE64` with the public half at its place in the file, or `other PATH TYPE BASE64` from ssh-keygen. */
function readKeys(keyFiles: readonly KeyFile[], list: string): Record<string, string> {
  const told = new Map(
    list.split('\n').map(line => {
      const [kind, path = '', first = '', second = ''] = line.split(' ')
      return [path, kind === 'ed25519' ? publicHalf(first) : second && `${first} ${second}`]
    }),
  )
  return Object.fromEntries(keyFiles.map(({ path, isPrivate }) => [path, isPrivate ? (told.get(path) ?? '') : '']))
}

/** From byte 39 of the file on: the length of the public key, 51, and the key (PROTOCOL.key of OpenSSH). */
const publicHalf = (base64: string): string =>
  `ssh-ed25519 ${Buffer.from(base64, 'base64').subarray(4, 55).toString('base64')}`

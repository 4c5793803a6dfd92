// The records that remote/look.sh prints, one a line: KIND, KEY and VALUE, divided by byte 037, VALUE in base64. A host may print anything:
// what is of another form is no look, and what is shown of it later cannot steer a terminal.
import { plain } from '../../schemas/plain'
import { isPublicKey } from '../../schemas/public-key'
import { accountOf, root } from '../parts/paths'
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
  /** What their comments say of each, behind the account. */
  readonly rotations: Readonly<Record<string, string>>
  /** Whether the last record is there. */
  readonly ended: boolean
  /** Whether all values are base64, of no more records than a host has, and the files have the sizes that were told. */
  readonly consistent: boolean
}

/** Of a host with a thousand tunnels look.sh prints fewer, each of which would take memory here. */
const mostRecords = 100_000

const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const isBase64 = (text: string): boolean => text.length % 4 === 0 && base64.test(text)

export function parseRecords(text: string): Records {
  const entries = new Map<string, Entry[]>()
  let contents = Buffer.alloc(0)
  let isWell = true
  let count = 0
  for (const line of linesOf(text)) {
    const [kind, name = '', value] = line.split(divider, 3)
    // What else a batch prints has no divider.
    if (!kind || value === undefined) continue
    isWell &&= isBase64(value) && ++count <= mostRecords
    if (!isWell) break
    const bytes = Buffer.from(value, 'base64')
    const entry = { name: plain(name), value: plain(bytes.toString('utf8')) }
    if (kind === 'contents') contents = bytes
    else if (entries.get(kind)?.push(entry) === undefined) entries.set(kind, [entry])
  }
  const all = (kind: string) => entries.get(kind) ?? []
  const one = (kind: string) => all(kind)[0]?.value ?? ''
  const { files, keyFiles, length, isRead } = divide(one('files'), contents, readSums(one('sums')))
  return {
    all,
    one,
    files,
    ...readKeys(keyFiles, one('keys')),
    ended: all('end').length > 0,
    consistent: isWell && isRead && length === contents.length,
  }
}

/** One after the other: a host may print nothing but line ends. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    yield text.slice(at, end < 0 ? undefined : end)
    at = end < 0 ? text.length : end + 1
  }
}

interface KeyFile {
  readonly path: string
  /** Root alone writes it, and the tunnel's account alone reads it; in a home he alone whose it is (remote/key.sh). */
  readonly isPrivate: boolean
}

/** A line of sha256sum each: the checksum in hex, two blanks, and the path. */
const readSums = (list: string): ReadonlyMap<string, string> =>
  new Map(
    list.split('\n').flatMap((line): [string, string][] => {
      const [, sum = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      return path ? [[path, sum]] : []
    }),
  )

/** `SIZE MODE OWNER PATH` of each file, and all contents one after the other; of programs and keys, which come last, there is none. */
function divide(list: string, contents: Buffer, sums: ReadonlyMap<string, string>) {
  const files = new Map<string, HostFile>()
  const keyFiles: KeyFile[] = []
  let at = 0
  let isRead = true
  for (const line of list.split('\n').filter(Boolean)) {
    const [, size = '', mode = '', owner = '', path = ''] = /^(\d+) (\d+) (\S+) (.*)$/.exec(line) ?? []
    if (path === '') isRead = false
    const [, folder, tunnel] = /^(\/etc\/ssh-tunnels|~\/\.ssh-tunnels)\/([^/]+)\/key(?:\.next)?$/.exec(path) ?? []
    if (tunnel) {
      const isPrivate =
        folder === root ? /^[46]40$/.test(mode) && owner === `root:${accountOf(tunnel)}` : /^[46]00$/.test(mode)
      keyFiles.push({ path, isPrivate })
      continue
    }
    if (/^\/etc\/ssh-tunnels\/[^/]+\/prove\.sh$/.test(path)) {
      files.set(path, { mode, owner, text: '', sha256: sums.get(path) ?? '' })
      continue
    }
    files.set(path, { mode, owner, text: contents.toString('utf8', at, at + Number(size)) })
    at += Number(size)
  }
  return { files, keyFiles, length: at, isRead }
}

/** `ed25519 PATH BASE64 COMMENT` with the public half at its place in the file, or `other PATH TYPE BASE64 COMMENT` from ssh-keygen. */
function readKeys(keyFiles: readonly KeyFile[], list: string): Pick<Records, 'keys' | 'rotations'> {
  const told = new Map(
    list.split('\n').map(line => {
      const [kind, path = '', first = '', ...more] = line.split(' ')
      const [key, comment] =
        kind === 'ed25519' ? [publicHalf(first), more] : [`${first} ${more[0] ?? ''}`, more.slice(1)]
      return [path, isPublicKey(key) ? { key, rotation: comment.slice(1).join(' ') } : null]
    }),
  )
  const read = keyFiles.map(({ path, isPrivate }) => [path, (isPrivate && told.get(path)) || noKey] as const)
  return {
    keys: Object.fromEntries(read.map(([path, { key }]) => [path, key])),
    rotations: Object.fromEntries(read.flatMap(([path, { rotation }]) => (rotation ? [[path, rotation]] : []))),
  }
}

const noKey = { key: '', rotation: '' }

/** From byte 39 of the file on: the length of the public key, 51, and the key (PROTOCOL.key of OpenSSH). */
const publicHalf = (base64: string): string =>
  `ssh-ed25519 ${Buffer.from(base64, 'base64').subarray(4, 55).toString('base64')}`

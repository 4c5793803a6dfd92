// Reading and rewriting case files: texts as arrays of lines, rulesets by name, hashes by what they are of.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSnapshot } from '../../engine/look/snapshot'
import { knownAfterApply, sha256 } from '../../engine/parts/part'
import type { Snapshot } from '../../engine/parts/snapshot'

export const casesFolder = join(__dirname, '../cases')

export const namesIn = (kind: string): string[] =>
  readdirSync(join(casesFolder, kind)).flatMap(file => (file.endsWith('.json') ? [file.replace('.json', '')] : []))

export const readCase = (kind: string, name: string): unknown =>
  JSON.parse(readFileSync(join(casesFolder, kind, `${name}.json`), 'utf8'))

/** Only with UPDATE_CASES=1: run biome over it, and read the diff. */
export const writeCase = (kind: string, name: string, value: unknown): void =>
  writeFileSync(join(casesFolder, kind, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`)

export const emptySnapshot: Snapshot = parseSnapshot('')

type Json = { readonly [key: string]: unknown }
export type CaseSnapshot = Omit<Partial<Snapshot>, 'files' | 'nft'> & {
  /** Lines by path. */
  readonly files?: Readonly<Record<string, readonly string[]>>
  /** Name of a ruleset in cases/rulesets. */
  readonly nft?: string
}

/** Of which a look tells the checksum alone. */
export const isProgram = (path: string): boolean => path.endsWith('/prove.sh')

/** Scripts can be run. */
export const modeOf = (path: string): string =>
  path.startsWith('/etc/init.d/') || path.endsWith('/service') ? '755' : '644'

/** A snapshot of which a case names only what matters. */
export function snapshotOf({ files = {}, nft, ...rest }: CaseSnapshot): Snapshot {
  const ruleset = nft === undefined ? null : readCase('rulesets', nft)
  const asFile = (path: string, lines: readonly string[]) => {
    const [text, file] = [lines.join('\n'), { mode: modeOf(path), owner: 'root:root' }]
    return isProgram(path) ? { ...file, text: '', sha256: sha256(text) } : { ...file, text }
  }
  return {
    ...emptySnapshot,
    ...rest,
    files: Object.fromEntries(Object.entries(files).map(([path, lines]) => [path, asFile(path, lines)])),
    nft: ruleset,
  }
}

/** The form of a case file: a text of several lines is an array, a hash says what it is the hash of, unknown is a sentence. */
export function readable(value: unknown, texts: readonly string[]): unknown {
  if (value === knownAfterApply) return '(known after apply)'
  if (typeof value === 'string') {
    if (texts.some(text => sha256(text) === value)) return 'sha256 of at.text'
    return value.includes('\n') ? value.split('\n') : value
  }
  if (Array.isArray(value)) return value.map(item => readable(item, texts))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as Json)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, readable(item, texts)]),
  )
}

/** The way back, for at and want. */
export function fromReadable(value: unknown, text: string): unknown {
  if (value === 'sha256 of at.text') return sha256(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value as Json).map(([key, item]) => [key, fromReadable(item, text)]))
}

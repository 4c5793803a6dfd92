// Reading sshd's configuration files as sshd does (sshd_config(5)): which line sets what, and what it reads before a drop-in of ours. Pure.
import type { Snapshot } from './snapshot'

interface Line {
  /** `file:line`. */
  readonly place: string
  readonly file: string
  /** In lower case. */
  readonly keyword: string
  readonly values: readonly string[]
  /** The Match block that it stands in; null for none, or `Match all`. */
  readonly block: string | null
  /** Whether it stands in a Match block of any kind. */
  readonly matched: boolean
  /** What all has to hold for it: the criteria of its Match line, and of those that an Include of its file stands under. */
  readonly criteria: readonly (readonly string[])[]
}

/** Where an Include stands. */
type Around = Pick<Line, 'block' | 'matched' | 'criteria'>

/** sshd's own limit (SERVCONF_MAX_DEPTH). */
const deepest = 16

type Files = Snapshot['files']

/** What is read of a host's files once, however many tunnels ask. */
interface Read {
  /** Of tunnels' drop-ins where they stand, and nothing of what they say. */
  readonly lines: readonly Line[]
  /** Those that are no tunnel's, by keyword. */
  readonly others: ReadonlyMap<string, readonly Line[]>
}

const reads = new WeakMap<Files, Read>()

function readOf(on: Snapshot): Read {
  const before = reads.get(on.files)
  if (before) return before
  const lines = [...readLines(on, null)].filter(({ keyword, file }) => keyword === '' || !isATunnels(file))
  const others = new Map<string, Line[]>()
  for (const line of lines.filter(({ file }) => !isATunnels(file))) {
    const same = others.get(line.keyword)
    if (same) same.push(line)
    else others.set(line.keyword, [line])
  }
  const read = { lines, others }
  reads.set(on.files, read)
  return read
}

/** Lines of others that set a keyword, in the order in which sshd reads them. */
export const linesOfOthers = (on: Snapshot, setting: string): readonly Line[] =>
  readOf(on).others.get(setting.toLowerCase()) ?? []

/**
 * All lines in the order in which sshd reads them, before those of a file one without keyword. A file that an Include brings goes on in the block of
 * the Include; its own blocks end with it. `also`: a file that is not there yet.
 */
function* readLines(
  on: Snapshot,
  also: string | null,
  file = on.sshdMain,
  outer: Around = { block: null, matched: false, criteria: [] },
  depth = 0,
): Generator<Line> {
  yield { place: file, file, keyword: '', values: [], ...outer }
  let around = outer
  for (const [index, text] of (on.files[file]?.text.split('\n') ?? []).entries()) {
    const { keyword, values } = parseLine(text)
    if (keyword === '') continue
    const place = `${file}:${index + 1}`
    if (keyword === 'match') {
      // Under an Include in a block sshd takes none of the file's own blocks for more than that.
      const all = values.join(' ').toLowerCase() === 'all'
      around = {
        block: all ? outer.block : `${place} (Match ${values.join(' ')})`,
        matched: true,
        criteria: [...outer.criteria, values],
      }
    }
    yield { place, file, keyword, values, ...around }
    if (keyword !== 'include' || depth >= deepest) continue
    for (const pattern of values.map(globOf)) {
      const paths = new Set([...Object.keys(on.files), ...(also === null ? [] : [also])])
      for (const path of [...paths].filter(one => pattern.test(one)).sort()) {
        yield* readLines(on, also, path, around, depth + 1)
      }
    }
  }
}

/**
 * Where a foreign line sets the same keyword to the value that won, as `file:line`; null when none is found.
 * A reading aid for messages: sshd itself does not say which line won.
 */
export function findWinner(on: Snapshot, setting: string, value: string, ourDropIn?: string): string | null {
  const want = listOf(value).join(' ')
  return findLine(on, setting, ourDropIn, values => listOf(values.join(' ')).join(' ') === want)
}

/** The first line of others that sets a keyword at all, as `file:line`; null for none. */
export const findSetting = (on: Snapshot, setting: string): string | null =>
  findLine(on, setting, undefined, () => true)

/** The first line outside of everybody's blocks that sets a keyword and is not ours, as `file:line`; null for none. Of such the first counts. */
export const findOther = (on: Snapshot, keyword: string, ourDropIn: string): string | null =>
  linesOfOthers(on, keyword).find(({ block, file }) => block === null && file !== ourDropIn)?.place ?? null

const findLine = (
  on: Snapshot,
  setting: string,
  ourDropIn: string | undefined,
  isIt: (values: readonly string[]) => boolean,
): string | null =>
  linesOfOthers(on, setting).find(({ file, values }) => file !== ourDropIn && isIt(values))?.place ?? null

/** A list may be divided by commas, and everything is the same in upper case. */
const listOf = (text: string): string[] => text.toLowerCase().split(/[\s,]+/)

/** A tunnel's drop-in is a Match block for its own account: it never wins over others. */
const isATunnels = (path: string) => path.startsWith('/etc/ssh/sshd_config.d/10-ssh-tunnels-')

export interface Late {
  readonly why: string
  /** What is read before ours says something else of the same; whether of our account, only sshd can tell. */
  readonly mayCount: boolean
}

/**
 * Why what our drop-in says is not sure to count, null when it is: sshd does not read the file, or only inside somebody's Match block, or reads
 * before it what may win over it.
 */
export function whyNotFirst(on: Snapshot, dropIn: string, text: string): Late | null {
  if (!(on.sshdMain in on.files)) return null
  const ours = keywordsOf(text)
  const includes: string[] = []
  let rival: string | null = null
  let trap: string | null = null
  const lines = dropIn in on.files && isATunnels(dropIn) ? readOf(on).lines : readLines(on, dropIn)
  for (const { place, file, keyword, values, block, matched } of lines) {
    if (file === dropIn && keyword === '') {
      if (block === null) return rival === null ? null : { why: rival, mayCount: true }
      trap ??= `${dropIn} is included in the block of ${block}`
    }
    if (keyword === 'include') includes.push(`Include ${values.join(' ')} (${place})`)
    if (rival !== null || file === dropIn || isATunnels(file)) continue
    // Match goes before what stands outside, for whom it is about; else the first goes before the others.
    if ((matched ? ours.matched : ours.global).has(keyword)) rival = `${place} may win (${keyword} ${values.join(' ')})`
  }
  const unread = includes.length > 0 ? `it reads only ${includes.join(', ')}` : `${on.sshdMain} has no Include`
  return { why: trap ?? unread, mayCount: false }
}

/** Whether sshd, where it tells, has what our text says: `effective` is what it tells by keyword. */
export const isInEffect = (text: string, effective: Readonly<Record<string, string>>): boolean => {
  const { global, matched } = keywordsOf(text)
  return [...global, ...matched].every(
    ([keyword, value]) =>
      effective[keyword] === undefined || listOf(effective[keyword]).join(' ') === listOf(value).join(' '),
  )
}

/** What a text sets inside its Match blocks, and outside. */
function keywordsOf(text: string) {
  const [global, matched] = [new Map<string, string>(), new Map<string, string>()]
  let inside = false
  for (const line of text.split('\n')) {
    const { keyword, values } = parseLine(line)
    if (keyword === '') continue
    if (keyword === 'match') inside = true
    else (inside ? matched : global).set(keyword, values.join(' '))
  }
  return { global, matched }
}

/** Keyword, in lower case, and arguments, without a comment: divided by spaces, the keyword also by `=`; quotes hold together. */
function parseLine(line: string): { readonly keyword: string; readonly values: readonly string[] } {
  const words =
    line
      .replace(/(^|\s)#.*/, '')
      .trim()
      .replace(/^([^\s="]+)\s*=/, '$1 ')
      .match(/"[^"]*"|[^\s"]+/g) ?? []
  const [word = '', ...values] = words.map(one => one.replace(/["']/g, ''))
  return { keyword: word.toLowerCase(), values }
}

/** glob(7), relative to /etc/ssh. */
function globOf(pattern: string): RegExp {
  const path = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`
  const expression = path
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replace(/\[!/g, '[^')
  try {
    return new RegExp(`^${expression}$`)
  } catch {
    return /^$/ // not a pattern
  }
}

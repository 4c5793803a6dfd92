// An ssh_config: which of its lines hold for a host, and which of its hosts have forwards (ssh_config(5)). Pure: who calls reads what it includes.
import type { Problem } from '../problem'
import { many, type Setting } from './setting'
import { type Place, problemAt, type Source } from './source'

export interface ConfigLine {
  readonly keyword: string
  readonly written: string
  readonly value: string
  readonly place: Place
  readonly keywordPlace: Place
  /** The Host and Match lines in which Include has it stand: all have to hold too. */
  readonly under?: readonly ConfigLine[]
}

/** Reads what an Include names: the files that fit the pattern. */
export type Including = (pattern: string) => readonly Source[]

/** Levels, as OpenSSH has it (READCONF_MAX_DEPTH). */
const deepest = 16

export interface Config {
  readonly lines: readonly ConfigLine[]
  readonly problems: readonly Problem[]
}

export function readConfig(source: Source, include: Including = () => [], depth = 0): Config {
  const lines: ConfigLine[] = []
  const problems: Problem[] = []
  let start = 0
  for (const text of source.text.split('\n')) {
    const line = readLine(source, text, start)
    start += text.length + 1
    if (line === null) continue
    if ('code' in line) problems.push(line)
    else if (line.keyword === 'include') {
      const files = depth < deepest ? splitWords(line.value).flatMap(include) : []
      if (files.length === 0) lines.push(line)
      const before = [...lines].reverse().find(({ keyword }) => keyword === 'host' || keyword === 'match')
      for (const file of files) {
        const inner = readConfig(file, include, depth + 1)
        lines.push(...inner.lines.map(one => (before ? { ...one, under: [before, ...(one.under ?? [])] } : one)))
        problems.push(...inner.problems)
      }
      // What the file opened ends with it.
      if (files.length > 0) lines.push(before ?? { ...line, keyword: 'host', written: 'Host', value: '*' })
    } else lines.push(line)
  }
  return { lines, problems }
}

function readLine(source: Source, text: string, start: number): ConfigLine | Problem | null {
  const parts = /^(\s*)([^\s=#"]+)(\s*=\s*|\s+)?(.*?)\s*$/s.exec(text.replace(/\r$/, ''))
  if (!parts || /^\s*(#|$)/.test(text)) return null
  const [, before = '', word = '', between = '', rest = ''] = parts
  const at = start + before.length
  const keywordPlace = { source, start: at, end: at + word.length }
  // A comment may stand behind the value since 8.5, outside of quotes.
  const value = rest.replace(/\s+#[^"]*$/, '')
  if (value === '') {
    return problemAt(keywordPlace, { code: 'no-value', message: `${word} has no value`, hint: 'ssh refuses the file' })
  }
  const from = at + word.length + between.length
  return {
    keyword: word.toLowerCase(),
    written: word,
    value,
    place: { source, start: from, end: from + value.length },
    keywordPlace,
  }
}

/**
 * What holds for a host, of each keyword the first. `host` is what stands on the command line. A Match of which only the host itself could tell
 * whether it holds, and an Include that was not read, stand among them as they are.
 */
export function settingsFor(config: Config, host: string): Setting[] {
  const settings: Setting[] = []
  let holds = true
  for (const line of config.lines) {
    if (line.keyword === 'host' || line.keyword === 'match') {
      const isOpen = (line.under ?? []).every(one => matchesBlock(one, host))
      const answer = matchesBlock(line, host)
      if (isOpen && answer === null) settings.push(line)
      holds = isOpen && answer === true
    } else if (holds) {
      const { keyword, value, written, place } = line
      settings.push({ keyword, value: unquote(value), written, place })
    }
  }
  return firstOfEach(settings)
}

/** Null where only the host itself could tell. */
const matchesBlock = ({ keyword, value }: ConfigLine, host: string): boolean | null =>
  keyword === 'host' ? matchesHost(value, host) : matchesCriteria(value, host)

/** Hosts by name, without patterns. */
export function hostNames(config: Config): string[] {
  const names = config.lines.filter(({ keyword }) => keyword === 'host').flatMap(({ value }) => splitWords(value))
  return [...new Set(names)].filter(name => !/[*?!]/.test(name))
}

/** Those whose blocks forward something. */
export function forwardingHosts(config: Config): string[] {
  return hostNames(config).filter(name =>
    settingsFor(config, name).some(({ keyword }) => /^(local|remote|dynamic)forward$/.test(keyword)),
  )
}

/** Whether a host is named anywhere other than by `*`. */
export const namesHost = (config: Config, host: string): boolean =>
  config.lines.some(({ keyword, value }) => keyword === 'host' && value.trim() !== '*' && matchesHost(value, host))

export function firstOfEach(settings: readonly Setting[]): Setting[] {
  const seen = new Set<string>()
  return settings.filter(({ keyword }) => {
    if (many.includes(keyword)) return true
    const isFirst = !seen.has(keyword)
    seen.add(keyword)
    return isFirst
  })
}

function matchesHost(patterns: string, host: string): boolean {
  const all = splitWords(patterns).flatMap(one => one.split(','))
  const fits = (pattern: string) => matchesPattern(pattern, host)
  if (all.some(pattern => pattern.startsWith('!') && fits(pattern.slice(1)))) return false
  return all.some(pattern => !pattern.startsWith('!') && fits(pattern))
}

/** Null where it asks for what does not stand in the file. */
function matchesCriteria(value: string, host: string): boolean | null {
  const words = splitWords(value)
  if (words.length === 1 && words[0]?.toLowerCase() === 'all') return true
  const [name = '', patterns = '', ...more] = words
  if (['host', 'originalhost'].includes(name.toLowerCase()) && more.length === 0) return matchesHost(patterns, host)
  return null
}

function matchesPattern(pattern: string, host: string): boolean {
  // One step of text for one of the pattern: a backtracking regular expression could be made to take for ever.
  const [wanted, given] = [pattern.toLowerCase(), host.toLowerCase()]
  let row = [true, ...Array<boolean>(given.length).fill(false)]
  for (const one of wanted) {
    const next = Array<boolean>(given.length + 1).fill(false)
    next[0] = one === '*' && row[0] === true
    for (let at = 1; at <= given.length; at++) {
      const passes = one === '*' ? row[at] || next[at - 1] : row[at - 1] && (one === '?' || one === given[at - 1])
      next[at] = passes === true
    }
    row = next
  }
  return row[given.length] === true
}

export function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

const unquote = (text: string) => /^"([^"]*)"$/.exec(text)?.[1] ?? text

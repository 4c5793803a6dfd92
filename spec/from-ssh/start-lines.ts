// Where command lines stand in files: a systemd unit's ExecStart, a line of crontab(5), of rc.local or of a script.
import type { Problem } from '../problem'
import { readWords, type Word } from './shell-words'
import { problemAt, type Source } from './source'

export interface StartLine {
  readonly words: readonly Word[]
  /** The account that runs it, where the text says so; null otherwise. */
  readonly runBy: string | null
}

export interface Lines {
  readonly lines: readonly StartLine[]
  readonly problems: readonly Problem[]
}

const runsSsh = /(^|[\s/'"=@!+:-])(auto)?ssh(\s|$)/

export function findStartLines(source: Source): Lines {
  return /^\s*\[(Service|Unit)\]\s*$/m.test(source.text) ? readUnit(source) : readScript(source)
}

/** `Key=value` of a unit, continued by a backslash at the line's end (systemd.syntax(7)). */
function readUnit(source: Source): Lines {
  const entries = [...source.text.matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*((?:\\\r?\n|[^\n])*)/gm)]
  const valuesOf = (key: string) => entries.filter(([, name]) => name === key).map(([, , value = '']) => value.trim())
  const variables = Object.fromEntries(
    valuesOf('Environment').flatMap(value =>
      [...value.matchAll(/"(\w+)=([^"]*)"|'(\w+)=([^']*)'|(\w+)=(\S*)/g)].map(found => [
        found[1] ?? found[3] ?? found[5] ?? '',
        found[2] ?? found[4] ?? found[6] ?? '',
      ]),
    ),
  )
  const runBy = valuesOf('User').at(-1) || null
  const found = entries.filter(([, key]) => key === 'ExecStart')
  // An empty one forgets those before it.
  const starts = found.slice(found.findLastIndex(([, , value = '']) => value.trim() === '') + 1)
  const read = starts.map(entry => {
    const [all, , value = ''] = entry
    const special = /^[-@:+!]*/.exec(value)?.[0].length ?? 0
    const start = entry.index + all.length - value.length + special
    return readWords(source, { start, end: entry.index + all.length, by: 'unit', variables })
  })
  const lines = read.flatMap(({ commands }) => commands.map(words => ({ words: unwrap(source, words), runBy })))
  return { lines, problems: read.flatMap(({ problems }) => problems) }
}

function readScript(source: Source): Lines {
  const lines: StartLine[] = []
  const problems: Problem[] = []
  let start = 0
  for (const text of source.text.split(/(?<!\\)\n/)) {
    const [from, runBy] = skipTable(text)
    if (runsSsh.test(text) && !/^\s*#/.test(text)) {
      const end = start + (from > 0 ? endOfEntry(text) : text.length)
      const read = readWords(source, { start: start + from, end, by: 'shell' })
      const found = read.commands
        .map(words => unwrap(source, words))
        .filter(words => runsSsh.test(words.map(w => w.text).join(' ')))
      lines.push(...found.map(words => ({ words, runBy })))
      if (found.length > 0) problems.push(...read.problems)
    }
    start += text.length + 1
  }
  return { lines, problems }
}

/** How long crontab's own fields are, and the user that system tables name in them. */
function skipTable(text: string): [start: number, user: string | null] {
  const fields = /^\s*(@\w+|(?:[\d*,/-]+\s+){4}[\w*,/-]+)\s+/.exec(text)?.[0]
  if (fields === undefined) return [0, null]
  const user = /^([a-z_][\w-]*)\s+/.exec(text.slice(fields.length))
  const isCommand =
    user &&
    /^(ssh|autossh|env|nohup|sudo|doas|su|exec|setsid|sleep|sh|bash|timeout|nice|flock|test|if|while|until)$/.test(
      user[1] ?? '',
    )
  return user && !isCommand ? [fields.length + user[0].length, user[1] ?? null] : [fields.length, null]
}

/** In crontab(5) a % that is not escaped ends the command. */
function endOfEntry(text: string): number {
  const at = text.search(/(?<!\\)%/)
  return at < 0 ? text.length : at
}

/** `sh -c 'ssh ...'`: the words of the inner line, which stand at the place of the whole. */
function unwrap(source: Source, words: readonly Word[]): readonly Word[] {
  const at = words.findIndex(({ text }) => /(^|\/)(ba|da|z|k)?sh$|(^|\/)su$/.test(text))
  const dash = at < 0 ? -1 : words.findIndex(({ text }, index) => index > at && /^-\w*c$/.test(text))
  const inner = dash < 0 ? undefined : words[dash + 1]
  if (!inner) return words
  const literal = source.text.slice(inner.place.start + 1, inner.place.end - 1) === inner.text
  if (literal) {
    const reading = { start: inner.place.start + 1, end: inner.place.end - 1, by: 'shell' } as const
    return readWords(source, reading).commands.find(isOfSsh) ?? words
  }
  const alone = { name: source.name, text: inner.text }
  const found = readWords(alone, { start: 0, end: inner.text.length, by: 'shell' }).commands.find(isOfSsh)
  return found?.map(({ text }) => ({ text, place: inner.place })) ?? words
}

const isOfSsh = (words: readonly Word[]) => words.some(({ text }) => /(^|\/)(auto)?ssh$/.test(text))

export function noLine(source: Source): Problem {
  const message = `${source.name} starts neither ssh nor autossh`
  return problemAt({ source, start: 0, end: 1 }, { code: 'no-ssh', message })
}

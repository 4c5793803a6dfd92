// Where command lines stand in files: a systemd unit's ExecStart, a line of crontab(5), of rc.local or of a script.
import type { Problem } from '../problem'
import { type Besides, readEnvironment } from './environment-file'
import { secretsIn } from './secrets'
import { readWords, type Word } from './shell-words'
import { lineOf, type Place, problemAt, type Source } from './source'
import type { Around } from './ssh-argv'
import { placeOf, readUnitCommands, splitUnitWords } from './unit-words'
import { unwrap } from './unwrap'

export interface StartLine {
  readonly words: readonly Word[]
  /** The account that runs it, where the text says so; null otherwise. */
  readonly runBy: string | null
  /** Whether nothing of it is missing: what stands for something else that nobody knows makes no tunnel. */
  readonly isWhole: boolean
  /** What autossh finds in its environment, and files of variables that were not read. */
  readonly beside: readonly Around[]
}

export interface Lines {
  readonly lines: readonly StartLine[]
  readonly problems: readonly Problem[]
  /** Where there may be a secret. */
  readonly secrets: readonly Place[]
}

const runsSsh = /(^|[\s/'"=@!+:-])(auto)?ssh(\s|$)/

export function findStartLines(source: Source, files?: Besides): Lines {
  return /^\s*\[(Service|Unit)\]\s*$/m.test(source.text) ? readUnit(source, files) : readScript(source)
}

/** `Key=value` of a unit, continued by a backslash at the line's end, with comments between (systemd.syntax(7)). */
function readUnit(source: Source, files: Besides | undefined): Lines {
  const entries = [...source.text.matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*((?:\\\r?\n(?:[ \t]*[#;].*\r?\n)*|[^\n])*)/gm)]
  const spansOf = (key: string) => {
    const all = entries.flatMap(({ index, 0: whole, 1: name, 2: value = '' }) =>
      name === key
        ? [{ value: value.trim(), start: index + whole.length - value.length, end: index + whole.length }]
        : [],
    )
    // An empty one forgets those before it.
    return all.slice(all.findLastIndex(({ value }) => value === '') + 1)
  }
  const own = Object.fromEntries(
    spansOf('Environment').flatMap(span => {
      const { words, problems } = splitUnitWords(source, span)
      return words
        .filter(word => !problems.some(one => isWithin(one, [word])))
        .map(({ text }) => [text.replace(/=.*/s, ''), text.replace(/^[^=]*=?/, '')])
    }),
  )
  // What stands in the files holds over what stands in the unit (systemd.exec(5)).
  const besides = spansOf('EnvironmentFile').map(({ value, ...span }) => {
    const path = value.replace(/^-/, '')
    const found = files?.(path)
    const read = found?.flatMap(({ text }) => (text === null ? [] : [readEnvironment(text)])) ?? []
    // With - systemd does without one that is not there.
    const isAbsent = value !== path && found?.length === 0 && /^\/[^%]*$/.test(path)
    const isRead = isAbsent || (read.length > 0 && read.length === found?.length)
    return { path, place: { source, ...span }, read, isRead }
  })
  const variables = Object.assign({}, own, ...besides.flatMap(({ read }) => read))
  const beside: Around[] = [
    ...spansOf('Environment').flatMap(span => tellVariables(own, { source, start: span.start, end: span.end })),
    ...besides.flatMap(({ path, place, read, isRead }) => [
      ...read.flatMap(found => tellVariables(found, place)),
      ...(isRead ? [] : [{ written: 'EnvironmentFile', value: path, place, kind: 'beside' } as const]),
    ]),
  ]
  const user = spansOf('User').at(-1)
  const ofUser = user ? splitUnitWords(source, user).problems : []
  const runBy = user && ofUser.length === 0 ? user.value : null
  const read = spansOf('ExecStart').map(span => readUnitCommands(source, { ...span, variables }))
  const commands = read.flatMap(({ commands }) => commands).map(words => unwrap(source, words, variables))
  const found = commands.filter(({ words }) => words.some(({ text }) => runsSsh.test(text)))
  const problems = [
    ...read.flatMap(({ problems }) => problems),
    ...(found.length > 0 ? ofUser : []),
    ...found.flatMap(({ words, problems, isInner }) => [
      ...problems,
      ...(isInner ? [] : words.flatMap(findUnexpanded)),
    ]),
  ]
  const isWhole = (words: readonly Word[]) => !problems.some(one => ofUser.includes(one) || isWithin(one, words))
  return {
    lines: found.map(({ words, runBy: inner }) => ({ words, runBy: inner ?? runBy, isWhole: isWhole(words), beside })),
    problems,
    secrets: secretsIn([...read.flatMap(({ commands }) => commands), ...commands.map(({ words }) => words)]),
  }
}

/** Those of autossh that a place sets. */
const tellVariables = (variables: Readonly<Record<string, string>>, place: Place): Around[] =>
  Object.entries(variables)
    .filter(([name]) => name.startsWith('AUTOSSH_'))
    .map(([written, value]) => ({ written, value, place, kind: 'autossh' }))

/** `$NAME` is a word of its own in a unit, or nothing. */
function findUnexpanded(word: Word): Problem[] {
  const { text, place } = word
  const [shown] = /\$[A-Za-z_]\w*/.exec(text) ?? []
  if (shown === undefined || /^\$\w+$/.test(text) || place.source.text.slice(place.start, place.end).includes('$$'))
    return []
  const message = `systemd puts nothing in for ${shown} within a word`
  const hint = `write $\{${shown.slice(1)}}`
  return [problemAt(placeOf(word, shown), { code: 'variable', message, hint })]
}

/** Whether what is wrong stands in one of these words. */
function isWithin({ line, column }: Problem, words: readonly Word[]): boolean {
  return words.some(({ place }) => {
    const [from, to] = [lineOf(place), lineOf({ ...place, start: place.end })]
    const isBehind = line > from.line || (line === from.line && column >= from.column)
    return isBehind && (line < to.line || (line === to.line && column < to.column))
  })
}

function readScript(source: Source): Lines {
  const lines: StartLine[] = []
  const problems: Problem[] = []
  const secrets: Place[] = []
  let start = 0
  for (const text of source.text.split(/(?<!\\)\n/)) {
    const [from, runBy] = skipTable(source.name, text)
    if (runsSsh.test(text) && !/^\s*#/.test(text)) {
      const end = start + (from > 0 ? endOfEntry(text) : text.length)
      const read = readWords(source, { start: start + from, end })
      const unwrapped = read.commands.map(words => unwrap(source, words))
      secrets.push(...secretsIn([...read.commands, ...unwrapped.map(({ words }) => words)]))
      const found = unwrapped.filter(({ words }) => runsSsh.test(words.map(w => w.text).join(' ')))
      const wrong = [...read.problems, ...found.flatMap(one => one.problems)]
      lines.push(
        ...found.map(({ words, runBy: inner }) => ({
          words,
          runBy: inner ?? runBy,
          isWhole: !wrong.some(one => isWithin(one, words)),
          beside: [],
        })),
      )
      if (found.length > 0) problems.push(...wrong)
    }
    start += text.length + 1
  }
  return { lines, problems, secrets }
}

/** How long crontab's own fields are, with the user that tables of the system alone name in them; a table of a user's is run by who it is named after. */
function skipTable(name: string, text: string): [start: number, user: string | null] {
  const fields = /^\s*(@\w+|(?:[\d*,/-]+\s+){4}[\w*,/-]+)\s+/.exec(text)?.[0]
  if (fields === undefined) return [0, null]
  const own = /\/var\/spool\/cron\/(?:crontabs\/)?([^/]+)$/.exec(name)?.[1] ?? null
  const user = /(^|\/)etc\/(crontab|cron\.d\/[^/]+)$/.test(name) ? /^(\S+)\s+/.exec(text.slice(fields.length)) : null
  return user ? [fields.length + user[0].length, user[1] ?? null] : [fields.length, own]
}

/** In crontab(5) a % that is not escaped ends the command. */
function endOfEntry(text: string): number {
  const at = text.search(/(?<!\\)%/)
  return at < 0 ? text.length : at
}

export function noLine(source: Source): Problem {
  const message = `${source.name} starts neither ssh nor autossh`
  return problemAt({ source, start: 0, end: 1 }, { code: 'no-ssh', message })
}

// A command line of a systemd unit, as the words that its programs get (systemd.service(5), COMMAND LINES). No shell reads it.
import type { Problem } from '../problem'
import type { Reading, Word, Words } from './shell-words'
import { type Place, problemAt, type Source, within } from './source'

/** Its commands, with what runs one: variables are put in where they are known, and what was put before the program is off. */
export function readUnitCommands(source: Source, { start, end, variables = {} }: Reading): Words {
  const { words, problems } = splitUnitWords(source, { start, end })
  const commands: Word[][] = [[]]
  for (const word of words) {
    // `\;` is a semicolon, and one alone begins the next command.
    if (source.text.slice(word.place.start, word.place.end) === ';') commands.push([])
    else commands.at(-1)?.push(word)
  }
  const read = commands.flatMap(([program, ...more]) => {
    if (!program) return []
    const special = /^[-@:+!|]*/.exec(program.text)?.[0] ?? ''
    const { text, place } = program
    const first = {
      text: text.slice(special.length),
      place: within(place, text, special.length, text.length - special.length),
    }
    // With @ the next word is the name that the program gets.
    const given = special.includes('@') ? more.slice(1) : more
    return [[first, ...(special.includes(':') ? given : given.flatMap(word => expand(word, variables, problems)))]]
  })
  return { commands: read, problems }
}

/** In either quote the same holds; a backslash at the end of a line is a blank, and comments between such lines are none of it. */
export function splitUnitWords(source: Source, { start, end }: Reading): { words: Word[]; problems: Problem[] } {
  const text = source.text.slice(0, end)
  const words: Word[] = []
  const problems: Problem[] = []
  let [at, from, word, quote, opened] = [start, start, null as string | null, '', start]
  const add = (more: string, length: number) => {
    if (word === null) from = at
    word = (word ?? '') + more
    at += length
  }
  const close = () => {
    if (word !== null) words.push({ text: word, place: { source, start: from, end: at } })
    word = null
  }
  while (at < text.length) {
    const one = text[at] ?? ''
    const next = /^\\\r?\n(?:[ \t]*[#;].*\r?\n)*/.exec(text.slice(at))?.[0]
    const specifier = specifiers.exec(text.slice(at, at + 2))?.[0]
    if (next) {
      if (quote === '') {
        close()
        at += next.length
      } else add(' ', next.length)
    } else if (specifier === '%%') add('%', 2)
    else if (specifier) {
      const message = `what ${specifier} stands for only systemd can tell`
      const hint = 'write what it stands for; %% is a percent sign'
      problems.push(problemAt({ source, start: at, end: at + 2 }, { code: 'specifier', message, hint }))
      add(specifier, 2)
    } else if (one === '\\') {
      const [length, meant] = readEscape(text.slice(at, at + 6))
      add(meant, length)
    } else if (quote !== '' && one === quote) {
      quote = ''
      at++
    } else if (quote === '' && (one === '"' || one === "'")) {
      opened = at
      add('', 1)
      quote = one
    } else if (quote === '' && /\s/.test(one)) {
      close()
      at++
    } else add(one, 1)
  }
  if (quote !== '') {
    const message = `the quote ${quote} is not closed`
    problems.push(problemAt({ source, start: opened, end: opened + 1 }, { code: 'open-quote', message }))
  }
  close()
  return { words, problems }
}

/** systemd.unit(5), SPECIFIERS. A percent sign before anything else is one. */
const specifiers = /^%[%aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY]/

/** What is no escape stays as it is. */
function readEscape(text: string): readonly [length: number, meant: string] {
  const [, hex, octal, letter = ''] = /^\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2})|(.))/s.exec(text) ?? []
  if (hex !== undefined) return [4, String.fromCharCode(Number.parseInt(hex, 16))]
  if (octal !== undefined) return [4, String.fromCharCode(Number.parseInt(octal, 8))]
  const meant = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined
  return meant === undefined ? [Math.min(2, text.length), text.slice(0, 2)] : [2, meant]
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'", ';': ';' },
}

/** `$NAME` as a word of its own becomes as many words as its value has; `${NAME}` is put in anywhere, and stays one word. */
function expand(word: Word, variables: Readonly<Record<string, string>>, problems: Problem[]): Word[] {
  const { text, place } = word
  const put = (name: string, shown: string) => {
    if (Object.hasOwn(variables, name)) return variables[name] ?? ''
    const message = `what ${shown} stands for does not stand in the line`
    problems.push(problemAt(placeOf(word, shown), { code: 'variable', message, hint: 'write what it stands for' }))
    return shown
  }
  const alone = /^\$(\w+)$/.exec(text)?.[1]
  if (alone !== undefined) {
    const value = put(alone, text)
    const inner = { name: place.source.name, text: value }
    return value === text
      ? [word]
      : splitUnitWords(inner, { start: 0, end: value.length }).words.map(one => ({ text: one.text, place }))
  }
  const whole = text.replace(/\$\$|\$\{(\w+)\}/g, (shown: string, name: string | undefined) =>
    name === undefined ? '$' : put(name, shown),
  )
  return [{ text: whole, place }]
}

/** Of a part that is written as it is read, in quotes or not. */
export function placeOf({ place }: Word, part: string): Place {
  const at = place.source.text.slice(place.start, place.end).indexOf(part)
  return at < 0 ? place : { ...place, start: place.start + at, end: place.start + at + part.length }
}

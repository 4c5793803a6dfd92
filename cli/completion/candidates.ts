// What may stand where somebody types, from the table of commands and the spec that is named on the line.
import { leadsTo } from '../../schemas/dynamic'
import { readSpec } from '../../spec'
import type { Argument, Command, Option } from '../command'

export interface Candidate {
  readonly word: string
  /** What shells show beside it. */
  readonly says: string
}

/** Of which files the shell itself knows more. */
export type Found = readonly Candidate[] | 'files'

interface Line {
  readonly commands: readonly Command[]
  /** All behind the program. */
  readonly words: readonly string[]
  /** Which of them is being typed; it may be behind the last. */
  readonly at: number
}

export function findCandidates({ commands, words, at }: Line): Found {
  const shown = commands.filter(({ hidden }) => !hidden)
  const current = words[at] ?? ''
  const [first = '', second = ''] = words
  const command = shown.find(({ name }) => name === first || name === `${first} ${second}`)
  const start = command ? command.name.split(' ').length : 1
  if (at === 0) return startingWith(current, [...firstWords(shown), help, version])
  if (first === 'help') return startingWith(current, at === 1 ? firstWords(shown) : secondWords(shown, second))
  if (!command || at < start) return startingWith(current, secondWords(shown, first))
  const option = optionOf(command, words[at - 1])
  if (option?.takesValue) return valuesFor(option, words, current)
  if (current.startsWith('-')) return startingWith(current, optionsOf(command))
  const before = positionals(command, words.slice(start, at))
  const argument = command.takes[before.length] ?? last(command.takes)
  return argument ? valuesOfArgument(argument, words, current, before) : []
}

const help: Candidate = { word: 'help', says: 'all about one command' }
const version: Candidate = { word: '--version', says: 'which version this is' }

const firstWords = (commands: readonly Command[]): Candidate[] =>
  commands.map(({ name, says }) => ({ word: name.split(' ')[0] ?? '', says }))

const secondWords = (commands: readonly Command[], first: string): Candidate[] =>
  commands.flatMap(({ name, says }) => {
    const [one, two] = name.split(' ')
    return one === first && two !== undefined ? [{ word: two, says }] : []
  })

const optionsOf = ({ options }: Command): Candidate[] => [
  ...Object.entries(options).map(([name, { says }]) => ({ word: `--${name}`, says })),
  { word: '--help', says: 'all about this command' },
]

const optionOf = ({ options }: Command, word = ''): Option | undefined =>
  Object.entries(options).find(([name, { short }]) => word === `--${name}` || (short && word === `-${short}`))?.[1]

/** Words that are neither options nor their values. */
const positionals = (command: Command, words: readonly string[]): string[] =>
  words.filter((word, at) => !word.startsWith('-') && !optionOf(command, words[at - 1])?.takesValue)

const last = (takes: readonly Argument[]): Argument | undefined => takes.filter(({ many }) => many).at(-1)

/** As the help shows the value, so it is completed. */
function valuesFor({ usage, values }: Option, words: readonly string[], current: string): Found {
  if (values)
    return startingWith(
      current,
      values.map(word => ({ word, says: '' })),
    )
  const name = usage.split(' ').at(-1) ?? ''
  if (/^(FILE|DIR|SPEC)$/.test(name)) return 'files'
  return name === 'NAME' || name === 'TUNNEL' ? startingWith(current, namesIn(words, 'tunnels')) : []
}

function valuesOfArgument(
  { name, values }: Argument,
  words: readonly string[],
  current: string,
  given: readonly string[],
): Found {
  if (values)
    return startingWith(
      current,
      values.map(word => ({ word, says: '' })),
    )
  if (name === 'SPEC') return 'files'
  const names = name === 'TUNNEL' ? namesIn(words, 'tunnels') : name === 'HOST' ? namesIn(words, 'hosts') : []
  return startingWith(
    current,
    names.filter(({ word }) => !given.includes(word)),
  )
}

/** Of the first spec that the line names and that can be read. */
function namesIn(words: readonly string[], what: 'tunnels' | 'hosts'): Candidate[] {
  for (const word of words.filter(word => /\.(ya?ml|json)$/.test(word))) {
    try {
      const { tunnels, hosts } = readSpec(word.replace(/^~(?=\/)/, process.env.HOME ?? '~'))
      return what === 'tunnels'
        ? tunnels.map(one => ({ word: one.name, says: `${one.listen} -> ${leadsTo(one)}` }))
        : Object.values(hosts).map(({ name, address }) => ({ word: name, says: address ?? 'this machine' }))
    } catch {
      // What cannot be read has no names; validate says why.
    }
  }
  return []
}

const startingWith = (start: string, all: readonly Candidate[]): Candidate[] => [
  ...new Map(all.filter(({ word }) => word.startsWith(start)).map(one => [one.word, one])).values(),
]

// What may stand where somebody types, from the table of commands and the names that are known here.
import type { Argument, Command, Option } from '../command'
import { behindUser, type Candidate, destinations, isSpec, namesIn, namesOfConfig, opened } from './names'

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
  const given = { command, words, current, before: positionals(command, words.slice(start, at)) }
  if (option?.takesValue) return valuesFor(option, given)
  if (current.startsWith('-')) return startingWith(current, optionsOf(command))
  const argument = command.takes[given.before.length] ?? last(command.takes)
  return argument ? valuesOfArgument(argument, given) : []
}

interface Given {
  readonly command: Command
  readonly words: readonly string[]
  readonly current: string
  /** Arguments that stand before. */
  readonly before: readonly string[]
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
function valuesFor({ usage, values }: Option, { words, current }: Given): Found {
  if (values) return startingWith(current, values.map(bare))
  const name = usage.split(' ').at(-1) ?? ''
  if (/^(FILE|DIR|SPEC)$/.test(name)) return 'files'
  if (name === 'NAME' || name === 'TUNNEL') return startingWith(current, namesIn(words, 'tunnels'))
  if (name === 'HOST') return startingWith(current, [...namesIn(words, 'hosts'), here])
  if (/^(LOGIN|HOSTS|WHERE)$/.test(name)) return startingWith(current, behindUser(current, destinations()))
  return []
}

function valuesOfArgument(argument: Argument, given: Given): Found {
  const { current, before } = given
  const found = argument.values ? argument.values.map(bare) : namesOf(argument, given)
  if (found === 'files') return found
  return startingWith(
    current,
    found.filter(({ word }) => !before.includes(word)),
  )
}

function namesOf({ name }: Argument, given: Given): Found {
  const { command, words, current, before } = given
  switch (name) {
    case 'SPEC':
      return 'files'
    case 'TUNNEL':
      return namesIn(words, 'tunnels')
    case 'HOST':
      return [...namesIn(words, 'hosts'), ...(command.name === 'list' ? [here] : [])]
    case 'NAME':
      return opened()
    case 'DESTINATION':
      if (before.some(isSpec)) return namesIn(words, 'tunnels')
      return before.length > 0 ? [] : orFiles(current, behindUser(current, destinations()))
    case 'COMMAND':
      return ofAdopt(given)
    default:
      return []
  }
}

/** Hosts of --config, a spec and its tunnels with --take-over, a spec with --host; a command nobody can know. */
function ofAdopt({ words, before }: Given): Found {
  const config = words[words.indexOf('--config') + 1] ?? ''
  if (words.includes('--config')) return namesOfConfig(config, 'forwarding')
  if (words.includes('--take-over')) return before.some(isSpec) ? namesIn(words, 'tunnels') : 'files'
  if (words.includes('--host')) return before.length === 0 ? 'files' : []
  return ["'ssh -N", "'autossh -M 0 -N"].map(word => ({ word, says: 'a command in quotes' }))
}

/** Where no name begins so, a spec may. */
const orFiles = (current: string, names: readonly Candidate[]): Found =>
  current !== '' && startingWith(current, names).length === 0 ? 'files' : names

const here: Candidate = { word: 'here', says: 'this machine' }
const bare = (word: string): Candidate => ({ word, says: '' })

const startingWith = (start: string, all: readonly Candidate[]): Candidate[] => [
  ...new Map(all.filter(({ word }) => word.startsWith(start)).map(one => [one.word, one])).values(),
]

// The words of the command line as what is asked for, or a mistake with what was probably meant.
import { parseArgs } from 'node:util'
import { suggest } from '../spec/did-you-mean'
import { type Argument, argumentNames, type Command, type Option, type Words } from './command'
import { commands, findCommand } from './commands'

export type Asked =
  | { readonly kind: 'help'; readonly command: Command | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'mistake'; readonly message: string; readonly command: Command | null }
  | { readonly kind: 'run'; readonly command: Command; readonly words: Words }

interface Given {
  readonly name: string
  /** As it was written. */
  readonly rawName: string
  readonly value?: string
}

const names = commands.filter(({ hidden }) => !hidden).map(({ name }) => name)

export function readWords(words: readonly string[]): Asked {
  const tokens = tokensOf(words)
  const [first, ...behind] = joined(tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : [])))
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(({ name }) => name === 'version')) return { kind: 'version' }
  const wantsHelp = given.some(({ name }) => name === 'help')
  if (first === 'help' || (first === undefined && wantsHelp)) return askHelp(joined(behind)[0])
  if (first === undefined) return sayWhat(given[0])
  const command = findCommand(first)
  if (!command && wantsHelp) return askHelp(first)
  if (!command) return unknownCommand(first, [...names, 'help'])
  if (wantsHelp) return { kind: 'help', command }
  const wrong = findWrongOption(command, given, behind) ?? findWrongArguments(command, behind)
  return wrong ?? { kind: 'run', command, words: wordsOf(command, behind, given) }
}

function tokensOf(words: readonly string[]) {
  const parse = (options: ReturnType<typeof all>) =>
    parseArgs({ args: [...words], strict: false, allowPositionals: true, tokens: true, options }).tokens
  const rough = parse(all(commands))
  const [first] = joined(rough.flatMap(token => (token.kind === 'positional' ? [token.value] : [])))
  const command = findCommand(first ?? '')
  // One letter may stand for another option of each command.
  const shorts = command ? Object.values(command.options).flatMap(({ short }) => short ?? []) : []
  const others = Object.entries(all(commands)).map(([name, option]) =>
    shorts.includes(option.short ?? '') ? [name, { type: option.type }] : [name, option],
  )
  return command ? parse({ ...Object.fromEntries(others), ...all([command]) }) : rough
}

/** Which options take a value must be known before it is known of which command they are. */
const all = (
  of: readonly Command[],
): Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }> =>
  Object.fromEntries([
    ...of
      .flatMap(({ options }) => Object.entries(options))
      .map(([name, { takesValue, short }]) => [
        name,
        { type: takesValue ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
      ]),
    ['help', { type: 'boolean' as const, short: 'h' }],
    ['version', { type: 'boolean' as const, short: 'V' }],
  ])

function findWrongOption(command: Command, given: readonly Given[], behind: readonly string[]): Asked | null {
  const { name: of, options } = command
  const known = [...Object.keys(options), 'help'].map(name => `--${name}`)
  for (const { name, rawName, value } of given) {
    const option: Option | undefined = options[name]
    if (!option) {
      if (/^(.*\/)?(auto)?ssh$/.test(behind[0] ?? '') && command.takes.some(({ name }) => name === 'COMMAND'))
        return mistake(command, `${of} has no option ${rawName}`, `the command goes in quotes: ${command.example}`)
      const others = known.length > 1 ? `it knows ${known.join(', ')}` : 'it has no options'
      return mistake(command, `${of} has no option ${rawName}`, suggest(rawName, known) ?? others)
    }
    if (option.takesValue && !value) return mistake(command, `${rawName} wants a value`, `as in ${option.usage}`)
    if (!option.takesValue && value !== undefined) return mistake(command, `${rawName} takes no value`)
  }
  return null
}

function findWrongArguments(command: Command, behind: readonly string[]): Asked | null {
  const { name: of, takes, example } = command
  const [last, needed] = [takes.at(-1), takes.filter(({ optional }) => !optional)]
  if (behind.length < needed.length) {
    const wanted = needed.map(({ name }) => argumentNames[name]).join(' and ')
    return mistake(command, `${of} wants ${wanted}`, `for example: ${example}`)
  }
  if (last?.many || behind.length <= takes.length) return null
  if (!last) return mistake(command, `${of} takes nothing behind it`)
  const many = behind.slice(takes.length - 1)
  const what = argumentNames[last.name].replace(/^an? /, 'one ')
  return mistake(command, `${of} takes ${what}, not ${many.length}`, `a run for each: ${many.join(', ')}`)
}

function wordsOf({ takes }: Command, behind: readonly string[], given: readonly Given[]): Words {
  const argumentsOf = (name: Argument['name']) => {
    const at = takes.findIndex(one => one.name === name)
    return at < 0 ? [] : behind.slice(at, takes[at]?.many ? undefined : at + 1)
  }
  const valuesOf = (option: string) => given.flatMap(({ name, value }) => (name === option && value ? [value] : []))
  return {
    argumentsOf,
    argument: name => argumentsOf(name)[0] ?? '',
    has: option => given.some(({ name }) => name === option),
    valuesOf,
    valueOf: option => valuesOf(option).at(-1),
  }
}

/** A command may be of two words. */
const joined = ([first, second, ...rest]: readonly string[]): string[] => {
  const both = `${first} ${second}`
  return findCommand(both) ? [both, ...rest] : [first, second, ...rest].flatMap(word => word ?? [])
}

function askHelp(topic: string | undefined): Asked {
  if (topic === undefined) return { kind: 'help', command: null }
  const command = findCommand(topic) ?? beginningWith(topic)[0]
  return command ? { kind: 'help', command } : unknownCommand(topic, names)
}

/** Commands of two words that begin with this one. */
const beginningWith = (word: string): Command[] =>
  commands.filter(({ name, hidden }) => !hidden && name.startsWith(`${word} `))

function unknownCommand(word: string, known: readonly string[]): Asked {
  const [longer] = beginningWith(word)
  const hint = longer ? `did you mean ${longer.name}?` : suggest(word, known)
  return mistake(null, `there is no command ${word}`, hint ?? `there are ${known.join(', ')}`)
}

/** Without any command; an option may be one that no command has. */
function sayWhat(given: Given | undefined): Asked {
  const isKnown = given === undefined || Object.hasOwn(all(commands), given.name)
  return isKnown
    ? mistake(null, 'say what to do')
    : mistake(null, `there is no option ${given.rawName}`, 'say what to do')
}

const mistake = (command: Command | null, what: string, hint?: string): Asked => ({
  kind: 'mistake',
  command,
  message: hint ? `${what}; ${hint}` : what,
})

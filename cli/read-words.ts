// The words of the command line as what is asked for, or a mistake with what was probably meant.
import { parseArgs } from 'node:util'
import type { Host } from '../schemas/types'
import { suggest } from '../spec/did-you-mean'
import { type Command, type CommandName, commands, type Option, type OptionName, options } from './commands'
import { readLogin } from './read-login'

export type Asked =
  | { readonly kind: 'help'; readonly command: CommandName | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'mistake'; readonly message: string; readonly command: CommandName | null }
  | {
      readonly kind: 'run'
      readonly command: CommandName
      /** Of the command that is about one of the spec's. */
      readonly host: string | undefined
      readonly specs: readonly string[]
      readonly flags: ReadonlySet<OptionName>
      readonly only: readonly string[]
      readonly hosts: readonly Host[]
      readonly dir: string | undefined
    }

const names = Object.keys(commands) as CommandName[]
const isCommand = (word: string | undefined): word is CommandName => names.some(name => name === word)

export function readWords(words: readonly string[]): Asked {
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries<Option>(options).map(([name, { takesValue }]) => [
          name,
          { type: takesValue ? ('string' as const) : ('boolean' as const) },
        ]),
      ),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  })
  const [first, ...behind] = joined(tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : [])))
  const given = tokens.filter(token => token.kind === 'option')
  if (given.some(({ name }) => name === 'version')) return { kind: 'version' }
  const wantsHelp = given.some(({ name }) => name === 'help')
  if (first === 'help' || (first === undefined && wantsHelp)) return askHelp(joined(behind)[0])
  if (first === undefined) return { kind: 'mistake', command: null, message: 'say what to do' }
  if (!isCommand(first)) return unknownCommand(first, [...names, 'help'])
  if (wantsHelp) return { kind: 'help', command: first }

  const command: Command = commands[first]
  const host = command.host ? behind[0] : undefined
  const rest = command.host ? behind.slice(1) : behind
  const valuesOf = (option: OptionName) =>
    given.flatMap(({ name, value }) => (name === option && typeof value === 'string' ? [value] : []))
  for (const { name, rawName, value } of given) {
    const option = (options as Readonly<Record<string, Option>>)[name]
    const known = command.options.map(one => `--${one}`)
    if (!option || !known.includes(`--${name}`)) {
      const others = known.length > 0 ? `it knows ${[...known, '--help'].join(', ')}` : 'it has no options'
      return mistake(first, `${first} has no option ${rawName}`, suggest(rawName, [...known, '--help']) ?? others)
    }
    if (option.takesValue && !value) return mistake(first, `${rawName} wants a value`, `as in ${option.usage}`)
    if (!option.takesValue && value !== undefined) return mistake(first, `${rawName} takes no value`)
  }
  if (command.specs === 'none' && rest.length > 0) return mistake(first, `${first} takes no spec file`)
  const [spec, ...others] = rest
  if (spec === undefined && command.specs !== 'none')
    return mistake(
      first,
      `${first} wants ${command.host ? 'a host and ' : ''}a spec file`,
      `for example: ${command.example}`,
    )
  if (command.specs === 'one' && others.length > 0) {
    return mistake(first, `${first} takes one spec file, not ${rest.length}`, `a run for each: ${rest.join(', ')}`)
  }
  const logins = valuesOf('host').map(text => [text, readLogin(text)] as const)
  const wrong = logins.find(([, host]) => host === null)
  if (wrong) return mistake(first, `--host ${wrong[0]} is no login`, 'as in --host root@203.0.113.20:22')
  return {
    kind: 'run',
    command: first,
    host,
    specs: rest,
    flags: new Set(given.map(({ name }) => name as OptionName)),
    only: valuesOf('only'),
    hosts: logins.flatMap(([, host]) => host ?? []),
    dir: valuesOf('dir').at(-1),
  }
}

/** A command may be of two words. */
const joined = ([first, second, ...rest]: readonly string[]): string[] => {
  const both = `${first} ${second}`
  return isCommand(both) ? [both, ...rest] : [first, second, ...rest].flatMap(word => word ?? [])
}

function askHelp(topic: string | undefined): Asked {
  if (topic === undefined) return { kind: 'help', command: null }
  return isCommand(topic) ? { kind: 'help', command: topic } : unknownCommand(topic, names)
}

const unknownCommand = (word: string, all: readonly string[]): Asked =>
  mistake(null, `there is no command ${word}`, suggest(word, all) ?? `there are ${all.join(', ')}`)

const mistake = (command: CommandName | null, what: string, hint?: string): Asked => ({
  kind: 'mistake',
  command,
  message: hint ? `${what}; ${hint}` : what,
})

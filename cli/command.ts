// What a command is: the words that it takes, the texts from which its help, completion and manual page are made, and what it does.

export interface Command {
  /** One word or two. */
  readonly name: string
  /** What stands behind the name, in this order. */
  readonly takes: readonly Argument[]
  /** One line. */
  readonly says: string
  readonly example: string
  /** Further paragraphs of its own help. */
  readonly more: string
  readonly options: Readonly<Record<string, Option>>
  /** Not in the help: what others start. */
  readonly hidden?: true
  /** Resolves to the exit status. @throws WrongWords */
  run(words: Words): Promise<number> | number
}

export interface Argument {
  /** As the help shows it. */
  readonly name: ArgumentName
  readonly optional?: true
  readonly many?: true
  /** All that it may be. */
  readonly values?: readonly string[]
}

/** Each kind of argument, as a sentence names it. */
export const argumentNames = {
  SPEC: 'a spec file',
  HOST: 'a host',
  TUNNEL: 'a tunnel',
  SHELL: 'a shell',
  INDEX: 'which word',
  WORD: 'a word',
  COMMAND: 'a command line',
  DESTINATION: 'a destination',
  NAME: 'a name',
} as const

export type ArgumentName = keyof typeof argumentNames

export interface Option {
  /** With its value, as the help shows it: `--only NAME`. */
  readonly usage: string
  readonly says: string
  readonly takesValue?: boolean
  /** All that the value may be. */
  readonly values?: readonly string[]
  /** One letter. */
  readonly short?: string
}

/** What was given. */
export interface Words {
  argumentsOf(name: ArgumentName): readonly string[]
  /** The first of that name, '' when an optional one was left out. */
  argument(name: ArgumentName): string
  has(option: string): boolean
  /** Of an option that may be given more than once. */
  valuesOf(option: string): readonly string[]
  /** The last one counts. */
  valueOf(option: string): string | undefined
}

/** What was given makes no sense; the message says why, and what would. */
export class WrongWords extends Error {}

/** As its help shows it: `plan SPEC`, `doctor SPEC [TUNNEL...]`. */
export const usageOf = ({ name, takes }: Pick<Command, 'name' | 'takes'>): string =>
  [name, ...takes.map(show)].join(' ')

function show({ name, optional, many }: Argument): string {
  const word = many ? `${name}...` : name
  return optional ? `[${word}]` : word
}

// `sh -c 'ssh ...'`: the command that stands within a word of another.
import type { Problem } from '../problem'
import { userOfShell } from './runners'
import { readWords, type Word } from './shell-words'
import { problemAt, type Source } from './source'

export interface Unwrapped {
  readonly words: readonly Word[]
  readonly problems: readonly Problem[]
  /** Whether a shell has read them, which puts in what a unit does not. */
  readonly isInner: boolean
  /** As whom that shell runs them, where the line says so. */
  readonly runBy: string | null
}

const shells = /(^|\/)((ba|da|z|k)?sh|su|runuser|flock)$/

/** The words of the inner line, which stand at the place of the whole where its text is not literally in the source. */
export function unwrap(
  source: Source,
  words: readonly Word[],
  variables: Readonly<Record<string, string>> = {},
): Unwrapped {
  const at = words.findIndex(({ text }) => shells.test(text))
  const dash = at < 0 ? -1 : words.findIndex(({ text }, index) => index > at && /^-\w*c$/.test(text))
  const inner = dash < 0 ? undefined : words[dash + 1]
  if (!inner) return { words, problems: [], isInner: false, runBy: null }
  const { start, end } = inner.place
  const isLiteral = source.text.slice(start + 1, end - 1) === inner.text
  const own = isLiteral ? source : { name: source.name, text: inner.text }
  const span = isLiteral ? { start: start + 1, end: end - 1 } : { start: 0, end: inner.text.length }
  const { commands, problems } = readWords(own, { ...span, variables })
  const found = commands.find(isOfSsh)
  if (!found) return { words, problems: [], isInner: false, runBy: null }
  return {
    words: isLiteral ? found : found.map(({ text }) => ({ text, place: inner.place })),
    problems: isLiteral
      ? problems
      : problems.map(({ code, message, hint }) =>
          problemAt(inner.place, { code, message, ...(hint === undefined ? {} : { hint }) }),
        ),
    isInner: true,
    runBy: userOfShell(words, at),
  }
}

const isOfSsh = (words: readonly Word[]) => words.some(({ text }) => /(^|\/)(auto)?ssh$/.test(text))

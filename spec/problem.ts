// A problem: a mistake in the file, as a value with its place; and how problems are shown, each under its line.
import { plain } from '../schemas/plain'

export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number
  /** How much of the line is wrong; at least 1. */
  readonly length: number
  /** What kind of mistake, in kebab-case. */
  readonly code: string
  readonly message: string
  /** What to do, or why it is a mistake. */
  readonly hint?: string
}

/** A file with more of them is something else, or made by a program that is wrong; to explain each takes a while. */
export const mostMistakes = 1000

/** Stands before the first problems of a file that has more. */
export const tooMany = (file: string): Problem => ({
  file,
  line: 1,
  column: 1,
  length: 1,
  code: 'too-many',
  message: `more than ${mostMistakes} mistakes: no more were looked for`,
  hint: 'mend these first',
})

/** On one screen nobody reads more of them. */
const mostShown = 50

export function formatProblems(problems: readonly Problem[], source: string): string {
  const [first] = problems
  if (!first) return ''
  const lines = source.replace(/^\uFEFF/, '').split('\n')
  const shown = problems.slice(0, mostShown)
  const more = problems.length - shown.length
  const count =
    first.code === 'too-many'
      ? `more than ${problems.length - 1} problems`
      : problems.length === 1
        ? '1 problem'
        : `${problems.length} problems`
  return [
    ...shown.flatMap(problem => formatProblem(problem, lines[problem.line - 1] ?? '')),
    ...(more > 0 ? [`... and ${more} more`] : []),
    `${count} in ${first.file}; nothing was changed.`,
  ].join('\n')
}

function formatProblem(problem: Problem, line: string): string[] {
  const { text, start, length } = cutWindow(line.replace(/\r$/, ''), problem.column - 1, problem.length)
  const caret = ' '.repeat(widthOf(text.slice(0, start))) + '^'.repeat(widthOf(text.slice(start, start + length)) || 1)
  return [
    `${problem.file}:${problem.line}:${problem.column}  ${toPlain(problem.message)}`,
    `${String(problem.line).padStart(5)} | ${text}`.trimEnd(),
    `      | ${caret} ${toPlain(problem.hint ?? '')}`.trimEnd(),
  ]
}

const widest = 110

/** The part of a long line that holds the mistake. */
function cutWindow(line: string, start: number, length: number) {
  // Which changes no place in it.
  if (line.length <= widest) return { text: toPlain(line), start, length }
  const from = Math.max(0, Math.min(start - 40, line.length - widest))
  const to = from + widest
  const [before, after] = [from > 0 ? '…' : '', to < line.length ? '…' : '']
  const text = before + toPlain(line.slice(from, to)) + after
  return { text, start: start - from + before.length, length: Math.min(length, to - start) }
}

/** One line of text without control characters: a file must not be able to steer the terminal. */
function toPlain(text: string): string {
  return plain(text.replace(/\s/gu, ' '))
}

/**
 * Columns on a terminal, so that the caret stands under the mistake. The library is loaded when there is one: the
 * Intl.Segmenter that it makes as it loads takes 20 ms, which every start would pay.
 */
function widthOf(text: string): number {
  const { default: stringWidth } = require('string-width') as typeof import('string-width')
  return stringWidth(text)
}

// A text that somebody wrote by hand, and a place in it as a problem shows it.
import type { Problem } from '../problem'

export interface Source {
  /** As messages call it: a file's name, or "the command". */
  readonly name: string
  readonly text: string
}

/** Offsets into the source's text, the end behind the last character. */
export interface Place {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export interface Said {
  /** What kind of mistake, in kebab-case. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

export function problemAt(place: Place, said: Said): Problem {
  const { source, start, end } = place
  const at = Math.min(start, source.text.length)
  const length = Math.max(1, /^[^\r\n]*/.exec(source.text.slice(at, end))?.[0].length ?? 0)
  return { file: source.name, ...lineOf(place), length, ...said }
}

/** Both from 1. */
export function lineOf({ source, start }: Place): { readonly line: number; readonly column: number } {
  const before = source.text.slice(0, start)
  return { line: before.split('\n').length, column: start - before.lastIndexOf('\n') }
}

/** A part of a place; the whole place where its text is not literally what was read, as behind quotes. */
export function within(place: Place, read: string, start: number, length: number): Place {
  const isLiteral = place.source.text.slice(place.start, place.end) === read
  return isLiteral ? { ...place, start: place.start + start, end: place.start + start + length } : place
}

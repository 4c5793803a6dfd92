// YAML text -> value, mistakes of the YAML itself, and where each path of the value stands in the text.
import type { YAMLError } from 'yaml'
import { compose } from './compose'
import { findRange } from './find-range'
import { first } from './first'
import type { Flaw } from './flaw'
import { mostMistakes, type Problem } from './problem'
import {
  findCollectionKeys,
  findDuplicates,
  findEmptyEngine,
  findLooseAliases,
  findNumberModes,
  findTabs,
  mayFollow,
  type Range,
  sayTooDeep,
  sayUnreadable,
  sayYamlError,
  tabCode,
  type YamlProblem,
} from './yaml-problems'

export interface Loaded {
  /** Null where the text is no YAML. */
  readonly value: unknown
  readonly problems: Problem[]
  /** Whether the value is what the author wrote, so that checking it further makes sense. */
  readonly readable: boolean
  /** A flaw of the value as a problem with its place in the text. */
  readonly place: (flaw: Flaw) => Problem
}

/** Characters. A tunnel takes about 200. */
const longest = 1_000_000

export function loadYaml(source: string, file: string): Loaded {
  const text = source.replace(/^\uFEFF/, '')
  const unfit = findUnfit(text)
  if (unfit) {
    const problem = { file, line: 1, column: 1, length: 1, code: 'unfit', ...unfit }
    return { value: null, readable: false, problems: [problem], place: () => problem }
  }
  const lineOf = makeLineOf(text)
  const toProblem = ({ range, ...problem }: YamlProblem): Problem => ({
    file,
    ...findPlace(text, range, lineOf),
    ...problem,
  })
  const { document, value, broken, odd } = read(text, lineOf)
  return {
    value,
    readable: broken.length === 0,
    problems: first(mostMistakes + 1, [...broken, ...odd]).map(toProblem),
    place({ path, at = 'value', text: part = '', code, message, hint, beside }) {
      const range = document ? narrow(text, findRange(document, path, at), part) : ([0, 1] as const)
      const other = document && beside ? ` (line ${lineOf(findRange(document, beside, at)[0])})` : ''
      return toProblem({ range, code, message, hint: hint && hint + other })
    },
  }
}

/** What no parser need see. */
function findUnfit(text: string): Pick<Problem, 'message' | 'hint'> | null {
  if (text.length > longest) {
    const hint = 'divide it into several files, or leave out what is no spec'
    return { message: `the file has ${text.length} characters; a spec has at most ${longest}`, hint }
  }
  return text.includes('\0') ? { message: 'the file is no text', hint: 'a spec is YAML' } : null
}

type LineOf = (offset: number) => number

function read(text: string, lineOf: LineOf) {
  try {
    const { document, errors: found, tooDeepAt } = compose(text)
    const errors = sayYamlErrors(found, text, lineOf)
    if (tooDeepAt !== null) {
      // It may be deep because of what is wrong above it. What is wrong behind it may come from the cut.
      const before = errors.filter(({ range }) => lineOf(range[0]) < lineOf(tooDeepAt))
      return { document, broken: before.length > 0 ? before : [sayTooDeep(tooDeepAt)], odd: [], value: null }
    }
    if (!document) return { document, broken: errors, odd: [], value: null }
    const broken = [...errors, ...findLooseAliases(document), ...findCollectionKeys(document)]
    const isShifted = errors.some(({ code }) => code === tabCode)
    const odd = isShifted
      ? []
      : [...findDuplicates(document, lineOf), ...findEmptyEngine(document), ...findNumberModes(document)]
    return { document, broken, odd, value: broken.length > 0 ? null : document.toJS({ maxAliasCount: 1000 }) }
  } catch (error) {
    return { document: null, broken: [sayUnreadable(error)], odd: [], value: null }
  }
}

/**
 * One error a line: those after it mostly follow from it. Where a tab indents, all others may follow from it; where a line is indented
 * wrongly, the same of the lines right under it.
 */
function sayYamlErrors(errors: readonly YAMLError[], text: string, lineOf: LineOf): YamlProblem[] {
  const tabs = findTabs(text, lineOf)
  if (tabs && errors.some(({ code }) => code === 'TAB_AS_INDENT')) return [tabs]
  const seen = new Map<number, string>()
  return errors.flatMap(error => {
    const line = lineOf(error.pos[0])
    if (seen.has(line)) return []
    seen.set(line, error.code)
    return seen.get(line - 1) === error.code && mayFollow(error, text) ? [] : [sayYamlError(error, text)]
  })
}

/** The range of `part` inside of a range, where it stands there literally. */
function narrow(text: string, [start, end]: Range, part: string): Range {
  const index = part === '' ? -1 : text.slice(start, end).lastIndexOf(part)
  return index < 0 ? [start, end] : [start + index, start + index + part.length]
}

/** A range as line, column and length, on one line and on text that exists. */
function findPlace(text: string, [start, end]: Range, lineOf: LineOf): Pick<Problem, 'line' | 'column' | 'length'> {
  const offset = text.slice(start).trim() === '' ? text.trimEnd().length : start
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  const length = Math.max(1, text.slice(offset, end).match(/^[^\r\n]*/)?.[0].length ?? 0)
  return { line: lineOf(offset), column: offset - lineStart + 1, length }
}

/** yaml's own LineCounter misses line ends after some errors (2.9.1). */
function makeLineOf(text: string): LineOf {
  const ends: number[] = []
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at)
  return offset => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

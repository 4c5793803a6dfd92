// Mistakes of the YAML itself, in plain words.
import { type Document, isCollection, isMap, isNode, isScalar, visit, type YAMLError } from 'yaml'
import { keyOf } from './find-range'
import type { Problem } from './problem'

export type Range = readonly [number, number]

/** A mistake of the YAML at a range of the text. */
export interface YamlProblem extends Pick<Problem, 'code' | 'message' | 'hint'> {
  readonly range: Range
}

const words: Partial<Record<YAMLError['code'], readonly [message: string, hint?: string]>> = {
  MULTIPLE_DOCS: ['the file holds more than one YAML document', 'leave out the second ---'],
  BLOCK_AS_IMPLICIT_KEY: ['a key cannot start here', 'check the indentation, and put a value with ": " in quotes'],
  BAD_INDENT: ['this line is indented otherwise than those above it', 'keys that belong together start at one column'],
  MULTILINE_IMPLICIT_KEY: ['this line has no "key: value"', 'check the colon, the space after it, and the indentation'],
  TAG_RESOLVE_FAILED: ['this tag means nothing here', 'put a value that starts with ! in quotes'],
  BAD_SCALAR_START: ['a value cannot start with this character', 'put the value in quotes'],
}

function lineAt(offset: number, text: string): { line: string; lineStart: number } {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
  return { line: text.slice(lineStart).match(/^[^\r\n]*/)?.[0] ?? '', lineStart }
}

/** Whether it may come from the same error of the line above: a line with one `key: value` is right by itself. */
export function mayFollow({ code, pos: [start] }: YAMLError, text: string): boolean {
  if (code !== 'BLOCK_AS_IMPLICIT_KEY' && code !== 'BAD_INDENT') return false
  return lineAt(start, text).line.split(/:(?:\s|$)/).length <= 2
}

export function sayYamlError(error: YAMLError, text: string): YamlProblem {
  const [start, end] = error.pos
  const { line, lineStart } = lineAt(start, text)
  const code = `yaml-${error.code.toLowerCase().replaceAll('_', '-')}`
  // [2001:db8::1]:22 without quotes is a YAML list with something behind it.
  const endpoint = /\[[0-9A-Fa-f:.]+\][:/]\d+/.exec(line)
  if (endpoint) {
    const at = lineStart + endpoint.index
    const hint = `write "${endpoint[0]}"`
    return { range: [at, at + endpoint[0].length], code, message: 'IPv6 in brackets needs quotes', hint }
  }
  const [message, hint] = words[error.code] ?? [`this is not YAML: ${error.message}`]
  return { range: [start, Math.max(end, start + 1)], code, message, hint }
}

const deepCode = 'yaml-too-deep'

export const sayTooDeep = (at: number): YamlProblem => ({
  range: [at, at + 1],
  code: deepCode,
  message: 'this is nested too deeply',
})

/** It refuses aliases of aliases that would grow without measure (ReferenceError). */
export function sayUnreadable(error: unknown): YamlProblem {
  const hint = error instanceof Error ? error.message : String(error)
  return { range: [0, 1], code: deepCode, message: 'the file cannot be read as YAML', hint }
}

export const tabCode = 'yaml-tab-as-indent'

/** The first tab that indents a line; the others in its hint. */
export function findTabs(text: string, lineOf: (offset: number) => number): YamlProblem | null {
  const found = [...text.matchAll(/^ *(\t+)[^\s#]/gm)].map(({ index, 0: start, 1: tabs = '' }) => {
    const at = index + start.indexOf('\t')
    return [at, at + tabs.length] as const
  })
  const [first, ...others] = found
  if (!first) return null
  const lines = others.slice(0, 8).map(([at]) => lineOf(at))
  const more = others.length > lines.length ? ', ...' : ''
  const also = lines.length > 0 ? `, also on line${lines.length === 1 ? '' : 's'} ${lines.join(', ')}${more}` : ''
  return {
    range: first,
    code: tabCode,
    message: 'YAML does not indent with tabs',
    hint: `indent with spaces${also}`,
  }
}

export function findDuplicates(document: Document, lineOf: (offset: number) => number): YamlProblem[] {
  const problems: YamlProblem[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Map<string, number>()
      for (const pair of map.items) {
        if (!isNode(pair.key) || !pair.key.range || isCollection(pair.key)) continue
        const name = keyOf(pair)
        const [start, end] = pair.key.range
        const first = seen.get(name)
        if (first === undefined) seen.set(name, start)
        else {
          const hint = `the first one is on line ${lineOf(first)}`
          problems.push({
            range: [start, end],
            code: 'duplicate-key',
            message: `${name || 'an empty key'} is here twice`,
            hint,
          })
        }
      }
    },
  })
  return problems
}

/** `? [a, b]`: the library would write out what stands in it, again for each level. */
export function findCollectionKeys(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = []
  visit(document, {
    Pair(_, { key }) {
      if (!isCollection(key)) return
      const [start, end] = key.range ?? [0, 1]
      const hint = 'put text that starts with a bracket, a brace or a question mark in quotes'
      problems.push({ range: [start, end], code: 'yaml-collection-key', message: 'a key must be text', hint })
      return visit.SKIP
    },
  })
  return problems
}

/** `engine:` with nothing behind it is null in YAML, as `engine: null` is; only the second one chooses that engine. */
export function findEmptyEngine(document: Document): YamlProblem[] {
  if (!isMap(document.contents)) return []
  const pair = document.contents.items.find(({ key }) => isScalar(key) && key.value === 'engine')
  if (!pair || !isScalar(pair.key) || !pair.key.range) return []
  const isWritten = pair.value !== null && !(isScalar(pair.value) && pair.value.source === '')
  if (isWritten) return []
  const [start, end] = pair.key.range
  const hint = 'write engine: provider or engine: null, or leave it out'
  return [{ range: [start, end], code: 'empty', message: 'engine must not be empty', hint }]
}

/** A number stands for the digits of a mode, whatever YAML counts by: of 0o600 or 0x180 those that it becomes would be another mode. */
export function findNumberModes(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = []
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== 'socketMode' || !isScalar(value) || typeof value.value !== 'number') return
      const { source = '', range } = value
      if (/^0?[0-7]{3}$/.test(source)) return
      const message = `${source} is no mode of three octal digits`
      const hint = "write it as for chmod: '0600', '0660' or '0666'"
      problems.push({ range: [range?.[0] ?? 0, range?.[1] ?? 1], code: 'socket-mode', message, hint })
    },
  })
  return problems
}

/** *name without an &name before it: mostly a listen of *:PORT without quotes. */
export function findLooseAliases(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = []
  const anchors = new Set<string>()
  visit(document, {
    Node(_, node) {
      if ('anchor' in node && node.anchor) anchors.add(node.anchor)
    },
    Alias(_, { source, range }) {
      if (anchors.has(source)) return
      const hint = `put it in quotes ("*${source}"), or define &${source} before it`
      const message = `YAML reads *${source} as an alias, and there is no &${source}`
      problems.push({ range: [range?.[0] ?? 0, range?.[1] ?? 1], code: 'yaml-alias', message, hint })
    },
  })
  return problems
}

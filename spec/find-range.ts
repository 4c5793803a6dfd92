// Where a path of the value stands in the YAML, through aliases and merge keys.
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { Path } from './flaw'

type Range = readonly [number, number]

/** The range of the value (or of its key) at `path`; of the nearest key above it where the path does not exist. */
export function findRange(document: Document, path: Path, at: 'key' | 'value'): Range {
  let node = resolve(document, document.contents)
  let key: Range = [0, 1]
  for (const step of path) {
    const pair = isMap(node) ? findPair(document, node, String(step), 0) : null
    const item = isSeq(node) ? node.items[Number(step)] : pair?.value
    if (!pair && item === undefined) return (isScalar(node) ? rangeOf(node) : null) ?? key
    const value = resolve(document, item)
    key = rangeOf(pair ? pair.key : item) ?? key
    node = value
  }
  if (at === 'key' || path.length === 0 || !isScalar(node)) return key
  return rangeOf(node) ?? key
}

function resolve(document: Document, node: unknown): Node | null {
  const target = isAlias(node) ? node.resolve(document) : node
  return isNode(target) ? target : null
}

/** The last pair of that key, as duplicates are read; or the one that a merge key brings in. */
function findPair(document: Document, node: Node, key: string, depth: number): Pair | null {
  if (!isMap(node) || depth > 20) return null
  const { last, merges } = indexOf(node)
  const own = last.get(key)
  if (own) return own
  for (const merge of merges) {
    const source = resolve(document, merge.value)
    for (const part of isSeq(source) ? source.items : [source]) {
      const target = resolve(document, part)
      const found = target ? findPair(document, target, key, depth + 1) : null
      if (found) return found
    }
  }
  return null
}

interface Index {
  readonly last: ReadonlyMap<string, Pair>
  readonly merges: readonly Pair[]
}

const indices = new WeakMap<YAMLMap, Index>()

function indexOf(node: YAMLMap): Index {
  const there = indices.get(node)
  if (there) return there
  const pairs = node.items.map(pair => [keyOf(pair), pair] as const)
  const made = { last: new Map(pairs), merges: pairs.flatMap(([key, pair]) => (key === '<<' ? [pair] : [])) }
  indices.set(node, made)
  return made
}

/** Empty for a list or a mapping, which no key of a spec is. */
export function keyOf({ key }: Pair): string {
  if (isCollection(key)) return ''
  const name = isScalar(key) ? key.value : key
  // yaml reads a merge key as a symbol.
  return typeof name === 'symbol' ? (name.description ?? '') : String(name ?? '')
}

/** Null for nodes without text, as an empty value. */
function rangeOf(node: unknown): Range | null {
  if (!isNode(node) || !node.range || node.range[0] === node.range[1]) return null
  return [node.range[0], node.range[1]]
}

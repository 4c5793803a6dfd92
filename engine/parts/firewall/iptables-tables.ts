// What iptables-save prints, in the items of nft's JSON: tables of iptables are judged and changed by its own words. Pure.
import { translateRule } from './iptables-rule'
import { isObject, type Json, text } from './ruleset'

/** Whose rules: iptables keeps them in nftables, or beside it. */
export type Backend = 'nft' | 'legacy'

export interface Saved {
  readonly backend: Backend
  readonly family: 'ip' | 'ip6'
  /** `iptables-save`, or `ip6tables-save`. */
  readonly text: string
}

/** Where the kernel asks a table's own chains, with iptables' priorities. */
const hooks: Readonly<Record<string, Readonly<Record<string, readonly [type: string, prio: number]>>>> = {
  raw: { PREROUTING: ['filter', -300], OUTPUT: ['filter', -300] },
  mangle: {
    PREROUTING: ['filter', -150],
    INPUT: ['filter', -150],
    FORWARD: ['filter', -150],
    OUTPUT: ['route', -150],
    POSTROUTING: ['filter', -150],
  },
  nat: { PREROUTING: ['nat', -100], INPUT: ['nat', 100], OUTPUT: ['nat', -100], POSTROUTING: ['nat', 100] },
  filter: { INPUT: ['filter', 0], FORWARD: ['filter', 0], OUTPUT: ['filter', 0] },
  security: { INPUT: ['filter', 50], FORWARD: ['filter', 50], OUTPUT: ['filter', 50] },
}

interface Line {
  readonly table: string
  readonly chain: string
  readonly line: string
}

interface Read {
  /** With their policies; null for chains of users. */
  readonly chains: readonly { readonly table: string; readonly name: string; readonly policy: string | null }[]
  readonly rules: readonly Line[]
}

function readLines(saved: string): Read {
  const chains: Read['chains'][number][] = []
  const rules: Line[] = []
  let table = ''
  for (const line of saved.split('\n')) {
    table = /^\*(\S+)/.exec(line)?.[1] ?? table
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (name !== undefined) chains.push({ table, name, policy: policy === '-' ? null : (policy ?? null) })
    const [, chain] = /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(line) ?? []
    if (chain !== undefined) rules.push({ table, chain, line: line.replace(/^\[\d+:\d+\] /, '') })
  }
  return { chains, rules }
}

/** The items of one saved text: chains with their hooks, then their rules. */
export function itemsOf({ backend, family, text: saved }: Saved): Json[] {
  const { chains, rules } = readLines(saved)
  const by = backend === 'legacy' ? { by: 'iptables-legacy' } : {}
  const known = new Set(chains.map(({ table, name }) => `${table} ${name}`))
  return [
    ...chains.map(({ table, name, policy }) => {
      const [type, prio] = hooks[table]?.[name] ?? []
      const base = type === undefined ? {} : { type, prio, hook: name.toLowerCase(), policy: policy?.toLowerCase() }
      return { chain: { family, table, name, ...by, ...base } }
    }),
    ...rules.map(({ table, chain, line }) => {
      const { expr, comment } = translateRule(line, family, name => known.has(`${table} ${name}`))
      return { rule: { family, table, chain, ...by, line, comment, expr } }
    }),
  ]
}

const isOpaque = (rule: Json): boolean =>
  Array.isArray(rule.expr) && rule.expr.some(part => isObject(part) && 'xt' in part)

/**
 * The items of nft's JSON with what iptables says of its own. A rule that nft shows whole is taken as nft shows it: iptables-save leaves out
 * of other programs' rules what it has no word for (tried with 1.8.9 and 1.8.11).
 */
export function withIptables(items: readonly Json[], saved: readonly Saved[]): Json[] {
  const inNft = saved.filter(({ backend }) => backend === 'nft').flatMap(itemsOf)
  const words = rulesByChain(inNft)
  const shown = rulesByChain(items)
  const inWords = (rule: Json): Json => {
    const [all = [], told = []] = [shown.get(keyOf(rule)), words.get(keyOf(rule))]
    const one = all.length === told.length ? told[all.indexOf(rule)] : undefined
    return one ? { ...rule, line: one.line, comment: one.comment, ...(isOpaque(rule) ? { expr: one.expr } : {}) } : rule
  }
  const legacy = saved.filter(({ backend }) => backend === 'legacy').flatMap(itemsOf)
  return [...items.map(item => (isObject(item.rule) ? { rule: inWords(item.rule) } : item)), ...legacy]
}

const keyOf = ({ family, table, chain }: Json) => `${text(family)} ${text(table)} ${text(chain)}`

function rulesByChain(items: readonly Json[]): ReadonlyMap<string, readonly Json[]> {
  const found = new Map<string, Json[]>()
  for (const rule of items.map(item => item.rule).filter(isObject)) {
    const there = found.get(keyOf(rule))
    if (there) there.push(rule)
    else found.set(keyOf(rule), [rule])
  }
  return found
}

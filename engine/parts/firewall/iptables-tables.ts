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

/** Whether a chain of nft's JSON is one of iptables': it keeps its own in tables of family ip and ip6, with names in capitals. */
export const isOfIptables = ({ family, table, name }: Json): boolean =>
  (family === 'ip' || family === 'ip6') && hooks[text(table)]?.[text(name)] !== undefined

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
function itemsOf({ backend, family, text: saved }: Saved): Json[] {
  const { chains, rules } = readLines(saved)
  const by = `iptables-${backend}`
  const known = new Set(chains.map(({ table, name }) => `${table} ${name}`))
  return [
    ...chains.map(({ table, name, policy }) => {
      const [type, prio] = hooks[table]?.[name] ?? []
      const base = type === undefined ? {} : { type, prio, hook: name.toLowerCase(), policy: policy?.toLowerCase() }
      return { chain: { family, table, name, by, ...base } }
    }),
    ...rules.map(({ table, chain, line }) => {
      const { expr, comment } = translateRule(line, family, name => known.has(`${table} ${name}`))
      return { rule: { family, table, chain, by, line, comment, expr } }
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
  const theirs = saved.map(one => ({ ...one, items: itemsOf(one) }))
  const words = theirs.filter(({ backend }) => backend === 'nft').flatMap(one => one.items)
  const inNft = marked(items)
  const counted = new Map<string, Json[]>()
  for (const { rule } of words)
    if (isObject(rule)) counted.set(keyOf(rule), [...(counted.get(keyOf(rule)) ?? []), rule])
  const shown = new Map<string, number>()
  for (const { rule } of inNft) if (isObject(rule)) shown.set(keyOf(rule), (shown.get(keyOf(rule)) ?? 0) + 1)
  const next = new Map<string, number>()
  return [
    ...inNft.map(item => {
      const { rule } = item
      if (!isObject(rule)) return item
      const key = keyOf(rule)
      const index = next.get(key) ?? 0
      next.set(key, index + 1)
      const told = counted.get(key)
      const same = told !== undefined && told.length === shown.get(key) ? told[index] : undefined
      if (!same) return item
      return {
        rule: { ...rule, line: same.line, comment: same.comment, ...(isOpaque(rule) ? { expr: same.expr } : {}) },
      }
    }),
    ...theirs.filter(({ backend }) => backend === 'legacy').flatMap(one => one.items),
  ]
}

const keyOf = ({ family, table, chain }: Json) => `${text(family)} ${text(table)} ${text(chain)}`

/** nft's items, each with whose it is where it is iptables'. */
function marked(items: readonly Json[]): Json[] {
  const tables = new Set(
    items
      .map(({ chain }) => chain)
      .filter(isObject)
      .filter(isOfIptables)
      .map(({ family, table }) => `${text(family)} ${text(table)}`),
  )
  const isTheirs = (one: unknown) => isObject(one) && tables.has(`${text(one.family)} ${text(one.table)}`)
  return items.map(item => {
    if (isTheirs(item.chain)) return { chain: { ...(item.chain as Json), by: 'iptables-nft' } }
    return isTheirs(item.rule) ? { rule: { ...(item.rule as Json), by: 'iptables-nft' } } : item
  })
}

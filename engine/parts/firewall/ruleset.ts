// An nftables ruleset as `nft -j list ruleset` prints it, read once: chains, rules, the elements of sets, and who makes the rules.

export interface Chain {
  readonly family: string
  readonly table: string
  readonly chain: string
  /** Which program's it is: iptables has tables in nftables, and others beside it. */
  readonly by: 'nftables' | 'iptables-nft' | 'iptables-legacy'
}

export interface Rule extends Chain {
  readonly handle: number | null
  readonly comment?: string
  /** Of iptables: the rule in its own words, `-A CHAIN ...`. */
  readonly line?: string
  readonly expr: readonly Record<string, unknown>[]
  /** The one TCP port that it asks for before it does anything, so that most rules are passed over at once; null for others. */
  readonly dport: number | null
}

/** A chain that packets enter at a hook of the kernel's. */
export interface BaseChain extends Chain {
  readonly type: string
  readonly hook: string
  readonly prio: number
  readonly drops: boolean
  /** Of a chain at ingress or egress; null where nft does not tell them. */
  readonly devices: readonly string[] | null
}

export interface Ruleset {
  readonly bases: readonly BaseChain[]
  readonly rules: readonly Rule[]
  readonly rulesIn: (chain: Chain) => readonly Rule[]
  /** Of a named set or map in a rule's table; null where nobody has read them. */
  readonly elementsOf: (rule: Chain, name: string) => readonly unknown[] | null
}

export type Json = { readonly [key: string]: unknown }
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const text = (value: unknown) => (typeof value === 'string' ? value : '')

const read = new WeakMap<object, Ruleset>()

/** Reads what look/snapshot.ts has made of `nft -j list ruleset` (libnftables-json(5)); once, however many tunnels ask. */
export function readRuleset(json: unknown): Ruleset {
  if (!isObject(json)) return parseRuleset({})
  const known = read.get(json) ?? parseRuleset(json)
  read.set(json, known)
  return known
}

const parseRuleset = (json: Json): Ruleset =>
  rulesetOf(Array.isArray(json.nftables) ? json.nftables.filter(isObject) : [], json)

/** Of items of nft's JSON. */
export function rulesetOf(all: readonly Json[], json: Json = {}): Ruleset {
  const items = withMakers(all)
  const rules = items
    .map(item => item.rule)
    .filter(isObject)
    .map(rule => ({
      ...chainOf(rule, 'chain'),
      handle: typeof rule.handle === 'number' ? rule.handle : null,
      comment: text(rule.comment),
      ...(typeof rule.line === 'string' ? { line: rule.line } : {}),
      expr: Array.isArray(rule.expr) ? rule.expr.filter(isObject) : [],
    }))
    .map(rule => ({ ...rule, dport: portOf(rule.expr) }))
  const bases = items
    .map(item => item.chain)
    .filter(isObject)
    .flatMap(chain => (typeof chain.hook === 'string' ? [baseOf(chain, json)] : []))
  return { bases, ...withLookUps(rules, readElements(items)) }
}

/** iptables keeps its rules in tables of family ip and ip6, whose own chains have names in capitals. */
const theirs = /^ip6? (raw|mangle|nat|filter|security) (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/

function withMakers(items: readonly Json[]): Json[] {
  const tableOf = (one: Json) => `${text(one.family)} ${text(one.table)}`
  const tables = new Set(
    items
      .map(({ chain }) => chain)
      .filter(isObject)
      .filter(chain => theirs.test(`${tableOf(chain)} ${text(chain.name)}`))
      .map(tableOf),
  )
  return items.map(item => {
    const [kind = '', one] = Object.entries(item)[0] ?? []
    return isObject(one) && !one.by && tables.has(tableOf(one)) ? { [kind]: { ...one, by: 'iptables-nft' } } : item
  })
}

const chainOf = (item: Json, name: string): Chain => ({
  family: text(item.family),
  table: text(item.table),
  chain: text(item[name]),
  by: item.by === 'iptables-nft' || item.by === 'iptables-legacy' ? item.by : 'nftables',
})
function portOf(expr: Rule['expr']): number | null {
  for (const { match } of expr) {
    if (!isObject(match) || !isObject(match.left)) return null
    const { payload } = match.left
    if (!isObject(payload) || payload.field !== 'dport' || payload.protocol !== 'tcp') continue
    return match.op === '==' && typeof match.right === 'number' ? match.right : null
  }
  return null
}

const keyOf = ({ family, table, chain, by }: Chain) =>
  `${by === 'iptables-legacy' ? 'legacy ' : ''}${family} ${table} ${chain}`

function baseOf(chain: Json, { devices }: Json): BaseChain {
  const names = [chain.dev, ...(isObject(devices) ? [devices[keyOf(chainOf(chain, 'name'))]] : [])].flat()
  const known = names.filter(name => typeof name === 'string')
  return {
    ...chainOf(chain, 'name'),
    type: text(chain.type),
    hook: text(chain.hook),
    prio: Number(chain.prio) || 0,
    drops: chain.policy === 'drop',
    devices: known.length > 0 ? known : null,
  }
}

/** Of each set and map. One that a terse listing names alone nobody has read: it is listed again where somebody has. */
function readElements(items: readonly Json[]): ReadonlyMap<string, readonly unknown[] | null> {
  const found = new Map<string, readonly unknown[] | null>()
  for (const set of items.map(item => item.set ?? item.map).filter(isObject)) {
    const key = keyOf(chainOf(set, 'name'))
    found.set(key, Array.isArray(set.elem) ? set.elem : found.has(key) ? [] : null)
  }
  return found
}

function withLookUps(rules: readonly Rule[], elements: ReadonlyMap<string, readonly unknown[] | null>) {
  const byChain = new Map<string, Rule[]>()
  for (const rule of rules) {
    const there = byChain.get(keyOf(rule))
    if (there) there.push(rule)
    else byChain.set(keyOf(rule), [rule])
  }
  return {
    rules,
    rulesIn: (chain: Chain) => byChain.get(keyOf(chain)) ?? [],
    elementsOf: (rule: Chain, name: string) => elements.get(keyOf({ ...rule, chain: name })) ?? null,
  }
}

const withRules = (ruleset: Ruleset, rules: readonly Rule[]): Ruleset => ({
  ...ruleset,
  ...withLookUps(rules, new Map()),
  elementsOf: ruleset.elementsOf,
})

/** The same ruleset without some of its rules. */
export const without = (ruleset: Ruleset, isLeftOut: (rule: Rule) => boolean): Ruleset =>
  withRules(
    ruleset,
    ruleset.rules.filter(rule => !isLeftOut(rule)),
  )

/** With others in their places. */
export const rewrite = (ruleset: Ruleset, change: (rule: Rule) => Rule): Ruleset =>
  withRules(ruleset, ruleset.rules.map(change))

/** With more rules, each the first of its chain. */
export const withFirst = (ruleset: Ruleset, rules: readonly Rule[]): Ruleset =>
  withRules(ruleset, [...rules, ...ruleset.rules])

/** Whether one of a chain's own rules leads to a chain of such a name. */
export const leadsTo = (chain: Chain, ruleset: Ruleset, name: RegExp): boolean =>
  ruleset.rulesIn(chain).some(({ expr }) =>
    expr.some(({ jump, goto }) => {
      const to = jump ?? goto
      return isObject(to) && name.test(text(to.target))
    }),
  )

export const isIn = (rule: Chain, chain: Chain): boolean => keyOf(rule) === keyOf(chain)

// What an nftables ruleset does with connections to the host: which input chains close ports, and which rules are ours.
import { canonicalNetwork } from '../network'

export interface Chain {
  readonly family: string
  readonly table: string
  readonly chain: string
}

/** One accepting rule: to an address (or any), a TCP port, from a source (or any). */
export interface Opening {
  readonly address: string | null
  readonly port: number
  readonly source: string | null
}

export interface Rule extends Chain {
  readonly comment?: string
  readonly expr: readonly Record<string, unknown>[]
}

export interface Ruleset {
  /** Base chains at hook input that drop or reject what no rule accepted, themselves or in a chain that they always go on to. */
  readonly closing: readonly Chain[]
  readonly rules: readonly Rule[]
}

export type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown) => (typeof value === 'string' ? value : '')

const read = new WeakMap<object, Ruleset>()

/** Reads `nft -j list ruleset` (libnftables-json(5)); once, however many tunnels ask. */
export function readRuleset(json: unknown): Ruleset {
  if (!isObject(json)) return { closing: [], rules: [] }
  const known = read.get(json) ?? parseRuleset(json)
  read.set(json, known)
  return known
}

function parseRuleset(json: Json): Ruleset {
  const items = isObject(json) && Array.isArray(json.nftables) ? json.nftables.filter(isObject) : []
  const rules = items
    .map(item => item.rule)
    .filter(isObject)
    .map(rule => ({
      family: text(rule.family),
      table: text(rule.table),
      chain: text(rule.chain),
      comment: text(rule.comment),
      expr: Array.isArray(rule.expr) ? rule.expr.filter(isObject) : [],
    }))
  const closing = items
    .map(item => item.chain)
    .filter(isObject)
    .filter(chain => chain.hook === 'input' && ['inet', 'ip', 'ip6'].includes(text(chain.family)))
    .map(chain => ({
      family: text(chain.family),
      table: text(chain.table),
      chain: text(chain.name),
      drops: chain.policy === 'drop',
    }))
    .filter(chain => chain.drops || endsEverything(chain, rules))
    .map(({ family, table, chain }) => ({ family, table, chain }))
  return { closing, rules }
}

export const isIn = (rule: Chain, chain: Chain): boolean =>
  rule.family === chain.family && rule.table === chain.table && rule.chain === chain.chain

const verdicts = ['accept', 'drop', 'reject', 'return', 'jump', 'goto'] as const
type Verdict = (typeof verdicts)[number]

/** Null for a rule without one, or with a map of several. */
export const verdictOf = ({ expr }: Rule): Verdict | null =>
  verdicts.find(verdict => expr.some(part => verdict in part)) ?? null

/** The chain that a rule jumps or goes to. */
export function targetOf({ expr }: Rule): string | null {
  const part = expr.find(one => 'jump' in one || 'goto' in one)
  const to = part?.jump ?? part?.goto
  return isObject(to) ? text(to.target) : null
}

/** Parts of a rule that are no condition. A limit is one. */
const quiet: readonly string[] = ['counter', 'log', ...verdicts]
export const isQuiet = (part: Json): boolean => Object.keys(part).every(key => quiet.includes(key))

/** Whether what no condition of a rule catches is dropped or rejected in the chain, or where it always leads. */
function endsEverything(chain: Chain, rules: readonly Rule[], seen: readonly string[] = []): boolean {
  for (const rule of rules.filter(one => isIn(one, chain) && one.expr.every(isQuiet))) {
    const verdict = verdictOf(rule)
    if (verdict === 'drop' || verdict === 'reject') return true
    if (verdict === 'accept' || verdict === 'return') return false
    const target = targetOf(rule)
    // nft refuses loops; a ruleset of another form must not hang us.
    if (target === null || seen.includes(target)) continue
    if (endsEverything({ ...chain, chain: target }, rules, [...seen, target])) return true
    if (verdict === 'goto') return false
  }
  return false
}

/** The opening that a rule makes, or null when it is of another form than those that we write. */
export function openingOf(rule: Rule): Opening | null {
  const found: { address: string | null; port: number | null; source: string | null } = {
    address: null,
    port: null,
    source: null,
  }
  for (const part of rule.expr) {
    if ('accept' in part || 'counter' in part) continue
    const match = isObject(part.match) ? part.match : null
    const payload = match && isObject(match.left) && isObject(match.left.payload) ? match.left.payload : null
    if (!match || !payload || match.op !== '==') return null
    const field = text(payload.field)
    if (field === 'dport' && payload.protocol === 'tcp' && typeof match.right === 'number') found.port = match.right
    else if (field === 'daddr') found.address = networkText(match.right)
    else if (field === 'saddr') found.source = networkText(match.right)
    else return null
  }
  const accepts = rule.expr.some(part => 'accept' in part)
  return accepts && found.port !== null ? { ...found, port: found.port } : null
}

function networkText(right: unknown): string {
  if (isObject(right) && isObject(right.prefix))
    return canonicalNetwork(`${text(right.prefix.addr)}/${String(right.prefix.len)}`)
  return typeof right === 'string' ? canonicalNetwork(right) : JSON.stringify(right)
}

/** Who else owns the rules, told by the names that each manager gives its tables and chains. */
export function findManager(json: unknown): 'firewalld' | 'ufw' | 'iptables' | 'nftables' {
  const items = isObject(json) && Array.isArray(json.nftables) ? json.nftables.filter(isObject) : []
  const chains = items.map(item => item.chain).filter(isObject)
  if (chains.some(chain => chain.table === 'firewalld')) return 'firewalld'
  if (chains.some(chain => text(chain.name).startsWith('ufw-'))) return 'ufw'
  // iptables-nft keeps its rules in tables of family ip and ip6, with chains in capitals.
  if (chains.some(chain => chain.name === 'INPUT' && chain.table === 'filter' && chain.family !== 'inet'))
    return 'iptables'
  return 'nftables'
}

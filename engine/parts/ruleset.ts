// What an nftables ruleset does with connections to the host: which input chains close ports, and which rules are ours.
import { canonicalNetwork } from './network'

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

interface Rule extends Chain {
  readonly comment?: string
  readonly expr: readonly Record<string, unknown>[]
}

export interface Ruleset {
  /** Base chains at hook input that drop or reject what no rule accepted. */
  readonly closing: readonly Chain[]
  readonly rules: readonly Rule[]
}

type Json = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Reads `nft -j list ruleset` (libnftables-json(5)). */
export function readRuleset(json: unknown): Ruleset {
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
    .filter(chain => chain.drops || rules.some(rule => isIn(rule, chain) && endsEverything(rule)))
    .map(({ family, table, chain }) => ({ family, table, chain }))
  return { closing, rules }
}

export const isIn = (rule: Chain, chain: Chain): boolean =>
  rule.family === chain.family && rule.table === chain.table && rule.chain === chain.chain

/** A rule with no condition that drops or rejects. */
const endsEverything = (rule: Rule): boolean =>
  rule.expr.some(part => 'drop' in part || 'reject' in part) && !rule.expr.some(part => 'match' in part)

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

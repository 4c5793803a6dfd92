// An opening: one accepting rule of ours, as we write it and as we read it back. Pure.
import { canonicalNetwork } from '../network'
import { type Ask, describeAsk } from './ask'
import { type Chain, isObject, type Json, type Rule, text } from './ruleset'

/** To an address (or any), a TCP port, from a source (or any). */
export interface Opening {
  readonly address: string | null
  /** By which interface alone. */
  readonly device?: string
  readonly port: number
  readonly source: string | null
  /** Only for those who came to this port, and were led from it to that one. */
  readonly visited?: number
}

const isV6 = (address: string) => address.includes(':')

/** Each ask as openings that a chain of this family can hold; one a source, for sets of overlapping networks do not load. */
export function openingsFor(ask: Ask, family: string): Opening[] {
  const fits = (address: string | null) => address === null || family === 'inet' || isV6(address) === (family === 'ip6')
  return (ask.from ?? [null])
    .map(source => ({
      address: ask.address && canonicalNetwork(ask.address),
      ...(ask.device !== undefined && { device: ask.device }),
      port: ask.port,
      source: source && canonicalNetwork(source),
    }))
    .filter(opening => fits(opening.address) && fits(opening.source))
}

export const same = (a: Opening, b: Opening) =>
  a.address === b.address &&
  a.device === b.device &&
  a.port === b.port &&
  a.source === b.source &&
  a.visited === b.visited

export const describe = (opening: Opening) =>
  describeAsk({ ...opening, from: opening.source === null ? null : [opening.source] })

/** What it asks for, in nft's words. */
export function ruleWords({ address, device, source, port, visited }: Opening): string {
  const version = (text: string) => (isV6(text) ? 'ip6' : 'ip')
  const words = [
    device !== undefined && `iifname "${device}"`,
    address && `${version(address)} daddr ${address}`,
    source && `${version(source)} saddr ${source}`,
    `tcp dport ${port}`,
    visited !== undefined && `ct original proto-dst ${visited}`,
  ]
  return words.filter(Boolean).join(' ')
}

export const ruleLine = ({ family, table, chain }: Chain, opening: Opening, tag: string): string =>
  `insert rule ${family} ${table} ${chain} ${ruleWords(opening)} accept comment "${tag}"\n`

/**
 * A kept file that names a chain which is no more would keep all of nftables.conf from loading, and the next boot without a firewall.
 * Only for chains that nftables.conf makes: a table that sleeps is woken by them, and a chain that stands before its maker comes keeps him
 * from making it (tried with 1.0.6).
 */
export const chainLines = ({ family, table, chain }: Chain) =>
  `add table ${family} ${table}\nadd chain ${family} ${table} ${chain}\n`

/** The same as a rule of nft's JSON. */
export function exprOf({ address, device, port, source, visited }: Opening): Rule['expr'] {
  const match = (protocol: string, field: string, right: unknown) => ({
    match: { op: '==', left: { payload: { protocol, field } }, right },
  })
  const network = (text: string, field: string) => {
    const [addr, len] = text.split('/')
    return match(isV6(text) ? 'ip6' : 'ip', field, len === undefined ? addr : { prefix: { addr, len: Number(len) } })
  }
  return [
    ...(device === undefined ? [] : [cameBy(device)]),
    ...(address === null ? [] : [network(address, 'daddr')]),
    ...(source === null ? [] : [network(source, 'saddr')]),
    match('tcp', 'dport', port),
    ...(visited === undefined ? [] : [cameTo(visited)]),
    { accept: null },
  ]
}

const cameBy = (device: string) => ({ match: { op: '==', left: { meta: { key: 'iifname' } }, right: device } })

const cameTo = (port: number) => ({
  match: { op: '==', left: { ct: { key: 'proto-dst', dir: 'original' } }, right: port },
})

/** The opening that a rule makes (or closes), or null when it is of another form than those that we write. */
export function openingOf(rule: Rule, verdict: 'accept' | 'drop' = 'accept'): Opening | null {
  const found: {
    address: string | null
    device?: string
    port: number | null
    source: string | null
    visited?: number
  } = {
    address: null,
    port: null,
    source: null,
  }
  for (const part of rule.expr) {
    if (verdict in part || 'counter' in part) continue
    const match = isObject(part.match) ? part.match : null
    if (match && isTcp(match)) continue
    const device = match && deviceOf(match)
    if (device) {
      found.device = device
      continue
    }
    const visited = match && visitedOf(match)
    if (visited) {
      found.visited = visited
      continue
    }
    const payload = match && isObject(match.left) && isObject(match.left.payload) ? match.left.payload : null
    if (!match || !payload || match.op !== '==') return null
    const field = text(payload.field)
    if (field === 'dport' && payload.protocol === 'tcp' && typeof match.right === 'number') found.port = match.right
    else if (field === 'daddr') found.address = networkText(match.right)
    else if (field === 'saddr') found.source = networkText(match.right)
    else return null
  }
  const ends = rule.expr.some(part => verdict in part)
  return ends && found.port !== null ? { ...found, port: found.port } : null
}

/** As iptables says it before the port. */
const isTcp = ({ op, left, right }: Json) =>
  op === '==' && right === 'tcp' && isObject(left) && isObject(left.meta) && left.meta.key === 'l4proto'

/** One interface by its whole name. */
function deviceOf({ op, left, right }: Json): string | null {
  if (op !== '==' || !isObject(left) || !isObject(left.meta) || left.meta.key !== 'iifname') return null
  return typeof right === 'string' && /^[\w.-]+$/.test(right) ? right : null
}

/** The port that a connection was begun to, before a redirect. */
function visitedOf({ op, left, right }: Json): number | null {
  if (op !== '==' || !isObject(left) || !isObject(left.ct) || typeof right !== 'number') return null
  return left.ct.key === 'proto-dst' && left.ct.dir === 'original' ? right : null
}

function networkText(right: unknown): string {
  if (isObject(right) && isObject(right.prefix))
    return canonicalNetwork(`${text(right.prefix.addr)}/${String(right.prefix.len)}`)
  return typeof right === 'string' ? canonicalNetwork(right) : JSON.stringify(right)
}

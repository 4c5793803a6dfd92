// Which rules would drop or reject a fresh TCP connection that a later rule of ours lets in.
import { familyOf } from '../../../schemas/endpoint'
import { canonicalNetwork } from '../network'
import { isIn, isQuiet, type Json, type Opening, type Rule, targetOf, verdictOf } from './ruleset'

/** Whether a condition holds for the connection; what we cannot judge is 'no', so that common rules are no drift. */
type Answer = 'yes' | 'maybe' | 'no'

/** Whether one of `rules`, in this order, ends the connection that `to` lets in. `all` holds the chains that they jump to. */
export function isBlocked(
  rules: readonly Rule[],
  to: Opening,
  all: readonly Rule[],
  seen: readonly Rule[] = [],
): boolean {
  for (const rule of rules) {
    const verdict = verdictOf(rule)
    const answer = answerOf(rule, to)
    if (verdict === null || answer === 'no' || seen.includes(rule)) continue
    if (verdict === 'drop' || verdict === 'reject') return true
    const target = targetOf(rule)
    if (target !== null) {
      const inside = all.filter(other => isIn(other, { ...rule, chain: target }))
      if (isBlocked(inside, to, all, [...seen, rule])) return true
    }
    if (answer === 'yes' && verdict !== 'jump') return false
  }
  return false
}

function answerOf({ expr }: Rule, to: Opening): Answer {
  const answers = expr.filter(part => !isQuiet(part)).map(part => ask(part.match, to))
  if (answers.includes('no')) return 'no'
  return answers.includes('maybe') ? 'maybe' : 'yes'
}

const object = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null

function ask(condition: unknown, to: Opening): Answer {
  const match = object(condition)
  const left = object(match?.left)
  if (!match || !left || !['==', 'in', '!='].includes(String(match.op))) return 'no'
  const { payload, meta, ct } = { payload: object(left.payload), meta: object(left.meta), ct: object(left.ct) }
  const not = match.op === '!='
  // A set's elements are not in the snapshot.
  const values = valuesOf(match.right)
  if (values === null) return 'no'
  if (ct) return ct.key === 'state' ? only(values.includes('new'), not) : 'no'
  if (meta) return askMeta(String(meta.key), values, not, to)
  return payload ? askPayload(String(payload.protocol), String(payload.field), values, not, to) : 'no'
}

function askMeta(key: string, values: readonly unknown[], not: boolean, to: Opening): Answer {
  if (key === 'iif' || key === 'iifname') return !not && values.every(value => value === 'lo') ? 'no' : 'maybe'
  if (key === 'l4proto') return only(values.includes('tcp') || values.includes(6), not)
  if (key !== 'nfproto') return 'no'
  const family = familyOf(to.address ?? '')
  return family === null ? 'maybe' : only(values.includes(family === 6 ? 'ipv6' : 'ipv4'), not)
}

function askPayload(protocol: string, field: string, values: readonly unknown[], not: boolean, to: Opening): Answer {
  if (field === 'dport') return ['tcp', 'th'].includes(protocol) ? only(values.some(has(to.port)), not) : 'no'
  if (protocol !== 'ip' && protocol !== 'ip6') return 'no'
  if (to.address !== null && (familyOf(to.address) === 6) !== (protocol === 'ip6')) return 'no'
  if (field === 'protocol' || field === 'nexthdr') return only(values.includes('tcp') || values.includes(6), not)
  // One address of many that we listen on.
  if (field === 'daddr') return to.address === null ? 'no' : only(values.some(covers(to.address)), not)
  // Lists of senders to keep out are common (fail2ban's) and no drift; all but some is another matter.
  return field === 'saddr' && not && to.source === null ? 'maybe' : 'no'
}

const only = (holds: boolean, not: boolean): Answer => (holds === not ? 'no' : 'yes')

function valuesOf(right: unknown): readonly unknown[] | null {
  if (typeof right === 'string' && right.startsWith('@')) return null
  if (Array.isArray(right)) return right
  const set = object(right)?.set
  return Array.isArray(set) ? set : [right]
}

const has =
  (port: number) =>
  (value: unknown): boolean => {
    const range = object(value)?.range
    return Array.isArray(range) ? Number(range[0]) <= port && port <= Number(range[1]) : value === port
  }

const covers =
  (address: string) =>
  (value: unknown): boolean => {
    const prefix = object(object(value)?.prefix)
    if (!prefix) return typeof value === 'string' && canonicalNetwork(value) === canonicalNetwork(address)
    const length = String(prefix.len)
    return canonicalNetwork(`${String(prefix.addr)}/${length}`) === canonicalNetwork(`${address}/${length}`)
  }

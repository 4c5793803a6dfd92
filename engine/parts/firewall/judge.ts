// What a host's ruleset makes of what is asked for: which input chains need a rule of ours, and what no rule of ours can open. Pure.
import { familyOf, isLinkLocal, isLoopback, isZoned } from '../../../schemas/endpoint'
import { readRuleMark } from '../mark'
import { canonicalNetwork } from '../network'
import type { Snapshot } from '../snapshot'
import type { Ask } from './ask'
import { knownRuleset } from './known'
import { openingsFor } from './opening'
import { isLimit } from './own-table'
import type { Connection } from './packet'
import { type Range, rangeOfNetwork, shareOf } from './range'
import { remember } from './remember'
import { type BaseChain, type Chain, isObject, type Ruleset, text, without } from './ruleset'
import { closesTheRest, type Finding, walk } from './walk'

/** Where it may be closed: `sure` when it is, else nobody can tell beforehand. */
export interface Obstacle {
  readonly sure: boolean
  readonly finding: Finding
}

const foreignOf = remember((ruleset: Ruleset) =>
  without(ruleset, ({ comment }) => readRuleMark(comment ?? '') !== null),
)
/** Whom a limit of ours turns away comes again. */
const withoutLimits = remember((ruleset: Ruleset) =>
  without(ruleset, ({ chain, comment }) => isLimit(chain) && readRuleMark(comment ?? '') !== null),
)
const walksOf = remember((_: Ruleset) => new Map<string, readonly Finding[]>())

function findingsFor(ruleset: Ruleset, connection: Connection, unlisted: boolean): readonly Finding[] {
  const known = walksOf(ruleset)
  const key = JSON.stringify([connection, unlisted])
  const found = known.get(key) ?? walk(withoutLimits(ruleset), connection, { unlisted })
  known.set(key, found)
  return found
}

/** Where a rule of ours goes before what closes. */
const isOpenable = ({ hook, family }: BaseChain): boolean => hook === 'input' && ['inet', 'ip', 'ip6'].includes(family)

/** Those that close whatever nobody accepted. */
export const closingOf = remember((ruleset: Ruleset) =>
  ruleset.bases.filter(chain => isOpenable(chain) && closesTheRest(chain, ruleset)),
)

/** For any address: the families in which others can reach the host; both when it does not tell. */
function familiesOf(on: Snapshot, { address }: Ask): (4 | 6)[] {
  const addresses = address === null ? on.addresses.filter(one => !isLoopback(one)) : [address]
  const families = ([4, 6] as const).filter(family => addresses.some(one => familyOf(one) === family))
  return families.length > 0 ? families : [4, 6]
}

const portsOf = ({ port, visited }: Ask) => (visited === undefined ? { port } : { port, visited })

/** Those that one ask is about: from each sender, at each address of the host that strangers reach. */
function connectionsFor(on: Snapshot, ask: Ask, from: readonly (string | null)[]): Connection[] {
  const devices = ask.device !== undefined ? [ask.device] : on.interfaces.length > 0 ? on.interfaces : null
  return familiesOf(on, ask).flatMap(family => {
    const own = on.addresses.filter(
      one => familyOf(one) === family && !isLoopback(one) && !isLinkLocal(one) && !isZoned(one),
    )
    const addresses = ask.address !== null ? [canonicalNetwork(ask.address)] : own.length > 0 ? own : [null]
    const sources = from
      .map(source => source && canonicalNetwork(source))
      .filter(source => source === null || source.includes(':') === (family === 6))
    return addresses.flatMap(address => sources.map(source => ({ family, address, ...portsOf(ask), source, devices })))
  })
}

/** Input chains that close what is asked for, or may, were none of our rules there; all that close whatever nobody accepted. */
export function chainsNeeding(on: Snapshot, ask: Ask): Chain[] {
  const ruleset = knownRuleset(on)
  const found = connectionsFor(on, ask, ask.from ?? [null]).flatMap(connection =>
    findingsFor(foreignOf(ruleset), connection, true),
  )
  return ruleset.bases
    .filter(isOpenable)
    .filter(chain => closingOf(ruleset).includes(chain) || found.some(finding => finding.chain === chain))
    .filter(chain => openingsFor(ask, chain.family).length > 0)
}

/** What stands in the way, as the ruleset is now or as it would be, the surest first. */
export function obstaclesFor(on: Snapshot, ask: Ask, ruleset = knownRuleset(on)): Obstacle[] {
  const connections = connectionsFor(on, ask, ask.from ?? [null])
  const each = connections.map(connection => obstacles(ruleset, connection))
  const isClosed = (some: readonly Obstacle[]) => some.some(({ sure }) => sure)
  // Of several addresses one that is closed leaves the others.
  const isSure = ask.address !== null || each.every(isClosed)
  const all = each.flat().map(one => (isSure || isOpenable(one.finding.chain) ? one : { ...one, sure: false }))
  return [...all.filter(({ sure }) => sure), ...all.filter(({ sure }) => !sure)]
}

/** A sender who is on somebody's list of bans may be off it tomorrow: for him nobody can tell. */
function obstacles(ruleset: Ruleset, connection: Connection): Obstacle[] {
  const each = findingsFor(ruleset, connection, false)
  const unlisted = findingsFor(ruleset, connection, true)
  const isIn = (findings: readonly Finding[], chain: BaseChain, closes?: 'surely') =>
    findings.some(one => one.chain === chain && (!closes || one.closes === closes))
  return [
    ...unlisted.map(finding => ({ finding, sure: finding.closes === 'surely' && isIn(each, finding.chain, 'surely') })),
    ...each
      .filter(({ closes, chain }) => closes === 'surely' && !isIn(unlisted, chain))
      .map(finding => ({ finding, sure: false })),
  ].filter(({ finding }) => isIn(each, finding.chain))
}

/**
 * Asks for some networks only, on a host where not everybody else is surely kept out: nothing closes the port, or somebody's rule lets others in.
 */
export function unenforced(on: Snapshot, asks: readonly Ask[]): Ask[] {
  const foreign = foreignOf(knownRuleset(on))
  return asks.filter(({ from, ...ask }) => {
    if (from === null) return false
    const allowed = from.map(rangeOfNetwork).filter(range => range !== null)
    // Of a rule that is about allowed ones alone nobody is asked here.
    const others = without(foreign, rule => rule.expr.some(part => isAbout(part, allowed)))
    const isKeptOut = (connection: Connection) => walk(others, connection).some(({ closes }) => closes === 'surely')
    return !connectionsFor(on, { ...ask, from }, [null]).every(isKeptOut)
  })
}

/** A condition that holds of these senders only. */
function isAbout({ match }: Readonly<Record<string, unknown>>, senders: readonly Range[]): boolean {
  if (!isObject(match) || match.op !== '==' || !isObject(match.left)) return false
  const { payload } = match.left
  if (!isObject(payload) || payload.field !== 'saddr' || !/^ip6?$/.test(text(payload.protocol))) return false
  const ranges = [isObject(match.right) && Array.isArray(match.right.set) ? match.right.set : match.right].flat()
  return ranges.every(one => {
    const range = networkRange(one)
    return range !== null && shareOf(range, senders) === 'all'
  })
}

function networkRange(right: unknown): Range | null {
  if (typeof right === 'string') return rangeOfNetwork(right)
  const { prefix } = isObject(right) ? right : {}
  return isObject(prefix) ? rangeOfNetwork(`${text(prefix.addr)}/${String(prefix.len)}`) : null
}

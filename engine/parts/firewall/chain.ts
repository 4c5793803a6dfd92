// Where one packet may get through one chain, with the chains that it leads to. Pure.
import { type Answer, type Elements, type Eyes, elementsOf, isAmong, judgeMatch, plain, unsure } from './match'
import { bitsOf, type Marks, readField } from './packet'
import { type Chain, isObject, type Json, type Rule, text } from './ruleset'

/** What a rule does to the connection that is no `drop`, and is as final. */
type Closing = 'drops it' | 'leads it elsewhere'

export interface Closer {
  readonly rule: Rule
  readonly how: Closing
}

export interface Doubt {
  /** Null where it is about a chain. */
  readonly rule: Rule | null
  readonly why: string
  readonly ofSender?: true
}

/** Every way that the packet may go; one alone is certain. */
export interface Ways {
  /** What it carries when it is accepted; null when it never is. */
  readonly accepts: Marks | null
  readonly closes: Closer | null
  /** The same when it comes to the chain's end. */
  readonly leaves: Marks | null
  /** Why there is more than one. */
  readonly doubt: Doubt | null
}

export const nowhere: Ways = { accepts: null, closes: null, leaves: null, doubt: null }

const alike = <T>(a: T, b: T): T | null => (a === b ? a : null)
export const join = (a: Marks | null, b: Marks | null): Marks | null =>
  a && b
    ? { mark: alike(a.mark, b.mark), ctMark: alike(a.ctMark, b.ctMark), tracked: alike(a.tracked, b.tracked) }
    : (a ?? b)

export const either = (a: Ways, b: Ways): Ways => ({
  accepts: join(a.accepts, b.accepts),
  closes: a.closes ?? b.closes,
  leaves: join(a.leaves, b.leaves),
  // That it may be closed is what people want to know.
  doubt: (b.closes && !a.closes ? b.doubt : null) ?? a.doubt ?? b.doubt,
})

/** nft lets no more chains follow each other. */
const deepest = 17

/** `known` keeps what was found out of a chain for this packet. */
export function walkChain(chain: Chain, eyes: Eyes, known = new Map<string, Ways>(), depth = 0): Ways {
  const { marks } = eyes.place
  const key = JSON.stringify([chain.chain, marks.mark, marks.ctMark, marks.tracked])
  const found = known.get(key)
  if (found) return found
  let ways = nowhere
  let live: Marks | null = marks
  const isThere = eyes.place.packet.direction === 'original'
  const { port } = eyes.place
  for (const rule of depth > deepest ? [] : eyes.ruleset.rulesIn(chain)) {
    if (!live) break
    if (rule.dport !== null && isThere && rule.dport !== port) continue
    const led = followRule(rule, { ...eyes, place: { ...eyes.place, marks: live } }, next =>
      walkChain(
        { ...chain, chain: next.to },
        { ...eyes, place: { ...eyes.place, marks: next.marks } },
        known,
        depth + 1,
      ),
    )
    ways = either(ways, led.ends)
    live = led.goesOn
  }
  const all = live ? either(ways, { ...nowhere, leaves: live }) : ways
  known.set(key, all)
  return all
}

type Jump = (next: { readonly to: string; readonly marks: Marks }) => Ways

/** How a rule ends the packet's way through the chain, and with what it goes on to the next rule; null when it never does. */
interface Led {
  readonly ends: Ways
  readonly goesOn: Marks | null
}

function followRule(rule: Rule, eyes: Eyes, jump: Jump): Led {
  let marks = eyes.place.marks
  let doubt: Doubt | null = null
  for (const part of rule.expr) {
    const [kind = '', given] = Object.entries(part)[0] ?? []
    const now = { ...eyes, place: { ...eyes.place, marks } }
    const answer = conditionOf(kind, given, rule, now)
    if (answer?.holds === 'no' || (answer && eyes.unnamed))
      return { ends: nowhere, goesOn: doubt ? join(eyes.place.marks, marks) : marks }
    if (answer?.holds === 'unknown') doubt ??= { rule, why: answer.why, ofSender: answer.ofSender }
    const led = answer ? null : verdict(kind, given, rule, now, jump)
    if (!led) {
      marks = marksAfter(kind, given, now)
      continue
    }
    if (!doubt) return led
    return {
      ends: isEnd(led.ends) ? { ...led.ends, doubt } : led.ends,
      goesOn: join(join(eyes.place.marks, marks), led.goesOn),
    }
  }
  return { ends: nowhere, goesOn: doubt ? join(eyes.place.marks, marks) : marks }
}

const isEnd = ({ accepts, closes, leaves }: Ways) => accepts !== null || closes !== null || leaves !== null

const absent: Answer = { holds: 'no' }

/** What lets a rule go on or not; null for what is no condition. */
function conditionOf(kind: string, given: unknown, rule: Rule, eyes: Eyes): Answer | null {
  if (kind === 'match') return isObject(given) ? judgeMatch(given, rule, eyes) : unsure('it is of an unknown form')
  if (kind === 'xt') {
    const name = isObject(given) ? text(given.name) : 'rule'
    // A header of IPv6 that a connection of TCP has none of; ufw drops a routing header of type 0 for everybody.
    return /^(rt|hbh|dst|mh)( |$)/.test(name) ? absent : unsure(`what iptables' ${name} asks for is not known here`)
  }
  return counts(kind, given) ? unsure('it counts') : null
}

const counters = ['limit', 'quota', 'ct count']

function counts(kind: string, given: unknown): boolean {
  if (counters.includes(kind)) return true
  if (!['meter', 'set', 'map'].includes(kind) || !isObject(given)) return false
  return [given.stmt].flat().some(one => isObject(one) && counters.some(counter => counter in one))
}

/** They end no rule, and change nothing that rules ask for but what marksAfter knows. */
const quiet = [
  ...['counter', 'log', 'comment', 'continue', 'notrack', 'meter', 'set', 'map', 'flow', 'dup', 'last', 'secmark'],
  ...['ct helper', 'ct timeout', 'ct expectation'],
]

/** Whom it is from and where it goes to. */
const isRewritten = (kind: string, given: unknown): boolean =>
  kind === 'mangle' &&
  isObject(given) &&
  isObject(given.key) &&
  isObject(given.key.payload) &&
  ['saddr', 'daddr', 'sport', 'dport'].includes(text(given.key.payload.field))

/** Null for what is no verdict. */
function verdict(kind: string, given: unknown, rule: Rule, eyes: Eyes, jump: Jump): Led | null {
  const { marks } = eyes.place
  const closes = (how: Closing): Led => ({ ends: { ...nowhere, closes: { rule, how } }, goesOn: null })
  if (kind === 'accept' || kind === 'snat' || kind === 'masquerade')
    return { ends: { ...nowhere, accepts: marks }, goesOn: null }
  if (kind === 'drop' || kind === 'reject') return closes('drops it')
  if (kind === 'return') return { ends: { ...nowhere, leaves: marks }, goesOn: null }
  if (kind === 'jump' || kind === 'goto') {
    const ways = jump({ to: isObject(given) ? text(given.target) : '', marks })
    return kind === 'goto' ? { ends: ways, goesOn: null } : { ends: { ...ways, leaves: null }, goesOn: ways.leaves }
  }
  if (kind === 'vmap' && isObject(given)) return verdictOfMap(given, rule, eyes, jump)
  if (kind === 'fwd') return closes('leads it elsewhere')
  if (kind === 'redirect' || kind === 'dnat') return translate(isObject(given) ? given : {}, kind, rule, eyes)
  if (quiet.includes(kind) || (kind === 'mangle' && !isRewritten(kind, given))) return null
  const doubt = { rule, why: `what ${kind} makes of it is not known here` }
  return { ends: { accepts: marks, closes: { rule, how: 'leads it elsewhere' }, leaves: null, doubt }, goesOn: marks }
}

/** To the connection's own address, and the port that it is to come to, it leads nowhere else. */
function translate(given: Json, kind: string, rule: Rule, { place }: Eyes): Led {
  const { marks, packet } = place
  const { address, port, visited } = packet.connection
  const elsewhere: Ways = { ...nowhere, closes: { rule, how: 'leads it elsewhere' } }
  const isKnown = (one: unknown) => one === undefined || typeof one === 'number' || typeof one === 'string'
  const isOtherPort = typeof given.port === 'number' && given.port !== port
  const isOtherAddress = kind === 'dnat' && address !== null && typeof given.addr === 'string' && given.addr !== address
  if (isOtherPort || isOtherAddress) return { ends: elsewhere, goesOn: null }
  // Without one it would go where nobody listens.
  const isLed = visited === undefined ? isKnown(given.port) : given.port === port
  if (isLed && (kind === 'dnat' ? given.addr === address : visited !== undefined)) {
    return { ends: { ...nowhere, accepts: marks }, goesOn: null }
  }
  const doubt = { rule, why: 'where it leads is not known beforehand' }
  return { ends: { ...elsewhere, accepts: marks, doubt }, goesOn: null }
}

function verdictOfMap({ key, data }: Json, rule: Rule, eyes: Eyes, jump: Jump): Led {
  const { marks } = eyes.place
  const value = readField(key, eyes.place)
  const { all, name }: Elements = elementsOf(data, rule, eyes.ruleset)
  if (value.kind === 'absent' || (all === null && eyes.unnamed)) return { ends: nowhere, goesOn: marks }
  if (all === null) {
    const doubt = { rule, why: `the elements of ${name} are not known` }
    return { ends: { accepts: marks, closes: { rule, how: 'drops it' }, leaves: marks, doubt }, goesOn: marks }
  }
  let led: Led = { ends: nowhere, goesOn: null }
  const pairs = all.filter(pair => Array.isArray(pair))
  const rest = pairs.filter(([element]) => plain(element) === '*')
  for (const [element, told] of [...pairs.filter(pair => !rest.includes(pair)), ...rest]) {
    const answer = isAmong(value, { all: [element], name }, eyes)
    const [kind = '', given] = isObject(told) ? (Object.entries(told)[0] ?? []) : []
    const next =
      answer.holds === 'no' ? null : (verdict(kind, given, rule, eyes, jump) ?? { ends: nowhere, goesOn: marks })
    if (!next) continue
    const doubt = answer.holds === 'unknown' ? { rule, why: answer.why, ofSender: answer.ofSender } : null
    const ends = either(led.ends, next.ends)
    led = {
      ends: { ...ends, doubt: ends.doubt ?? (isEnd(next.ends) ? doubt : null) },
      goesOn: join(led.goesOn, next.goesOn),
    }
    if (!doubt) return led
  }
  return { ends: led.ends, goesOn: join(led.goesOn, marks) }
}

function marksAfter(kind: string, given: unknown, { place }: Eyes): Marks {
  const { marks, behindConntrack } = place
  // What conntrack has seen already stays tracked.
  if (kind === 'notrack')
    return behindConntrack ? marks : { ...marks, tracked: behindConntrack === false ? false : null }
  if (kind !== 'mangle' || !isObject(given) || !isObject(given.key)) return marks
  const [what = '', field] = Object.entries(given.key)[0] ?? []
  if (!isObject(field) || field.key !== 'mark') return marks
  const value = typeof given.value === 'object' ? readField(given.value, place) : null
  const told = value === null ? bitsOf(given.value, {}) : numberOf(value)
  return what === 'meta'
    ? { ...marks, mark: told }
    : what === 'ct' && behindConntrack !== false
      ? { ...marks, ctMark: told }
      : marks
}

const numberOf = (value: ReturnType<typeof readField>): number | null =>
  value.kind === 'range' && value.range[0] === value.range[1] ? Number(value.range[0]) : null

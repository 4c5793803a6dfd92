// Whether one condition of a rule holds for a packet. Pure.
import { bitsOf, type Place, readField, type Value } from './packet'
import { type Range, rangeOfNetwork, shareOf } from './range'
import { isObject, type Json, type Rule, type Ruleset } from './ruleset'

export type Answer =
  | { readonly holds: 'yes' | 'no' }
  /** `ofSender`: it is true of some senders only. */
  | { readonly holds: 'unknown'; readonly why: string; readonly ofSender?: true }

export interface Eyes {
  readonly ruleset: Ruleset
  readonly place: Place
  /**
   * Whether senders are taken for ones that no rule singles out, nor a named set, which a daemon may fill: fail2ban's bans are
   * nobody's business here. Else each sender counts.
   */
  readonly unlisted: boolean
  /** The packet is one for which no condition holds. */
  readonly unnamed?: true
}

const yes: Answer = { holds: 'yes' }
const no: Answer = { holds: 'no' }
export const unsure = (why: string): Answer => ({ holds: 'unknown', why })
const ofSender: Answer = { holds: 'unknown', why: 'it depends on the sender', ofSender: true }

export function judgeMatch({ op, left, right }: Json, rule: Rule, eyes: Eyes): Answer {
  const value = readField(left, eyes.place)
  if (isAbsent(value)) return no
  if (op === '==' || op === 'in' || op === '!' || op === '!=') {
    const found = op === 'in' || op === '!' ? haveBits(value, right) : null
    const answer = found ?? isAmong(value, elementsOf(right, rule, eyes.ruleset), eyes)
    return op === '!' || op === '!=' ? not(answer) : answer
  }
  return compare(String(op), value, right)
}

const not = (answer: Answer): Answer => (answer.holds === 'unknown' ? answer : answer.holds === 'yes' ? no : yes)

/** A mask: whether any of its bits is set; null for what has no bits. */
function haveBits(value: Value, right: unknown): Answer | null {
  if (value.kind !== 'range' || !value.symbols) return null
  const bits = bitsOf(right, value.symbols)
  if (bits === null) return null
  return (value.range[0] & BigInt(bits)) === 0n ? no : yes
}

export interface Elements {
  /** Null where nobody has read them. */
  readonly all: readonly unknown[] | null
  /** Empty for one that stands in the rule itself. */
  readonly name: string
}

export function elementsOf(right: unknown, rule: Rule, ruleset: Ruleset): Elements {
  if (typeof right === 'string' && right.startsWith('@')) {
    return { all: ruleset.elementsOf(rule, right.slice(1)), name: right }
  }
  if (isObject(right) && Array.isArray(right.set)) return { all: right.set, name: '' }
  return { all: [right], name: '' }
}

const isAbsent = (value: Value): boolean =>
  value.kind === 'absent' || (value.kind === 'list' && value.values.some(isAbsent))
const isOfSender = (value: Value): boolean =>
  value.kind === 'list' ? value.values.some(isOfSender) : value.kind === 'range' && value.isSender === true

/** Whether the value is one of the elements. */
export function isAmong(value: Value, { all, name }: Elements, { unlisted, unnamed }: Eyes): Answer {
  if (isAbsent(value)) return no
  if (all?.map(plain).includes('*')) return yes
  if (unnamed) return no
  if (unlisted && name !== '' && isOfSender(value)) return no
  if (value.kind === 'unknown') return unsure('what it asks for is not known beforehand')
  if (all === null) return unsure(`the elements of ${name} are not known`)
  const answer = among(value, all.map(plain))
  return unlisted && answer.holds === 'unknown' && answer.ofSender ? no : answer
}

/** An element may carry a timeout, a counter or a comment. */
export const plain = (element: unknown): unknown =>
  isObject(element) && isObject(element.elem) ? element.elem.val : element

function among(value: Value, elements: readonly unknown[]): Answer {
  if (value.kind === 'list') return anyOf(elements.map(element => pairwise(value.values, element)))
  if (value.kind === 'word') {
    if (elements.some(element => value.is.some(one => isSameWord(one, element)))) return yes
    return elements.every(element => !isObject(element)) ? no : unsure('its words are not known')
  }
  if (value.kind === 'device') return amongDevices(value.names, elements)
  if (value.kind !== 'range') return unsure('what it asks for is not known beforehand')
  const ranges = elements.map(element => rangeOf(element, value))
  const known = ranges.filter(range => range !== null)
  const share = shareOf(value.range, known)
  if (share === 'all') return yes
  if (known.length < ranges.length) return unsure('it compares with what is not known here')
  if (share === 'none') return no
  return value.isSender ? ofSender : unsure('it depends on the port that the sender takes')
}

/** nft prints `missing` as false, and sometimes as 0. */
const isSameWord = (one: unknown, element: unknown) =>
  one === element || (typeof one === 'string' && one === String(element))

function anyOf(answers: readonly Answer[]): Answer {
  return (
    answers.find(({ holds }) => holds === 'yes') ??
    answers.find(answer => answer.holds === 'unknown' && !answer.ofSender) ??
    answers.find(({ holds }) => holds === 'unknown') ??
    no
  )
}

function pairwise(values: readonly Value[], element: unknown): Answer {
  const parts = isObject(element) && Array.isArray(element.concat) ? element.concat : null
  if (parts === null || parts.length !== values.length) return unsure('its elements are of another form')
  const answers = values.map((value, index) => among(value, [plain(parts[index])]))
  return (
    answers.find(({ holds }) => holds === 'no') ??
    answers.find(answer => answer.holds === 'unknown' && !answer.ofSender) ??
    answers.find(({ holds }) => holds === 'unknown') ??
    yes
  )
}

function amongDevices(names: readonly string[] | null, elements: readonly unknown[]): Answer {
  const patterns = elements.filter(element => element !== 'lo')
  if (patterns.length === 0) return no
  if (names === null || patterns.some(one => typeof one !== 'string')) return unsure('it depends on the interface')
  const isNamed = (name: string) =>
    patterns.some(one => (String(one).endsWith('*') ? name.startsWith(String(one).slice(0, -1)) : one === name))
  if (names.every(isNamed)) return yes
  return names.some(isNamed) ? unsure('it depends on the interface') : no
}

/** Null for what cannot be read. */
function rangeOf(element: unknown, value: Value & { readonly kind: 'range' }): Range | null {
  if (isObject(element) && isObject(element.prefix)) {
    return rangeOfNetwork(`${String(element.prefix.addr)}/${String(element.prefix.len)}`)
  }
  if (isObject(element) && Array.isArray(element.range)) {
    const [first, last] = element.range.map(end => rangeOf(end, value))
    return first && last ? [first[0], last[1]] : null
  }
  if (typeof element === 'string' && !value.symbols) {
    return /^\d+$/.test(element) ? [BigInt(element), BigInt(element)] : rangeOfNetwork(element)
  }
  const bits = bitsOf(element, value.symbols ?? {})
  return bits === null ? null : [BigInt(bits), BigInt(bits)]
}

function compare(op: string, value: Value, right: unknown): Answer {
  const other = value.kind === 'range' ? rangeOf(right, value) : null
  if (value.kind !== 'range' || !other) return unsure('what it asks for is not known beforehand')
  const [[first, last], [to]] = [value.range, other]
  const holds = {
    '<': (n: bigint) => n < to,
    '>': (n: bigint) => n > to,
    '<=': (n: bigint) => n <= to,
    '>=': (n: bigint) => n >= to,
  }[op]
  if (!holds) return unsure(`the comparison ${op} is not known here`)
  if (holds(first) === holds(last)) return holds(first) ? yes : no
  return value.isSender ? ofSender : unsure('it depends on the port that the sender takes')
}

// One TCP connection from outside, as the packets that it takes, and what is known of each field of them. Pure.
import { type Range, rangeOfNetwork, wholeFamily } from './range'
import { isObject, type Json, text } from './ruleset'

/** Whom the walk is about. */
export interface Connection {
  readonly family: 4 | 6
  /** Of the host; null for any of its own. */
  readonly address: string | null
  /** On which somebody listens. */
  readonly port: number
  /** The port that the sender names, where a redirect of ours leads it to that one. */
  readonly visited?: number
  /** A network of senders; null for anybody. */
  readonly source: string | null
  /** Names of the interfaces by which it may come, never lo; null where nobody knows them. */
  readonly devices: readonly string[] | null
}

/** `direction` as conntrack calls it; `ct` is its state, null where it cannot be told. */
export interface Packet {
  readonly connection: Connection
  readonly direction: 'original' | 'reply'
  readonly flags: number
  readonly ct: number | null
}

/** What rules on the way set; null where it depends on what cannot be told. */
export interface Marks {
  readonly mark: number | null
  readonly ctMark: number | null
  /** Whether conntrack knows the connection: a rule may have said notrack. */
  readonly tracked: boolean | null
}

/** Where a rule stands. */
export interface Place {
  readonly packet: Packet
  readonly marks: Marks
  /** Whether conntrack has seen the packet before this hook's priority; null where nobody can tell. */
  readonly behindConntrack: boolean | null
  /** The port of the host that the packet shows here: a redirect is seen from its priority on. */
  readonly port: number
}

type Symbols = Readonly<Record<string, number>>

/** What is known of a field; absent: a packet like this has none, and no comparison with it holds. */
export type Value =
  | { readonly kind: 'range'; readonly range: Range; readonly symbols?: Symbols; readonly isSender?: true }
  | { readonly kind: 'word'; readonly is: readonly unknown[] }
  | { readonly kind: 'device'; readonly names: readonly string[] | null }
  | { readonly kind: 'list'; readonly values: readonly Value[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }

const absent: Value = { kind: 'absent' }
const unknown: Value = { kind: 'unknown' }
const word = (...is: readonly unknown[]): Value => ({ kind: 'word', is })
const exactly = (value: number | null, symbols?: Symbols): Value =>
  value === null ? unknown : { kind: 'range', range: [BigInt(value), BigInt(value)], symbols }

/** Bits, as nft(8) names them. */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 } as const
export const ctStates = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const

/** The ports that clients take. */
const clientPorts: Value = { kind: 'range', range: [1024n, 65535n] }

export function readField(expression: unknown, place: Place): Value {
  if (typeof expression === 'number') return exactly(expression)
  if (!isObject(expression)) return unknown
  const [kind = '', given] = Object.entries(expression)[0] ?? []
  if (kind === 'concat' && Array.isArray(given)) {
    return { kind: 'list', values: given.map(part => readField(part, place)) }
  }
  if (['&', '|', '^', '<<', '>>'].includes(kind) && Array.isArray(given)) return calculate(kind, given, place)
  if (!isObject(given)) return unknown
  if (kind === 'payload') return payload(given, place)
  if (kind === 'meta') return meta(text(given.key), place)
  if (kind === 'ct') return ct(text(given.key), text(given.dir), place)
  return kind === 'fib' ? fib(given, place) : unknown
}

/** The numbers that symbols stand for, all bits together; null where one of them stands for none. */
export function bitsOf(right: unknown, symbols: Symbols): number | null {
  if (typeof right === 'number') return right
  if (typeof right === 'string') return symbols[right] ?? (/^\d+$/.test(right) ? Number(right) : null)
  const parts = Array.isArray(right) ? right : isObject(right) && Array.isArray(right['|']) ? right['|'] : null
  if (parts === null) return null
  return parts.reduce<number | null>((bits, part) => {
    const more = bitsOf(part, symbols)
    return bits === null || more === null ? null : bits | more
  }, 0)
}

function calculate(operator: string, [first, second]: readonly unknown[], place: Place): Value {
  const left = readField(first, place)
  if (left.kind !== 'range' || left.range[0] !== left.range[1]) return left.kind === 'absent' ? absent : unknown
  const bits = bitsOf(second, left.symbols ?? {})
  if (bits === null || left.range[0] > 0xffffffffn) return unknown
  const [a, b] = [left.range[0], BigInt(bits)]
  const calculated = operators[operator]?.(a, b)
  return calculated === undefined ? unknown : exactly(Number(calculated), left.symbols)
}

/** Of 32 bits. A shift by more is none that nft writes. */
const operators: Readonly<Record<string, (a: bigint, b: bigint) => bigint | undefined>> = {
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => (b < 32n ? (a << b) & 0xffffffffn : undefined),
  '>>': (a, b) => a >> b,
}

const sender = ({ family, source }: Connection): Value => ({
  kind: 'range',
  range: (source === null ? null : rangeOfNetwork(source)) ?? wholeFamily(family),
  isSender: true,
})

const own = ({ family, address }: Connection): Value => {
  const range = address === null ? null : rangeOfNetwork(address)
  // Which of its own addresses nobody knows: what rules say of single ones is not about it.
  return range ? { kind: 'range', range } : { kind: 'range', range: wholeFamily(family), isSender: true }
}

function payload({ protocol, field, base, offset, len }: Json, { packet, port: shown }: Place): Value {
  const { connection, direction, flags } = packet
  const isIn = direction === 'original'
  const port = exactly(shown)
  if (base === 'th' && len === 16) {
    if (offset === 16) return isIn ? port : clientPorts
    return offset === 0 ? (isIn ? clientPorts : port) : unknown
  }
  if (base !== undefined) return unknown
  if (protocol === 'tcp' || protocol === 'th') {
    if (field === 'dport') return isIn ? port : clientPorts
    if (field === 'sport') return isIn ? clientPorts : port
    return field === 'flags' ? exactly(flags, tcpFlags) : unknown
  }
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip6') !== (connection.family === 6)) return absent
    if (field === 'saddr') return isIn ? sender(connection) : own(connection)
    if (field === 'daddr') return isIn ? own(connection) : sender(connection)
    if (field === 'protocol' || field === 'nexthdr') return word('tcp', 6)
    return field === 'version' ? exactly(protocol === 'ip6' ? 6 : 4) : unknown
  }
  // What goes out has no such header before egress.
  if (protocol === 'ether' && field === 'type' && isIn) return etherType(connection)
  return protocol === 'ether' || protocol === 'vlan' ? unknown : absent
}

const etherType = ({ family }: Connection) => (family === 6 ? word('ip6', 0x86dd) : word('ip', 0x0800))

function meta(key: string, { packet, marks }: Place): Value {
  const { connection, direction } = packet
  const isIn = direction === 'original'
  const device: Value = { kind: 'device', names: connection.devices }
  if (key === 'l4proto') return word('tcp', 6)
  if (key === 'nfproto') return connection.family === 6 ? word('ipv6', 10) : word('ipv4', 2)
  if (key === 'protocol') return etherType(connection)
  if (key === 'mark') return exactly(marks.mark)
  if (key === 'iif' || key === 'iifname') return isIn ? device : unknown
  if (key === 'oif' || key === 'oifname') return isIn ? unknown : device
  return key === 'pkttype' && isIn ? word('host', 'unicast', 0) : unknown
}

function ct(key: string, dir: string, { packet, marks, behindConntrack }: Place): Value {
  if (key === 'state') return ctState(packet, marks, behindConntrack)
  if (behindConntrack === false || marks.tracked === false) return absent
  if (behindConntrack === null || marks.tracked === null) return unknown
  if (key === 'mark') return exactly(marks.ctMark)
  if (key === 'direction') return packet.direction === 'original' ? word('original', 0) : word('reply', 1)
  if (dir !== 'original') return unknown
  if (key === 'proto-dst') return exactly(packet.connection.visited ?? packet.connection.port)
  if (/^(ip6? )?saddr$/.test(key)) return sender(packet.connection)
  return /^(ip6? )?daddr$/.test(key) ? own(packet.connection) : unknown
}

function ctState({ ct: state }: Packet, { tracked }: Marks, behindConntrack: boolean | null): Value {
  if (tracked === false) return exactly(ctStates.untracked, ctStates)
  if (behindConntrack === false) return exactly(ctStates.invalid, ctStates)
  return exactly(behindConntrack === null || tracked === null ? null : state, ctStates)
}

/** A sender that the host has no way back to is none that we let in. */
function fib({ result, flags }: Json, { packet }: Place): Value {
  const asks = Array.isArray(flags) ? flags : []
  const isOwn = asks.includes(packet.direction === 'original' ? 'daddr' : 'saddr')
  if (result === 'type') return isOwn ? word('local') : word('unicast')
  return result === 'oif' && !isOwn ? word(true) : unknown
}

// The walk: what an nftables ruleset does with one fresh TCP connection from outside, hook by hook, there and back. Pure.
import { type Closer, type Doubt, join, type Ways, walkChain } from './chain'
import { type Connection, ctStates, type Marks, type Packet, tcpFlags } from './packet'
import type { BaseChain, Ruleset } from './ruleset'

/** A base chain that closes the connection, or that may. */
export interface Finding {
  readonly chain: BaseChain
  readonly closes: 'surely' | 'maybe'
  /** What does; null where it is the chain's policy. */
  readonly closer: Closer | null
  /** Why it is not sure. */
  readonly doubt: Doubt | null
}

/** Until data has gone both ways: a connection that opens and then stays silent is none. */
function packetsOf(connection: Connection, ct: number | null): Packet[] {
  const { syn, ack, psh } = tcpFlags
  const established = ct === null ? null : ct === ctStates.new ? ctStates.established : ct
  const packet = (direction: Packet['direction'], flags: number): Packet => ({
    connection,
    direction,
    flags,
    ct: established,
  })
  return [
    packet('reply', syn | ack),
    packet('original', ack),
    packet('original', psh | ack),
    packet('reply', psh | ack),
  ]
}

/**
 * Every base chain that closes the connection or may, in the order of its way; none when it is open. An accept ends one base chain and
 * not those behind it, a drop ends everything. `unlisted`: see match.ts.
 */
export function walk(ruleset: Ruleset, connection: Connection, { unlisted = false } = {}): Finding[] {
  const first: Packet = { connection, direction: 'original', flags: tcpFlags.syn, ct: ctStates.new }
  const there = follow(ruleset, first, { mark: 0, ctMark: 0, tracked: true }, unlisted)
  const { ctMark, tracked } = there.marks
  // What was not tracked at first is nothing that conntrack knows later.
  const rest = packetsOf(connection, tracked ? ctStates.new : null).map(packet =>
    follow(ruleset, packet, { mark: 0, ctMark, tracked: true }, unlisted),
  )
  const findings = [there, ...rest].flatMap(one => one.findings)
  // One packet may meet a chain surely that another meets maybe.
  return findings.filter(
    one =>
      one ===
      (findings.find(other => other.chain === one.chain && other.closes === 'surely') ??
        findings.find(other => other.chain === one.chain)),
  )
}

/** Each packet meets these, in the order of their priorities. */
const hooks = { original: ['ingress', 'prerouting', 'input'], reply: ['output', 'postrouting', 'egress'] } as const

function follow(ruleset: Ruleset, packet: Packet, start: Marks, unlisted: boolean) {
  const findings: Finding[] = []
  let marks = start
  for (const hook of hooks[packet.direction]) {
    const chains = ruleset.bases.filter(chain => chain.hook === hook)
    for (const chain of [...chains].sort((a, b) => a.prio - b.prio)) {
      const meets = sees(chain, packet, marks)
      if (meets === 'no') continue
      const place = { packet, marks, behindConntrack: isBehindConntrack(chain), port: shownPort(chain, packet) }
      const inside = walkChain(chain, { ruleset, place, unlisted })
      const ways = meets === 'yes' ? inside : orNot(chain, inside, marks)
      const finding = judge(chain, ways)
      if (finding) findings.push(finding)
      marks = join(ways.accepts, ways.leaves) ?? marks
    }
  }
  return { findings, marks }
}

/** The chain is perhaps not on the packet's way. */
const orNot = ({ drops }: BaseChain, { accepts, closes, leaves, doubt }: Ways, marks: Marks): Ways => ({
  accepts: join(join(accepts, drops ? null : leaves), marks),
  closes,
  leaves: drops ? leaves : null,
  doubt: doubt ?? { rule: closes?.rule ?? null, why: 'it depends on the interface' },
})

function judge(chain: BaseChain, { accepts, closes, leaves, doubt }: Ways): Finding | null {
  if (!closes && !(leaves && chain.drops)) return null
  const isSure = !accepts && !(leaves && !chain.drops)
  return { chain, closes: isSure ? 'surely' : 'maybe', closer: closes, doubt: isSure ? null : doubt }
}

/** Whether the chain drops or rejects what no rule names, itself or in a chain that it always goes on to. */
export function closesTheRest(chain: BaseChain, ruleset: Ruleset): boolean {
  if (chain.drops) return true
  const family = chain.family === 'ip6' ? 6 : 4
  const connection: Connection = { family, address: null, port: 0, source: null, devices: null }
  const packet: Packet = { connection, direction: 'original', flags: tcpFlags.syn, ct: ctStates.new }
  const place = { packet, marks: { mark: 0, ctMark: 0, tracked: true }, behindConntrack: true, port: 0 }
  return judge(chain, walkChain(chain, { ruleset, place, unlisted: true, unnamed: true }))?.closes === 'surely'
}

type Meets = 'yes' | 'no' | 'maybe'

function sees({ family, type, hook, devices }: BaseChain, packet: Packet, { tracked }: Marks): Meets {
  const { connection, direction, flags } = packet
  if (family === 'arp' || family === (connection.family === 4 ? 'ip6' : 'ip')) return 'no'
  // A translation is settled with a connection's first packet.
  if (type === 'nat') {
    if (direction === 'reply' || flags !== tcpFlags.syn || tracked === false) return 'no'
    return tracked ? 'yes' : 'maybe'
  }
  if (hook !== 'ingress' && hook !== 'egress') return family === 'bridge' ? 'maybe' : 'yes'
  if (devices?.every(device => device === 'lo')) return 'no'
  return devices && connection.devices?.every(device => devices.includes(device)) ? 'yes' : 'maybe'
}

/** The kernel translates at priority -100 on the way in, and at 100 on the way out, whatever the priority of the chain that says so. */
function shownPort({ hook, prio, type }: BaseChain, { connection, direction }: Packet): number {
  const { port, visited = port } = connection
  if (direction === 'original')
    return hook === 'ingress' || (hook === 'prerouting' && (prio <= -100 || type === 'nat')) ? visited : port
  return hook === 'egress' || (hook === 'postrouting' && prio >= 100) ? visited : port
}

/** It looks at packets with priority -200 (nft(8)), before what stands at ingress nobody. */
function isBehindConntrack({ hook, prio, family }: BaseChain): boolean | null {
  if (hook === 'ingress') return false
  if (family === 'bridge' || prio === -200) return null
  return (hook !== 'prerouting' && hook !== 'output') || prio > -200
}

// A lab whose lines are long: every packet is held back on its way, and those between the controller and a host are counted as round trips.

import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Lab } from '../lab'
import { killGroup, start } from '../lab/command'
import { hostNames, placeNames, placeSpots } from '../lab/topology'
import { type End, ends } from './contender'
import type { Meter } from './measure'

/** A packet that opens a connection or carries data, when it came to the router (ms). */
export interface Packet {
  readonly at: number
  readonly from: string
  readonly to: string
}

export interface LongLines {
  /** Round trips between the controller and each host while an act lasts. */
  readonly meter: Meter
  /** The lines are as short as before. */
  stop(): Promise<void>
}

/** @param roundTripMs what a packet and its answer need more than without */
export async function lengthen(lab: Lab, roundTripMs: number): Promise<LongLines> {
  const argv = [join(__dirname, 'hold-back.py'), `${roundTripMs / 2}`, ...hostNames, ...placeNames]
  const [file = '', ...args] = lab.argvIn('router', argv)
  const child = start([file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('the long lines have no pipes')
  const ended = once(child, 'exit')
  const packets: Packet[] = []
  const lines = createInterface({ input: stdout })
  const ready = Promise.race([
    once(lines, 'line'),
    ended.then(([code]) => Promise.reject(new Error(`hold-back.py: exit status ${code}`))),
  ])
  await ready
  lines.on('line', line => {
    const [at, from = '', to = ''] = line.split(' ')
    packets.push({ at: Number(at), from, to })
  })
  return {
    meter: async () => {
      const before = packets.length
      return async () => {
        const own = packets.slice(before)
        const roundsTo = (end: End) =>
          countRounds(own, placeSpots.controller.address, lab.hosts[end].address, roundTripMs)
        return { rounds: Object.fromEntries(ends.map(end => [end, roundsTo(end)])) as Record<End, number> }
      }
    },
    stop: async () => {
      stdin.end()
      const late = setTimeout(() => killGroup(child.pid), 5_000)
      await ended
      clearTimeout(late)
    },
  }
}

/**
 * How many round trips one has had to wait for the other: what he sends within one of them is one, however many packets and connections. A
 * packet that is sent because of an answer comes a round trip after what was answered, or later.
 */
export function countRounds(packets: readonly Packet[], from: string, to: string, roundTripMs: number): number {
  let rounds = 0
  let over = Number.NEGATIVE_INFINITY
  for (const packet of packets) {
    if (packet.from !== from || packet.to !== to || packet.at < over) continue
    rounds++
    over = packet.at + roundTripMs
  }
  return rounds
}

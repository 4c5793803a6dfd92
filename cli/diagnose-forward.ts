// One forward of a line that somebody made by hand: whether it can run where it was typed, and if so the doctor's walk.
import { userInfo } from 'node:os'
import { conclude, type Diagnosis, diagnoseForeign, type Foreign, type Forwarding, walk } from '../engine'
import type { Host } from '../schemas/types'
import {
  type Adopting,
  asTunnel,
  type ByHand,
  commandOfHand,
  findMisplaced,
  type Known,
  listenOf,
  optionsOfHand,
  writeForward,
} from '../spec/from-ssh'
import { rowsOf, runningOn } from './found-on-host'
import { addressesOfName } from './here'

/** The tutorial's line: nothing need be asked to tell that it cannot run there. */
export async function whyMisplaced({ hand, client }: Adopting): Promise<Diagnosis | null> {
  const destination = client.host.local ? await addressesOfName(hand.destination.host) : null
  const [found] = findMisplaced(hand, { addresses: client.addresses, destination })
  if (!found) return null
  const { instead, orElse, says } = found
  const cure = [
    `log in to it: ${instead.login}`,
    `and type there: ${instead.command}`,
    ...(orElse ? [`or type here: ${orElse.command} (${orElse.needs})`] : []),
  ].join('\n')
  const evidence = client.addresses ? `addresses of ${client.name}: ${client.addresses.join(', ')}` : undefined
  const check = {
    link: 'port free',
    host: client.name,
    status: 'fail',
    code: 'no-such-address',
    what: says,
    evidence,
    cure,
  } as const
  const chain = {
    client: client.name,
    server: hand.destination.host,
    listen: listenOf(hand, found.forward),
    far: farOf(hand),
  }
  return conclude(`-L ${hand.forwards.map(writeForward).join(' ')}`, chain, walk([check]))
}

export async function diagnoseForward(
  one: Adopting,
  known: Known,
  seen: Forwarding | null,
  on: Host | null,
  say: (what: string) => void,
): Promise<Diagnosis> {
  const { hand, client } = one
  const [forward] = hand.forwards
  const tunnel = forward ? asTunnel(one, forward, known) : null
  if (!tunnel || !forward) {
    const what = 'a proxy that its server listens for (-R without far) is not judged yet'
    const check = { link: 'far answers', host: client.name, status: 'unknown', what } as const
    const chain = {
      client: client.name,
      server: hand.destination.host,
      listen: forward ? writeForward({ ...forward, far: null }) : '',
      far: farOf(hand),
    }
    return conclude(forward ? writeForward(forward) : hand.destination.written, chain, walk([check]))
  }
  return diagnoseForeign(
    {
      tunnel,
      runBy: hand.runBy ?? on?.user ?? (on ? 'root' : userInfo().username),
      command: commandOfHand(hand, hand.forwards, optionsOfHand(hand)),
      dials: dialledBy(hand),
      keepalive: hand.keepAlive.interval,
      running: runningOf(hand, seen),
    },
    say,
  )
}

/** Where its ssh finds sshd; null behind jump hosts and commands. */
function dialledBy({ destination: { host, port }, jumps, options }: ByHand): Foreign['dials'] {
  const isDirect = jumps.length === 0 && !options.some(({ keyword }) => keyword === 'proxycommand')
  return isDirect ? { address: host, port: port ?? 22 } : null
}

/** The process that has the same listener; nobody of ours. */
function runningOf(hand: ByHand, seen: Forwarding | null): Foreign['running'] {
  const [forward] = hand.forwards
  if (!seen || !forward) return undefined
  const same = runningOn(seen).find(
    ({ process, hand: other }) =>
      process.owner === null &&
      other.forwards.some(one => one.by === forward.by && listenOf(other, one) === listenOf(hand, forward)),
  )
  if (!same) return null
  const { pid } = same.process
  const row = rowsOf(seen).find(
    one => one.pid === pid && (forward.listen.kind !== 'tcp' || one.listens.endsWith(`:${forward.listen.port}`)),
  )
  return { pid, bound: row?.isBound ?? null }
}

const farOf = ({ forwards: [forward] }: ByHand): string =>
  forward?.far
    ? writeForward({ listen: { kind: 'socket', path: '' }, far: forward.far }).slice(1)
    : 'wherever its visitors say'

// What an apply would stop at, as the hosts are now: one list of what may be right when it counts, for whoever plans. Pure.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import type { Fault, FaultCode } from '../fault'
import { type Check, inChainOrder, isTaken, type Link } from '../parts/check'
import { hostsOf } from '../wish/declared'
import { asFault, checksOf } from './checks'
import { heldBy, holdersOf } from './listeners'
import { findOtherOwner, type Look } from './look'
import { holdersOfSockets, socketsHeldBy } from './socket-held'

export interface Obstacle {
  readonly fault: Fault
  /** Nothing that happens before can put it right. */
  readonly isFinal: boolean
}

/** What else may happen before. */
export interface Beside {
  /** Whether others make and remove things too: a key, an address, another owner's tunnel. */
  readonly others: boolean
  /** Whether what stands under the name, of this owner, may leave. */
  mayLeave(owner: string): boolean
  /** Whether the host's own settings change. */
  settles(host: Host): boolean
  /** Whether whoever has the port makes way. */
  readonly takesPort?: boolean
  /** Tunnels of the same owner that keep their ports and sockets. */
  readonly staying: readonly string[]
  /** Whether a tunnel of the same owner is in this plan, which may then remove it. Default: those that do not stay are. */
  isPlanned?(tunnel: string): boolean
}

/** On each host the first that is final, and the first that is not: in the order of the chain those say best what is wrong there. */
export function findObstacles(look: Look, beside: Beside): Obstacle[] {
  const isAway = look.away.size > 0
  const keeps = (tunnel: string) => beside.staying.includes(tunnel) || !(beside.isPlanned?.(tunnel) ?? true)
  const held = [...heldBy(look, beside.staying), ...socketsHeldBy(look, keeps)]
  const failing = inChainOrder([...checksOf(look), ...held]).filter(
    // Of a host that was not read nobody knows the key.
    ({ status, mends, code }) =>
      status === 'fail' && !mends && !(isAway && code === 'no-host-key') && !(beside.takesPort && isTaken(code)),
  )
  const judged = failing.map(check => ({ check, isFinal: isFinal(check, look, beside) }))
  const isFirst = ({ check, isFinal }: (typeof judged)[number], index: number) =>
    judged.findIndex(one => one.check.host === check.host && one.isFinal === isFinal) === index
  return judged.filter(isFirst).map(({ check, isFinal }) => ({ fault: asFault(check), isFinal }))
}

/** Away now and there when it counts; or what others may make first: a key, a line of known_hosts, a program, an address. */
const passing: readonly FaultCode[] = [
  'agent-empty',
  'agent-missing',
  'connection-lost',
  'handshake-failed',
  'host-key-unknown',
  'host-unreachable',
  'identity-file-missing',
  'known-hosts-unreadable',
  'look-failed',
  'missing-program',
  'name-unresolved',
  'proxy-command-failed',
  'no-host-key',
  'no-such-address',
  'session-refused',
]

/** What the settings of a host may put right for its tunnels. They end no program that holds a port. */
const ofSettings: readonly Link[] = ['sshd valid', 'sshd lets it', 'firewall lets it']

function isFinal({ code, link, host: name }: Check, look: Look, beside: Beside): boolean {
  if (code === undefined || passing.includes(code)) return !beside.others
  const host = eachLogin(hostsOf(look.declared)).find(one => one.name === name)
  if (host && ofSettings.includes(link) && beside.settles(host)) return false
  if (code === 'port-taken') return !beside.others || holdersOf(look).includes(null)
  if (code === 'path-taken') return !beside.others || holdersOfSockets(look).includes(null)
  if (code !== 'name-taken') return true
  const others = look.derived.placed.map(placed => findOtherOwner(look, placed)).filter(other => other !== null)
  return others.some(({ owner }) => typeof owner !== 'string' || !beside.mayLeave(owner))
}

/** Those of the hosts that were read. */
export const onHostsRead = (obstacles: readonly Obstacle[], { declared, away }: Look): Obstacle[] => {
  const unread = hostsOf(declared).flatMap(host => (away.has(loginId(host)) ? [host.name] : []))
  return obstacles.filter(({ fault }) => !unread.includes(fault.host))
}

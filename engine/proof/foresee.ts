// Looking ahead: what a deploy would stumble over, before anything is touched; one read a host for all who ask at the same time.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import type { Fault, FaultCode } from '../fault'
import { asFault, checksOf } from '../look/checks'
import { companies } from '../look/company'
import { learn } from '../look/learn'
import { holdersOf } from '../look/listeners'
import { findOtherOwner, type Look, type Seen, see } from '../look/look'
import { checkTakeover } from '../look/takeover'
import type { Check, Link } from '../parts/check'
import { type Declared, hostsOf } from '../wish/declared'
import type { Known } from '../wish/placed'
import { readFor } from './observe'

export interface Foreseen {
  readonly troubles: readonly Trouble[]
  /** What only the hosts can tell; null where one of them could not be read. */
  readonly known: Known | null
  /** What stands under its name with other arguments. */
  readonly takesOver: Check | null
}

export interface Trouble {
  readonly fault: Fault
  /** No other change of the same deploy can put it right before. */
  readonly isFinal: boolean
}

/** What else the same deploy may do. */
interface Beside {
  /** Whether tunnels of this name and owner may leave. */
  mayLeave(owner: string): boolean
  /** Whether the host's own settings may change first. */
  settles(host: Host): boolean
}

interface Arrival {
  readonly declared: Declared
  readonly beside: Beside
  readonly done: (foreseen: Foreseen) => void
  readonly fail: (why: unknown) => void
}

const arrive = companies<Arrival>(
  ({ declared }) => hostsOf(declared).map(loginId),
  async arrivals => {
    try {
      const seen = await readFor(arrivals.map(({ declared }) => declared))
      for (const { declared, beside, done } of arrivals) done(judge(declared, seen, beside))
    } catch (why) {
      for (const { fail } of arrivals) fail(why)
    }
  },
)

/** Changes nothing, and does not ask far. Hosts that cannot be read are troubles too. */
export const foresee = (declared: Declared, beside: Beside): Promise<Foreseen> =>
  new Promise((done, fail) => arrive({ declared, beside, done, fail }))

function judge(declared: Declared, seen: Seen, beside: Beside): Foreseen {
  const look = see(declared, seen)
  const isAway = look.away.size > 0
  const failing = checksOf(look).filter(
    // Of a host that was not read nobody knows the key.
    ({ status, mends, code }) => status === 'fail' && !mends && !(isAway && code === 'no-host-key'),
  )
  const judged = failing.map(check => ({ check, isFinal: isFinal(check, look, beside) }))
  // In the order of the chain, so the first of a host says best what is wrong there.
  const isFirst = ({ check, isFinal }: (typeof judged)[number], index: number) =>
    judged.findIndex(one => one.check.host === check.host && one.isFinal === isFinal) === index
  return {
    troubles: judged.filter(isFirst).map(({ check, isFinal }) => ({ fault: asFault(check), isFinal })),
    known: isAway ? null : learn(declared, seen.snapshots),
    takesOver: checkTakeover(look)[0] ?? null,
  }
}

/** Away now and there when it counts; or what another resource may make first: a key, a line of known_hosts, a program, an address. */
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
  'no-host-key',
  'no-such-address',
  'session-refused',
]

/** What the settings of a host may put right for its tunnels. */
const ofSettings: readonly Link[] = ['sshd valid', 'sshd lets it', 'port free', 'firewall lets it']

function isFinal({ code, link, host: name }: Check, look: Look, beside: Beside): boolean {
  if (code === undefined || passing.includes(code)) return false
  const host = eachLogin(hostsOf(look.declared)).find(one => one.name === name)
  if (host && ofSettings.includes(link) && beside.settles(host)) return false
  if (code === 'port-taken') return holdersOf(look).every(holder => holder === null)
  if (code !== 'name-taken') return true
  const others = look.derived.placed.map(placed => findOtherOwner(look, placed)).filter(owner => owner !== null)
  return others.some(owner => typeof owner !== 'string' || !beside.mayLeave(owner))
}

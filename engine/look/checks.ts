// All that is known about what can be wrong with a tunnel or a middle, as one list of checks along the chain. Pure.
import { isUsers } from '../../schemas/as-user'
import { loginId } from '../../schemas/machine'
import { isProxy } from '../../schemas/proxy-command'
import type { Host } from '../../schemas/types'
import { Fault, type FaultCode } from '../fault'
import { type Check, firstFailure, inChainOrder, type Link, ok } from '../parts/check'
import { type Part, stranger, type Wanted } from '../parts/part'
import { hostsOf } from '../wish/declared'
import type { Placed } from '../wish/placed'
import { checkListeners } from './listeners'
import { findOtherOwner, type Look, partOf, type State } from './look'
import { checkFarSockets } from './sockets'
import { checkWithoutRoot, doubtsWithoutRoot } from './without-root'

/** Every check that the looks at the hosts answer; whether far answers is another room's (proof/). */
export function checksOf(seen: Look): Check[] {
  const { placed } = seen.derived
  return inChainOrder([
    ...hostsOf(seen.declared).flatMap(host => reached(seen, host)),
    ...placed.flatMap(one => [...programs(one, seen), ...nameFree(one, seen), ...own(one, seen)]),
    ...oneMachine(seen),
    ...checkListeners(seen),
    ...checkFarSockets(seen),
    ...checkWithoutRoot(seen),
    ...doubtsWithoutRoot(seen),
  ])
}

/** Throws the first failure as a Fault; of those that a deploy puts right by itself, none. */
export function refuse(checks: readonly Check[]): void {
  const first = firstFailure(checks)
  if (first) throw asFault(first)
}

export const asFault = ({ code = 'not-converged', host, what, evidence, cure }: Check): Fault =>
  new Fault({ code, host, what, happened: evidence, cure })

/** Of the faults on the way to a host: which link of the chain is missing. */
const linkOf: Readonly<Partial<Record<FaultCode, Link>>> = {
  'name-unresolved': 'name resolved',
  'host-key-unknown': 'host key',
  'host-key-mismatch': 'host key',
  'host-key-revoked': 'host key',
  'host-certificate-refused': 'host key',
  'host-key-unsupported': 'host key',
  'known-hosts-unreadable': 'host key',
  'identity-file-missing': 'login',
  'identity-file-unreadable': 'login',
  'identity-file-exposed': 'login',
  'identity-file-encrypted': 'login',
  'identity-file-invalid': 'login',
  'certificate-invalid': 'login',
  'agent-missing': 'login',
  'agent-empty': 'login',
  'login-refused': 'login',
  'session-refused': 'root',
  'program-not-started': 'root',
  'become-refused': 'root',
  'become-password-missing': 'root',
  'not-root': 'root',
}

export const wayIn = ['name resolved', 'reached', 'host key', 'login', 'root'] as const
type WayIn = (typeof wayIn)[number]

/** Faults of files and agents here, found before anybody is dialled: of the host they say nothing. */
const ofHere: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'host-key-unsupported',
  'known-hosts-unreadable',
  'identity-file-missing',
  'identity-file-unreadable',
  'identity-file-exposed',
  'identity-file-encrypted',
  'identity-file-invalid',
  'certificate-invalid',
  'agent-missing',
  'agent-empty',
])

export const isOfHereAlone = ({ code }: Fault): boolean => ofHere.has(code)

export const linkOfFault = (why: unknown): WayIn => ((why instanceof Fault && linkOf[why.code]) || 'reached') as WayIn

/** What tells that the name has led to an address, whoever was there. */
const ofAddress: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'host-unreachable',
  'connection-dropped',
  'connection-not-allowed',
  'handshake-failed',
])

/** Whether what kept us out tells that a link before it is there. */
function tells(why: unknown, link: WayIn, to: Host): boolean {
  // A jump host's fault is nobody else's.
  if (!(why instanceof Fault) || isOfHereAlone(why) || why.host !== to.name) return false
  if (linkOfFault(why) !== 'reached') return true
  // Behind a jump host or a command it is not we who ask for the name.
  const isOurs = (to.via ?? []).length === 0 && !isProxy(to.proxyCommand) && !to.sshConfig
  return link === 'name resolved' && isOurs && ofAddress.has(why.code)
}

function reached({ away, greeted }: Look, to: Host): Check[] {
  const host = to.name
  const id = loginId(to)
  const why = away.get(id)
  const failed = away.has(id) ? linkOfFault(why) : null
  const at = failed === null ? wayIn.length : wayIn.indexOf(failed)
  // Nobody logs in to this machine.
  const way = to.local ? wayIn.filter(link => link === 'root' || link === failed) : wayIn
  return way.map(link => {
    const index = wayIn.indexOf(link)
    if (index < at && (failed === null || greeted?.has(id) || tells(why, link, to)))
      return ok({ link, host }, says[link](host, to))
    if (index < at) return { link, host, status: 'unknown', what: `nobody has asked whether ${says[link](host, to)}` }
    if (index > at) return { link, host, status: 'unknown', what: `${host} was not reached, so this is not judged` }
    const fault = why instanceof Fault ? why : null
    return {
      link,
      host,
      status: 'fail',
      code: fault?.code ?? 'look-failed',
      what: fault?.what ?? String(why),
      evidence: fault?.happened,
      cure: fault?.cure,
    }
  })
}

const says: Readonly<Record<WayIn, (host: string, to: Host) => string>> = {
  'name resolved': host => `the address of ${host} is known`,
  reached: host => `sshd on ${host} answers`,
  'host key': host => `${host} shows the host key that it should`,
  login: host => `the login on ${host} works`,
  root: (host, to) =>
    isUsers(to) ? `programs run on ${host}, where its login need not be root` : `programs run as root on ${host}`,
}

function programs({ kind, host }: Placed, { snapshotOf }: Look): Check[] {
  const { needs } = partOf({ kind, host } as Placed)
  const missing = snapshotOf(host).missing.filter(program => [...needs, ...always].includes(program))
  const asked = { link: 'programs', host: host.name } as const
  if (missing.length === 0) return [ok(asked, `${host.name} has the programs that ${kind} needs`)]
  return [
    {
      ...asked,
      status: 'fail',
      code: 'missing-program',
      what: `${host.name} lacks ${missing.join(', ')}`,
      cure: `install them on ${host.name}`,
    },
  ]
}

/** What reading and changing a host take, whatever the part. */
const always = ['awk', 'flock', 'install', 'mktemp', 'ss']

/** What somebody else has under the name; an account's own check says more of it. */
function nameFree(placed: Placed, seen: Look): Check[] {
  if (placed.kind === 'account') return []
  const other = findOtherOwner(seen, placed)
  const { name: host } = placed.host
  const asked = { link: 'name free', host } as const
  if (other === null) return [ok(asked, `nobody else has ${placed.kind} of this name on ${host}`)]
  const { owner, by } = other
  return [
    {
      ...asked,
      status: 'fail',
      code: 'name-taken',
      what: `${host} is already set up by somebody else`,
      evidence:
        owner === stranger
          ? `${by} is there already, and it is not ours`
          : `${by} is there, and belongs to owner ${owner}`,
      cure:
        owner === stranger
          ? 'give the tunnel another name, or move that away'
          : 'leave that to one of the two, or set owner if they are the same',
    },
  ]
}

function own(placed: Placed, { snapshotOf }: Look): Check[] {
  if (placed.want === null) return []
  const part = partOf(placed) as Part<State, Placed['at']>
  const checks = part.checks(placed.want as Wanted<State>, snapshotOf(placed.host), placed.at, placed.host.name)
  return placed.waitsForPort ? checks.map(check => untilChosen(check, placed)) : checks
}

/** What is there says another port than none, which is no fault of it. */
const untilChosen = (check: Check, { attribute }: Placed): Check =>
  check.status === 'fail' && check.mends && check.code !== 'not-listening'
    ? {
        link: check.link,
        host: check.host,
        status: 'unknown',
        what: `nobody knows what ${attribute} on ${check.host} should be before the port is chosen`,
      }
    : check

/** Two names or logins for one machine: two batches would run there at once, and each would make the account. */
function oneMachine({ declared, away, snapshotOf }: Look): Check[] {
  const hosts = hostsOf(declared).filter(host => !away.has(loginId(host)))
  return hosts.flatMap((other, at): Check[] => {
    const { machine } = snapshotOf(other)
    const first = hosts.slice(0, at).find(one => machine !== null && snapshotOf(one).machine === machine)
    if (!first) return []
    return [
      {
        link: 'name free',
        host: other.name,
        status: 'fail',
        code: 'one-machine',
        what: `${first.name} and ${other.name} are one machine`,
        evidence: 'they are one running system',
        cure: 'declare it as one host, with one login, and name it once in the tunnel; as client and server of a local forward it may be both',
      },
    ]
  })
}

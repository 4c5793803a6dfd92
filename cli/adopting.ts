// What is to be adopted, each with the machine that runs it: lines as they were given, or all that is found on a host.
import { userInfo } from 'node:os'
import { type Forwarding, readForwarding } from '../engine'
import { legalName } from '../schemas/legal-name'
import type { Host, Jump, SpecHost } from '../schemas/types'
import { type Adopting, type ByHand, type Known, writeLogin } from '../spec/from-ssh'
import { type Row, rowsOf, runningOn, startsOn, unreadOn } from './found-on-host'
import { knownBy, ownAddresses, ownKey } from './here'

export interface ToAdopt {
  readonly all: readonly Adopting[]
  /** Found there, and to be adopted elsewhere or not at all, a sentence each. */
  readonly notes: readonly string[]
  readonly known: Known
}

/** Lines that run on this machine, or on `on`, of which its addresses are asked. Throws a Fault where that does not answer. */
export async function adoptLines(hands: readonly ByHand[], on: Host | null): Promise<ToAdopt> {
  const seen = on ? await readForwarding(on) : null
  const known = knownBy(seen?.knownHosts)
  const client = on ? clientOf(on, seen, known) : { name: 'near', host: { local: true }, addresses: ownAddresses() }
  const user = on ? (on.user ?? 'root') : userInfo().username
  const all = hands.map(hand => {
    const isFile = hand.place.file !== 'the command'
    return toAdopt(hand, { on, client, user: hand.runBy ?? user, from: isFile ? hand.place.file : null })
  })
  return { all, notes: [], known }
}

/** Everything on a host that nobody of ours has made. Throws a Fault where it cannot be read. */
export async function adoptHost(host: Host): Promise<ToAdopt> {
  const seen = await readForwarding(host)
  const known = knownBy(seen.knownHosts)
  const client = clientOf(host, seen, known)
  const running = runningOn(seen).filter(({ process }) => process.owner === null)
  const starts = startsOn(seen).filter(({ isRunning }) => !isRunning)
  const all = [
    ...running.map(({ process, hand }) => {
      const from = process.unit
        ? `unit ${process.unit}${process.isUserUnit ? ` of user ${process.user}` : ''}`
        : `pid ${process.pid}`
      return toAdopt(hand, { on: host, client, user: process.user, from })
    }),
    ...starts.map(({ path, hand }) =>
      toAdopt(hand, { on: host, client, user: hand.runBy ?? 'root', from: `${path}, which is not running` }),
    ),
  ]
  const sessions = rowsOf(seen).filter(({ program, tunnel }) => program === 'sshd' && tunnel === null)
  const notes = [
    ...unreadOn(seen).map(what => `not read on ${host.name}: ${what}`),
    ...sessions.flatMap(row => {
      // Of one forward sshd may listen in both families.
      const same = sessions.filter(other => isSameForward(row, other))
      if (same[0] !== row) return []
      const listens = same.map(one => one.listens).join(', ')
      return `${listens} on ${host.name}: ssh of ${row.user} from ${row.peer ?? 'somewhere'} has it opened (-R): adopt it where that ssh runs`
    }),
    ...(all.length > 0 ? [] : [`nothing that was read on ${host.name} makes a tunnel from there, but what is ours`]),
    ...(seen.showsListeners ? [] : [`who listens on ${host.name} is not known: there is no ss (iproute2)`]),
  ]
  return { all, notes, known }
}

const isSameForward = (one: Row, other: Row) => one.pid === other.pid && portOf(one) === portOf(other)
const portOf = ({ listens }: Row) => listens.split(':').at(-1)

interface RunsOn {
  /** Null: this machine. */
  readonly on: Host | null
  readonly client: Adopting['client']
  /** As whom ssh logs in where its line names nobody: whoever runs it. */
  readonly user: string
  readonly from: Adopting['from']
}

export function toAdopt(line: ByHand, { on, client, user, from }: RunsOn): Adopting {
  const hand = { ...line, destination: { ...line.destination, user: line.destination.user ?? user } }
  if (!on) return { hand, client, from }
  const login = writeLogin({ ...hand.destination, port: null })
  const toDo = line.identityFiles.map(
    file =>
      `host ${line.destination.written}: -i ${file} is a file of ${on.name}, and an apply logs in from here: a key of this machine has to open ${login}`,
  )
  return { hand: withOwnFiles(hand, on), client, from, toDo }
}

/** A line that runs elsewhere names a key and a known_hosts of there; who logs in from here has what is here. */
export function withOwnFiles(hand: ByHand, on: Host): ByHand {
  const key = on.identityFile ?? ownKey()
  return { ...hand, identityFiles: key ? [key] : [], knownHosts: null }
}

export function clientOf(host: Host, seen: Forwarding | null, known: Known): Adopting['client'] {
  const jumps = (host.via ?? []).map(({ name, ...jump }: Jump) => ({ name, host: jump }))
  const { name, via: _, firewallManager: __, guardWindow: ___, supervisor: ____, ...rest } = host
  const found = rest.address && !rest.hostKey && !rest.knownHosts ? known.hostKey(rest.address, rest.port ?? 22) : null
  const spec: SpecHost = {
    ...rest,
    ...(found ? { hostKey: found.key } : {}),
    ...(jumps.length > 0 ? { via: jumps.map(jump => jump.name) } : {}),
  }
  return { name: legalName(name), host: spec, addresses: seen?.addresses ?? null, jumps }
}

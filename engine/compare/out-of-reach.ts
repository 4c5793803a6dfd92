// Other ends of our tunnels on machines that the spec does not name, or names no longer: told by what stands at this end. Pure.
import type { Host } from '../../schemas/types'
import { parts } from '../parts'
import { readMark } from '../parts/mark'
import { accountOf, dropInOf, folderOf, unitOf } from '../parts/paths'
import { serviceFile } from '../parts/service'
import type { Snapshot } from '../parts/snapshot'
import { type Machine, markedNames } from './leftovers'

export interface OutOfReach {
  /** The tunnel's name. */
  readonly name: string
  /** As its marks say. */
  readonly owner: string
  /** Which of its ends it is. */
  readonly end: 'client' | 'server'
  /** Where it was last reached; null where nothing tells. */
  readonly address: string | null
  /** Of the server's sshd; 22 for a client, of which nothing tells. */
  readonly port: number
  /** The name of the host that tells. */
  readonly seenOn: string
}

/** What is in reach: machines that were read, and all hosts that were to be. */
interface Reachable {
  readonly machines: readonly Machine[]
  readonly hosts: readonly Host[]
}

export function findOutOfReach(owner: string, reachable: Reachable): OutOfReach[] {
  return reachable.machines.flatMap(({ hosts, snapshot }) =>
    [...markedNames(owner, snapshot)].flatMap(name => {
      const seenOn = hosts[0]?.name ?? ''
      const ends = [clientOf(name, snapshot, reachable), serverOf(name, snapshot, reachable)]
      return ends.flatMap(end => (end ? [{ name, owner, ...end, seenOn }] : []))
    }),
  )
}

type End = Pick<OutOfReach, 'end' | 'address' | 'port'>

/** The public half of the key with which a tunnel's client logs in, and of the one that its server lets in; empty where there is none. */
const hasKey = (name: string, on: Snapshot): string => on.keys[`${folderOf(name)}/key`] ?? ''
const letsIn = (name: string, on: Snapshot): string =>
  parts['authorized-key'].observe(on, { path: `${folderOf(name)}/authorized_keys`, account: accountOf(name) })
    ?.publicKey ?? ''

/** Of a tunnel whose server this is: the mark names the client, whatever that is called now it has the key that is let in. */
function clientOf(name: string, on: Snapshot, { machines, hosts }: Reachable): End | null {
  const key = letsIn(name, on)
  if (!key || machines.some(({ snapshot }) => hasKey(name, snapshot) === key)) return null
  const address = readMark(on.files[dropInOf(name)]?.text ?? '')?.notes.client ?? null
  const end = { end: 'client', address, port: 22 } as const
  if (address !== null) return isKnown(address, { machines, hosts }) ? null : end
  // A client whose key somebody has removed, or one that could not be read now.
  const runsHere = machines.some(({ snapshot }) => serviceFile(snapshot, unitOf(name)) !== undefined)
  const allRead = hosts.every(host => machines.some(machine => machine.hosts.includes(host)))
  return runsHere || !allRead ? null : end
}

/** Of a tunnel whose client this is: known_hosts names the server, and whatever that is called now it lets the key in. */
function serverOf(name: string, on: Snapshot, { machines, hosts }: Reachable): End | null {
  const text = on.files[`${folderOf(name)}/known_hosts`]?.text ?? ''
  const [, bracketed, port = '22', plain] = /^(?:\[(\S+)\]:(\d+)|(\S+)) /.exec(text) ?? []
  const [address, key] = [bracketed ?? plain, hasKey(name, on)]
  if (address === undefined || (key && machines.some(({ snapshot }) => letsIn(name, snapshot) === key))) return null
  const samePort = hosts.filter(host => (host.port ?? 22) === Number(port))
  return isKnown(address, { machines, hosts: samePort }) ? null : { end: 'server', address, port: Number(port) }
}

/** A loopback address is this machine's own: snapshots name it, where they name any. */
const isKnown = (address: string, { machines, hosts }: Reachable): boolean =>
  address === '127.0.0.1' ||
  hosts.some(host => host.address === address || host.addresses?.includes(address)) ||
  machines.some(({ snapshot }) => snapshot.addresses.includes(address))

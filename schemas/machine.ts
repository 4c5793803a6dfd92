// What makes two hosts the same: the login by which one is reached, and the machine behind it, as far as what is declared tells. Pure.
//
// What a machine really is only the machine can say: `machine` of a snapshot (engine/look), which two logins to one machine share and
// two clones of one image do not.
import { isDeepStrictEqual } from 'node:util'
import { expandTokens, isProxy, usesName } from './proxy-command'
import type { Host } from './types'
import { allKnown, type IsUnknown } from './unknown'

/** Whether it is ours to look at and to change; else others run it (managed: false). */
export const isOurs = ({ managed }: Pick<Host, 'managed'>): boolean => managed !== false

const loginIds = new WeakMap<Host, string>()

/**
 * One text a login: what other addresses the host has, who makes its firewall, and how long it waits to be confirmed, does not matter; nor what it is called,
 * unless the login goes by that name: where ssh's own configuration holds, or a command has %n.
 */
export function loginId(host: Host): string {
  const known = loginIds.get(host)
  if (known !== undefined) return known
  const { name, addresses: _addresses, firewallManager: _manager, guardWindow: _window, supervisor, ...rest } = host
  // Whoever looks as a user sees and may less than the same login that becomes root.
  const reach = supervisor === 'systemd-user' ? { ...rest, supervisor } : rest
  const { sshConfig, proxyCommand } = host
  const goesByName = sshConfig || (isProxy(proxyCommand) && usesName(proxyCommand))
  const id = JSON.stringify(
    Object.entries(goesByName ? { ...reach, name } : reach).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  loginIds.set(host, id)
  return id
}

/** The hosts, each login once. */
export const eachLogin = (hosts: readonly Host[]): Host[] => [
  ...new Map(hosts.map(host => [loginId(host), host])).values(),
]

type Way = Pick<Partial<Host>, 'name' | 'via' | 'proxyCommand' | 'sshConfig'>

/**
 * What leads to an address: the last jump host's, and what makes the connection to the first hop. Both are empty for a connection from here. Of several
 * jump hosts the last tells enough.
 */
function wayOf(host: Way): [jump: string, command: string] {
  const { via = [] } = host
  return [via.at(-1)?.address ?? '', via.length < 2 ? commandOf(via[0] ?? host) : '']
}

/** A command, or ssh's own configuration, which goes by the name and of which nobody knows the way until it is asked. */
function commandOf({ name = '', proxyCommand, sshConfig }: Way): string {
  if (isProxy(proxyCommand)) return expandTokens(proxyCommand, { n: name })
  return sshConfig && proxyCommand === undefined ? `sshConfig ${name}` : ''
}

/** Addresses mean the same in small letters; commands do not. */
const folded = ([jump, command]: readonly [string, string]) => [jump.toLowerCase(), command]

export const isSameWay = (a: Way, b: Way): boolean => isDeepStrictEqual(folded(wayOf(a)), folded(wayOf(b)))

type Moved = 'address' | 'local' | 'managed' | 'port' | 'hostKey'
type Reached = Way & Readonly<Partial<Record<Moved, unknown>>>

/**
 * What tells that a host is another machine than it was: another address, another port behind which another host key answers, or another way at whose end
 * another key is pinned than was; or that it is ours no more, or from now on. Empty for the same machine, however the login has changed. Values may be of any kind, but for those of the way.
 */
export function movedBy(before: Reached, now: Reached): Moved[] {
  const differs = (name: Moved, unset: unknown = null) => (before[name] ?? unset) !== (now[name] ?? unset)
  const arePinned = (before.hostKey ?? null) !== null && (now.hostKey ?? null) !== null
  return [
    ...(differs('address') ? (['address'] as const) : []),
    ...(differs('local', false) ? (['local'] as const) : []),
    ...(differs('managed', true) ? (['managed'] as const) : []),
    ...(differs('port', 22) && differs('hostKey') ? (['port'] as const) : []),
    ...(arePinned && differs('hostKey') && !isSameWay(before, now) ? (['hostKey'] as const) : []),
  ]
}

/**
 * One text a machine, as far as what is declared tells; null where it does not. One private address behind two jump hosts, by two commands, or by two names
 * of ssh's own configuration, is two machines; texts that `isUnknown` knows say nothing.
 */
export function machineText(host: Host, isUnknown: IsUnknown): string | null {
  const { local, address, port } = host
  if (local) return 'this machine'
  const way = wayOf(host)
  return address && ![...way, address].some(isUnknown)
    ? JSON.stringify([...folded(way), address.toLowerCase(), port ?? 22])
    : null
}

/** Whether two hosts are one machine, as far as what is declared tells. */
export function isOneMachine(a: Host, b: Host): boolean {
  const machine = machineText(a, allKnown)
  return machine !== null && machine === machineText(b, allKnown)
}

/** Whether the two ends of a tunnel are one host. What is called alike is, unless both say where they stand and that differs. */
export function isOneHost(client: Host, server: Host, isUnknown: IsUnknown): boolean {
  if (isUnknown(client.name) || isUnknown(server.name)) return false
  const [here, there] = [client, server].map(host => machineText(host, isUnknown))
  if (here !== null && here === there) return true
  const isPlaced = here !== null && there !== null && !client.local && !server.local
  return client.name === server.name && !isPlaced
}

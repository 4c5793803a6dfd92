// What makes two hosts the same: the login by which one is reached, and the machine behind it, as far as what is declared tells. Pure.
//
// What a machine really is only the machine can say: `machine` of a snapshot (engine/look), which two logins to one machine share and
// two clones of one image do not.
import type { Host } from './types'
import { allKnown, type IsUnknown } from './unknown'

const loginIds = new WeakMap<Host, string>()

/** One text a login: what the host is called, what other addresses it has, who makes its firewall, and how long it waits to be confirmed, does not matter. */
export function loginId(host: Host): string {
  const known = loginIds.get(host)
  if (known !== undefined) return known
  const { name: _name, addresses: _addresses, firewallManager: _manager, guardWindow: _window, ...reach } = host
  const id = JSON.stringify(Object.entries(reach).sort(([a], [b]) => (a < b ? -1 : 1)))
  loginIds.set(host, id)
  return id
}

/** The hosts, each login once. */
export const eachLogin = (hosts: readonly Host[]): Host[] => [
  ...new Map(hosts.map(host => [loginId(host), host])).values(),
]

type Reached = Readonly<Partial<Record<'address' | 'local' | 'port' | 'hostKey', unknown>>>

/**
 * What tells that a host is another machine than it was: another address, or another port behind which another host key answers.
 * Empty for the same machine, however the login has changed. Values may be of any kind, also ones that are not known yet.
 */
export function movedBy(before: Reached, now: Reached): ('address' | 'local' | 'port')[] {
  const differs = (name: keyof Reached, unset: unknown = null) => (before[name] ?? unset) !== (now[name] ?? unset)
  return [
    ...(differs('address') ? (['address'] as const) : []),
    ...(differs('local', false) ? (['local'] as const) : []),
    ...(differs('port', 22) && differs('hostKey') ? (['port'] as const) : []),
  ]
}

/**
 * One text a machine, as far as what is declared tells; null where it does not. One private address behind two jump hosts, or by two
 * commands, is two machines; texts that `isUnknown` knows say nothing.
 */
export function machineText(
  { local, address, port, proxyCommand = '', via = [] }: Host,
  isUnknown: IsUnknown,
): string | null {
  if (local) return 'this machine'
  const way = [via.at(-1)?.address ?? proxyCommand, address ?? '']
  return address && !way.some(isUnknown) ? JSON.stringify([...way.map(one => one.toLowerCase()), port ?? 22]) : null
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

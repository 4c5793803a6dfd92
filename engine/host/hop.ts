// A hop: one login on the way to a host; the last one is the host itself.
import { homedir } from 'node:os'
import { formatEndpoint } from '../../schemas/endpoint'
import { isProxy } from '../../schemas/proxy-command'
import type { Host, Jump } from '../../schemas/types'
import { Fault } from '../fault'

export interface Hop {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly hostKey?: string
  readonly knownHosts?: string
  /** The name under which known_hosts has its key. */
  readonly hostKeyAlias?: string
  readonly identityFile?: string
  /** Makes the connection to it; of the first hop alone. */
  readonly proxyCommand?: string
  /** What messages call it: `jump host bastion`. */
  readonly label: string
  /** Of a jump host, its place on the way: `hop 1 of 2 on the way to middle`. */
  readonly place?: string
}

export function listHops(host: Host): readonly Hop[] {
  if (!host.address) {
    throw new Fault({
      code: 'host-without-address',
      host: host.name,
      what: `cannot reach ${host.name}: it has no address`,
      cure: 'give it an address, or local: true if it is this machine',
    })
  }
  const jumps = host.via ?? []
  const total = jumps.length
  const hops = [
    ...jumps.map((jump, at) =>
      makeHop(jump, jump.address, `jump host ${jump.name}`, `hop ${at + 1} of ${total} on the way to ${host.name}`),
    ),
    makeHop(
      host,
      host.address,
      total ? `${host.name} (through ${jumps.map(jump => jump.name).join(', ')})` : host.name,
    ),
  ]
  // The later ones are reached from the one before.
  return hops.map(({ proxyCommand, ...hop }, at) => (at === 0 && proxyCommand ? { ...hop, proxyCommand } : hop))
}

function makeHop(to: Host | Jump, address: string, label: string, place?: string): Hop {
  return {
    name: to.name,
    address,
    port: to.port ?? 22,
    user: to.user ?? 'root',
    hostKey: to.hostKey,
    knownHosts: to.knownHosts,
    hostKeyAlias: to.hostKeyAlias,
    identityFile: to.identityFile,
    ...(isProxy(to.proxyCommand) && { proxyCommand: to.proxyCommand }),
    label,
    place,
  }
}

/** ADDRESS:PORT, IPv6 in brackets. */
export const endpointOf = ({ address, port }: Pick<Hop, 'address' | 'port'>): string =>
  formatEndpoint({ host: address, port })

export function expandHome(path: string, environment: NodeJS.ProcessEnv): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  return (environment.HOME || homedir()) + path.slice(1)
}

// From where a tunnel is proved: as it says, or a place that its firewall lets in.
import { networkInterfaces } from 'node:os'
import { isAmong } from '../../schemas/among'
import { familyOf, isLoopback, isWildcard, isZoned, parseEndpoint, sameHost } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import { isOneMachine, isOurs } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { isTcp, type Listening, type TcpListening } from '../wish/placed'

/** A place from which a connection to the listener is tried; `through` null is this machine. */
export interface Place {
  readonly name: string
  readonly through: Host | null
  /** It is another machine than the one that listens, so that a connection passes that one's firewall. */
  readonly pastFirewall: boolean
}

/** What only the hosts tell. */
export interface Addresses {
  /** This machine's address as the listening host sees it; nobody is asked where it does not matter. */
  readonly here: () => Promise<string | null>
  /** Those of the listening host. */
  readonly listening: readonly string[]
}

/**
 * As probeFrom says. Else from here, when the firewall lets us in; else from the other host of the tunnel, or the listening host itself.
 */
export async function choosePlace(tunnel: Single, listening: Listening, addresses: Addresses): Promise<Place> {
  const { host } = listening
  const at = (through: Host | null, name = through?.name ?? 'here'): Place => ({
    name,
    through,
    pastFirewall: !isItself(through, listening, addresses.listening),
  })
  const here = at(null)
  if (tunnel.probeFrom) return at(tunnel.probeFrom)
  // Nobody logs in there.
  if (!isOurs(host)) return here
  if (isReachedThereAlone(listening) || host.local) return itself(listening)
  if (!tunnel.allowFrom) return here
  const allowed = (address: string | null | undefined) => Boolean(address && isAmong(address, tunnel.allowFrom ?? []))
  if (allowed(await addresses.here())) return here
  const other = [tunnel.client, tunnel.server].find(side => isOurs(side) && !side.local && allowed(side.address))
  return other ? at(other) : itself(listening)
}

/** Nobody comes there from elsewhere: not to a socket or loopback, and to a link-local address only who is on that link, by an interface of his own. */
export function isReachedThereAlone(listening: Listening): boolean {
  if (!isTcp(listening)) return true
  const address = reachedAddress(listening)
  return isLoopback(address) || isZoned(address)
}

/** The listening host's own place. */
export const itself = ({ host }: Listening): Place =>
  host.local
    ? { name: 'here', through: null, pastFirewall: false }
    : { name: host.name, through: host, pastFirewall: false }

/** Whether who dials is the listening host: such a connection goes over its loopback. */
function isItself(from: Host | null, listening: Listening, addresses: readonly string[]): boolean {
  const { host } = listening
  const own = [...(host.addresses ?? []), ...addresses].filter(address => !isLoopback(address))
  if (from && !from.local) return isOneMachine(from, host) || own.some(one => sameHost(one, from.address ?? ''))
  const ours = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  if (!isTcp(listening)) return true
  const reached = reachedAddress(listening)
  return Boolean(host.local) || isLoopback(reached) || ours.some(({ address }) => sameHost(address, reached))
}

/** The address at which the listener is dialled: the one that the tunnel's endpoint names; where that is a wildcard, loopback. */
export function reachedAddress({ address, endpoint }: TcpListening): string {
  if (!isWildcard(address)) return address
  const named = parseEndpoint(endpoint)
  if (!('error' in named) && !isWildcard(named.host) && named.host !== 'localhost') return named.host
  return familyOf(address) === 6 ? '::1' : '127.0.0.1'
}

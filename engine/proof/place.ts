// From where a tunnel is proved: a place that its firewall lets in.
import { BlockList, isIP } from 'node:net'
import { isLoopback, isWildcard } from '../../schemas/endpoint'
import type { Host, Tunnel } from '../../schemas/types'
import type { Listening } from '../wish/placed'

/** A place from which a connection to the listener is let in; `through` null is this machine. */
export interface Place {
  readonly name: string
  readonly through: Host | null
}

/**
 * From here, when the firewall lets us in; else from the other host of the tunnel, or the listening host itself.
 * `ownAddress` tells this machine's address as the listening host sees it; nobody is asked where it does not matter.
 */
export async function choosePlace(
  tunnel: Tunnel,
  listening: Listening,
  ownAddress: () => Promise<string | null>,
): Promise<Place> {
  const itself: Place = { name: listening.host.name, through: listening.host }
  const here: Place = { name: 'here', through: null }
  if (isLoopback(listening.address)) return listening.host.local ? here : itself
  // ssh binds :: for IPv6 alone: where the host is known by IPv4 only it is asked on its own loopback.
  if (reachedAddress(listening) === '::1') return listening.host.local ? here : itself
  if (!tunnel.allowFrom || listening.host.local) return here
  const allowed = (address: string | null | undefined) => Boolean(address && isAllowed(address, tunnel.allowFrom ?? []))
  if (allowed(await ownAddress())) return here
  const other = [tunnel.client, tunnel.server].find(side => !side.local && allowed(side.address))
  return other ? { name: other.name, through: other } : itself
}

function isAllowed(address: string, networks: readonly string[]): boolean {
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  if (!isIP(address)) return false
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    if (bits === undefined) list.addAddress(base, family(base))
    else list.addSubnet(base, Number(bits), family(base))
  }
  return list.check(address, family(address))
}

/** The address at which the listener is dialled. */
export function reachedAddress({ address, host }: Listening): string {
  if (!isWildcard(address)) return address
  if (address === '::') return isIP(host.address ?? '') === 6 ? (host.address ?? '::1') : '::1'
  return host.address ?? '127.0.0.1'
}

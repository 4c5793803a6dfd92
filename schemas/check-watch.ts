// A resident proof goes from the client to the public port: can it get there? Pure.
import { isIP } from 'node:net'
import { isAmong } from './among'
import { addressesOf } from './check-host'
import { listenerOf } from './check-listen'
import { endpointOf } from './describe-tunnel'
import { isLoopback, isWildcard, parseEndpoint } from './endpoint'
import type { Finding } from './finding'
import { greets, probeKind } from './probe'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'

export function checkWatch(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const { watch, probe = '', far, forward, client, server, allowFrom = [] } = tunnel
  if (!watch || isUnknown(probe) || isUnknown(far)) return []
  const wrong = (message: string, hint: string): Finding[] => [{ path: ['watch'], code: 'no-watch', message, hint }]
  if (forward === 'dynamic')
    return wrong('watch proves one far again and again, and a dynamic forward has none', 'leave watch out')
  if (probeKind(tunnel) === 'none')
    return wrong('watch proves far again and again, and probe: none says that nothing does', 'leave one of them out')
  if (probeKind(tunnel) === 'tcp' && !('error' in parseEndpoint(far)) && !greets(tunnel))
    return wrong(
      `watch cannot tell whether ${far} answers: nobody has said what it speaks, and it need not be the first to speak`,
      'say what it speaks by probe: ssh, tls or http; of what speaks none of them leave watch out, for only a deploy and status, which see both ends, prove it',
    )
  const ownAddresses = [client.address ?? '', ...(client.addresses ?? [])]
  if (
    forward !== 'remote' ||
    !listenerOf(tunnel) ||
    [client.name, server.name, ...ownAddresses, ...allowFrom].some(isUnknown)
  )
    return []
  const reached = parseEndpoint(endpointOf(tunnel))
  if ('error' in reached) return []
  const leaveOut = 'leave watch out'
  if (isLoopback(reached.host))
    return wrong(
      `${reached.host} is reached from ${server.name} itself only, and watch proves far from ${client.name}`,
      leaveOut,
    )
  if (isWildcard(reached.host))
    return wrong(`${server.name} has no address of that family at which ${client.name} could reach it`, leaveOut)
  if (tunnel.allowFrom && isShutOut(allowFrom, addressesOf(client) ?? []))
    return wrong(
      `watch proves far from ${client.name}, and allowFrom does not let it in`,
      `add the address by which ${server.name} sees ${client.name} to allowFrom, or ${leaveOut}`,
    )
  return []
}

/**
 * The server may see the client by another address than that at which we reach it, that of a NAT in between: only of an address that is public
 * nobody expects that. What allowFrom itself has wrong is told elsewhere.
 */
const isShutOut = (networks: readonly string[], addresses: readonly string[]): boolean =>
  addresses.length > 0 &&
  networks.every(network => isIP(network.split('/')[0] ?? '')) &&
  addresses.every(address => !isAmong(address, networks) && !isAmong(address, notPublic))

/** Private, shared, link-local and unique local addresses (RFC 1918, 6598, 3927, 4193), loopback and link-local ones of IPv6. */
const notPublic = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1',
]

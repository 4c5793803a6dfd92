// A resident proof goes from the client to the public port: can it get there? Pure.
import { BlockList, isIP } from 'node:net'
import { listenerOf } from './check-listen'
import { endpointOf } from './describe-tunnel'
import { isLoopback, isWildcard, parseEndpoint } from './endpoint'
import type { Finding } from './finding'
import { probeKind } from './probe'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'

export function checkWatch(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const { watch, probe = '', far, forward, client, server, allowFrom = [] } = tunnel
  if (!watch || isUnknown(probe) || isUnknown(far)) return []
  const wrong = (message: string, hint: string): Finding[] => [{ path: ['watch'], code: 'no-watch', message, hint }]
  if (probeKind(tunnel) === 'none')
    return wrong('watch proves far again and again, and probe: none says that nothing does', 'leave one of them out')
  const address = client.address ?? ''
  if (forward !== 'remote' || !listenerOf(tunnel) || [client.name, server.name, address, ...allowFrom].some(isUnknown))
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
  if (tunnel.allowFrom && !letsIn(tunnel.allowFrom, address))
    return wrong(
      `watch proves far from ${client.name}, and allowFrom does not let it in`,
      `add the address by which ${server.name} sees ${client.name} to allowFrom, or ${leaveOut}`,
    )
  return []
}

/** What allowFrom itself has wrong is told elsewhere; an address that nobody knows may be among any. */
function letsIn(networks: readonly string[], address: string): boolean {
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  if (!isIP(address)) return true
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    if (!isIP(base)) return true
    if (bits === undefined) list.addAddress(base, family(base))
    else if (Number(bits) <= (isIP(base) === 6 ? 128 : 32)) list.addSubnet(base, Number(bits), family(base))
  }
  return list.check(address, family(address))
}

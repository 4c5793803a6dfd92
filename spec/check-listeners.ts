// Two tunnels cannot listen on one address and port of the same host.
import { listenerOf, listeningHost } from '../schemas/check-listen'
import { type Endpoint, familyOf, formatEndpoint, isLoopback, isWildcard, sameHost } from '../schemas/endpoint'
import type { Tunnel } from '../schemas/types'
import type { Flaw } from './flaw'
import { isUnknown } from './mend'

export function checkListeners(tunnels: readonly Tunnel[]): Flaw[] {
  const taken = new Map<string, { tunnel: Tunnel; listen: Endpoint }[]>()
  return tunnels.flatMap(tunnel => {
    const listen = listenerOf(tunnel)
    const host = listeningHost(tunnel)
    if (!listen || listen.port === 0 || isUnknown(host.name) || !tunnel.forward) return []
    const key = `${host.name} ${listen.port}`
    const others = taken.get(key) ?? []
    taken.set(key, [...others, { tunnel, listen }])
    const first = others.find(other => collide(other.listen.host, listen.host))
    if (!first) return []
    const message = `tunnels ${first.tunnel.name} and ${tunnel.name} collide on port ${listen.port} of ${host.name}`
    const hint = `${first.tunnel.name} listens on ${formatEndpoint(first.listen)}`
    return [{ path: ['tunnels', tunnel.name, 'listen'], code: 'listener-taken', message, hint }]
  })
}

/** A wildcard takes every address of its family; ssh binds :: for IPv6 alone (IPV6_V6ONLY, channels.c). */
function collide(a: string, b: string): boolean {
  if (sameHost(a, b) || a === '*' || b === '*') return true
  if (a === 'localhost' || b === 'localhost') return isLoopbackOrAny(a) && isLoopbackOrAny(b)
  return (isWildcard(a) || isWildcard(b)) && familyOf(a) === familyOf(b)
}

function isLoopbackOrAny(host: string): boolean {
  return (
    isWildcard(host) || host === 'localhost' || (isLoopback(host) && (host === '127.0.0.1' || familyOf(host) === 6))
  )
}

// Where a tunnel leads: is far a service that one can dial, and not the tunnel's own listener? Pure.
import { isSocket } from './address'
import { addressesOf } from './check-host'
import { knowsForward, listenerOf, listeningHost, sayNoZone } from './check-listen'
import { type Endpoint, isCompatible, isLinkLocal, isLoopback, isWildcard, parseEndpoint, sameHost } from './endpoint'
import type { Finding } from './finding'
import type { Single } from './forward'
import { isOneHost } from './machine'
import type { IsUnknown } from './unknown'

export function checkFar(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  // Of sockets check-socket.ts knows.
  if (isUnknown(tunnel.far) || isSocket(tunnel.far)) return []
  const far = parseEndpoint(tunnel.far)
  const path = ['far']
  if ('error' in far) {
    if (far.host !== undefined) {
      const message = `${far.host} is not a host name or IP address`
      const hint = isCompatible(far.host) ? 'write the IPv4 address alone' : 'letters, digits, dots and hyphens only'
      return [{ path, text: far.host, code: 'far-name', message, hint }]
    }
    const hint = 'HOST:PORT, for example server935:22 or "[2001:db8::30]:22"'
    return [{ path, code: 'bad-endpoint', message: `far ${far.error}`, hint }]
  }
  if (far.port === 0) {
    return [{ path, text: '0', code: 'port-zero', message: 'far wants the port of the service, not 0' }]
  }
  if (isWildcard(far.host)) {
    const message = `far wants one host to dial, and ${far.host} means any`
    return [{ path, text: far.host, code: 'far-wildcard', message, hint: 'the same machine is 127.0.0.1' }]
  }
  if (isLinkLocal(far.host)) return [sayNoZone('far', far)]
  const listen = listenerOf(tunnel)
  if (!listen || !isLoop(far, listen, tunnel, isUnknown)) return []
  const message = `far is the tunnel's own listener`
  return [{ path, code: 'loop', message, hint: 'far is the service that the listener leads to' }]
}

function isLoop(far: Endpoint, listen: Endpoint, tunnel: Single, isUnknown: IsUnknown): boolean {
  if (far.port !== listen.port) return false
  const isOne = isOneHost(tunnel.client, tunnel.server, isUnknown)
  if (isLoopback(listen.host)) {
    const names = [far.host, listen.host]
    return isOne && isLoopback(far.host) && (names.includes('localhost') || sameHost(far.host, listen.host))
  }
  if (!isWildcard(listen.host)) return sameHost(far.host, listen.host)
  if (isLoopback(far.host)) return isOne
  if (!knowsForward(tunnel)) return false
  const on = listeningHost(tunnel)
  return [on.address ?? '', ...(addressesOf(on) ?? [])].some(address => sameHost(address, far.host))
}

// From where and how far is asked: does what the tunnel says of it fit together? Pure.
import { checkHost } from './check-host'
import { listenerOf, listeningHost } from './check-listen'
import { endpointOf } from './describe-tunnel'
import { isLoopback, isWildcard, parseEndpoint } from './endpoint'
import { type Finding, under } from './finding'
import type { Single } from './forward'
import { isOneMachine } from './machine'
import { probeKind } from './probe'
import type { IsUnknown } from './unknown'

export function checkProbe(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  return [...checkStatus(tunnel, isUnknown), ...checkFrom(tunnel, isUnknown)]
}

function checkStatus(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  if (!tunnel.probeStatus || isUnknown(tunnel.probe ?? '') || isUnknown(tunnel.far)) return []
  const kind = probeKind(tunnel)
  if (kind === 'http') return []
  const message = `probeStatus is for a probe of http, and this one is of ${kind}`
  return [{ path: ['probeStatus'], code: 'no-status', message, hint: 'write probe: http, or leave probeStatus out' }]
}

function checkFrom(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  const { probeFrom } = tunnel
  if (!probeFrom) return []
  const wrong = under(['probeFrom'], checkHost(probeFrom, isUnknown))
  const listen = listenerOf(tunnel)
  const on = listeningHost(tunnel)
  const unknown = [probeFrom, on].some(({ name, address = '' }) => isUnknown(name) || isUnknown(address))
  if (unknown || !listen || isOneMachine(probeFrom, on)) return wrong
  const reached = parseEndpoint(endpointOf(tunnel))
  if ('error' in reached || !(isLoopback(reached.host) || isWildcard(reached.host))) return wrong
  const why = isLoopback(reached.host)
    ? { message: `${reached.host} is reached from ${on.name} itself only, and not from ${probeFrom.name}` }
    : { message: `${on.name} has no address of that family at which ${probeFrom.name} could reach it` }
  const hint = isLoopback(reached.host) ? 'leave probeFrom out' : `name one under addresses of ${on.name}`
  return [...wrong, { path: ['probeFrom'], code: 'probe-elsewhere', ...why, hint }]
}

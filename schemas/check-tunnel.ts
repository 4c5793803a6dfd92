// What can be wrong with one tunnel although its shape is right; used for the YAML, the constructs and the provider. Pure.
import { isSocket } from './address'
import { checkFar } from './check-far'
import { atForward, checkForwards, withoutDoubles } from './check-forwards'
import { checkHost } from './check-host'
import { checkJumps } from './check-jumps'
import { checkLabels } from './check-labels'
import { checkLimits, checkLimitsOfAll } from './check-limits'
import { checkListen, listenerOf } from './check-listen'
import { checkAskedOfThem, checkManaged, checkTheirListener } from './check-managed'
import { checkProbe } from './check-probe'
import { checkSocketModes, checkSockets } from './check-socket'
import { checkSources } from './check-sources'
import { checkWatch, checkWatches } from './check-watch'
import { checkDynamic } from './dynamic'
import { isLoopback } from './endpoint'
import { type Finding, under } from './finding'
import { hasRemote, type Single, singlesOf } from './forward'
import { isOneHost, loginId, machineText } from './machine'
import type { Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

export { checkHost, checkHostAlone } from './check-host'
export { checkMiddle, checkSettings } from './check-middle'
export type { Finding } from './finding'

export function checkTunnel(tunnel: Tunnel, isUnknown: IsUnknown = allKnown): Finding[] {
  return [
    ...checkTunnelAlone(tunnel, isUnknown),
    ...under(['client'], checkHost(tunnel.client, isUnknown)),
    ...under(['server'], checkHost(tunnel.server, isUnknown)),
    ...(tunnel.jumps ?? []).flatMap((jump, at) => under(['jumps', at], checkHost(jump, isUnknown))),
  ]
}

/** Without its hosts. */
export function checkTunnelAlone(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const singles = singlesOf(tunnel)
  return [
    ...checkEnds(tunnel, isUnknown),
    ...checkManaged(tunnel, isUnknown),
    ...checkJumps(tunnel, isUnknown),
    ...checkForwards(tunnel),
    ...checkSocketModes(tunnel, isUnknown),
    ...checkLimitsOfAll(tunnel, isUnknown),
    ...checkWatches(tunnel),
    ...checkLabels(tunnel),
    ...withoutDoubles(singles.flatMap(single => atForward(single, tunnel, checkSingle(single, isUnknown)))),
  ]
}

/** What is judged of each forward alone. */
const checkSingle = (single: Single, isUnknown: IsUnknown): Finding[] => [
  ...checkListen(single, isUnknown),
  ...checkFar(single, isUnknown),
  ...checkSockets(single, isUnknown),
  ...checkDynamic(single, isUnknown),
  ...checkAllowFrom(single, isUnknown),
  ...checkTheirListener(single),
  ...checkAskedOfThem(single),
  ...checkProbe(single, isUnknown),
  ...checkLimits(single, isUnknown),
  ...checkWatch(single, isUnknown),
]

/** Anywhere inside. */
const holdsUnknown = (value: unknown, isUnknown: IsUnknown): boolean =>
  typeof value === 'string'
    ? isUnknown(value)
    : typeof value === 'object' && Object.values(value ?? {}).some(inner => holdsUnknown(inner, isUnknown))

function checkEnds(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const { client, server, jumps = [] } = tunnel
  if (isUnknown(client.name) || isUnknown(server.name)) return []
  const [here, there] = [client, server].map(host => machineText(host, isUnknown))
  const isOne = here !== null && here === there
  const both = isOneHost(client, server, isUnknown)
  if (both && hasRemote(tunnel)) {
    const names = client.name === server.name ? 'both ' : `one machine, `
    const hint = `on one host write forward: local`
    const message = `a remote forward goes from one host to another, but client and server are ${names}${client.name}`
    return [{ path: ['server'], code: 'same-host', message, hint }]
  }
  if (isOne && client !== server && !holdsUnknown([client, server], isUnknown) && loginId(client) !== loginId(server)) {
    const message = `${client.name} and ${server.name} are one machine with two logins`
    return [{ path: ['server'], code: 'one-machine', message, hint: 'name the same host as client and as server' }]
  }
  // Of jump hosts it is the last one that goes on to it.
  if (both || jumps.length > 0 || !server.local || server.address) return []
  const message = `${client.name} cannot reach the server ${server.name}: it is local and has no address`
  const hint = `give ${server.name} the address at which ${client.name} finds it`
  return [{ path: ['server'], code: 'no-address', message, hint }]
}

function checkAllowFrom(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  if (isSocket(tunnel.listen)) return []
  const listen = listenerOf(tunnel)
  if (!tunnel.allowFrom || !listen || !isLoopback(listen.host)) {
    return checkSources('allowFrom', tunnel.allowFrom, listen?.host ?? '*', isUnknown)
  }
  const message = `allowFrom has nothing to open: ${listen.host} is reached from the host itself only`
  const hint = 'leave allowFrom out, or listen on another address'
  return [{ path: ['allowFrom'], code: 'nothing-to-open', message, hint }]
}

// Limits that are too narrow to let anything through. Pure.
import { isSocket } from './address'
import type { Finding } from './finding'
import { singlesOf } from './forward'
import { limitsOf } from './limits'
import type { Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

/** Bytes a second: below it one packet and its answer take longer than people wait. */
const least = 64_000 / 8

export function checkLimits(tunnel: Tunnel, isUnknown: IsUnknown = allKnown): Finding[] {
  const singles = singlesOf(tunnel)
  const isOfSockets = singles.length > 0 && singles.every(({ listen }) => !isUnknown(listen) && isSocket(listen))
  if (tunnel.limits && isOfSockets) {
    const message = 'limits are for ports, and this tunnel listens on unix sockets alone'
    return [{ path: ['limits'], code: 'nothing-to-limit', message, hint: 'leave limits out' }]
  }
  const { bandwidth } = tunnel.limits ?? {}
  if (bandwidth === undefined || isUnknown(bandwidth) || (limitsOf(tunnel)?.bandwidth ?? least) >= least) return []
  const message = `${bandwidth} is too little for a connection to live on`
  return [{ path: ['limits', 'bandwidth'], code: 'limit-too-low', message, hint: 'at least 64kbit' }]
}

// Limits that are too narrow to let anything through. Pure.
import type { Finding } from './finding'
import { limitsOf } from './limits'
import type { Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

/** Bytes a second: below it one packet and its answer take longer than people wait. */
const least = 64_000 / 8

export function checkLimits(tunnel: Pick<Tunnel, 'limits'>, isUnknown: IsUnknown = allKnown): Finding[] {
  const { bandwidth } = tunnel.limits ?? {}
  if (bandwidth === undefined || isUnknown(bandwidth) || (limitsOf(tunnel)?.bandwidth ?? least) >= least) return []
  const message = `${bandwidth} is too little for a connection to live on`
  return [{ path: ['limits', 'bandwidth'], code: 'limit-too-low', message, hint: 'at least 64kbit' }]
}

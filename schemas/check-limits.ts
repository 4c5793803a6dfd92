// Limits that are too narrow to let anything through, and those of what has no port. Pure.
import { isSocket } from './address'
import type { Finding } from './finding'
import { type Single, singlesOf } from './forward'
import { limitsOf } from './limits'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'

/** Bytes a second: below it one packet and its answer take longer than people wait. */
const least = 64_000 / 8

export function checkLimits({ limits, listen }: Single, isUnknown: IsUnknown): Finding[] {
  if (limits && !isUnknown(listen) && isSocket(listen))
    return [nothingToLimit('limits are for ports, and this is a unix socket')]
  const { bandwidth } = limits ?? {}
  if (bandwidth === undefined || isUnknown(bandwidth) || (limitsOf({ limits })?.bandwidth ?? least) >= least) return []
  const message = `${bandwidth} is too little for a connection to live on`
  return [{ path: ['limits', 'bandwidth'], code: 'limit-too-low', message, hint: 'at least 64kbit' }]
}

/** What a tunnel of several says for those that have a port: there is one at least. */
export function checkLimitsOfAll(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const singles = singlesOf(tunnel)
  const isOfSockets = singles.length > 0 && singles.every(({ listen }) => !isUnknown(listen) && isSocket(listen))
  return tunnel.limits && tunnel.forwards && isOfSockets
    ? [nothingToLimit('limits are for ports, and this tunnel listens on unix sockets alone')]
    : []
}

const nothingToLimit = (message: string): Finding => ({
  path: ['limits'],
  code: 'nothing-to-limit',
  message,
  hint: 'leave limits out',
})

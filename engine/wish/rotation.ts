// Which key a tunnel should have: the one that stands, a next one that waits, or one that is yet to be made. Pure.
import type { Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import type { Known } from './placed'

type Rotated = Pick<Tunnel, 'rotate'>

/** The key that waits to take the place of the one that stands, unless it was made for something else than is asked for. */
const waiting = ({ rotate }: Rotated, { next }: Known) =>
  next && (rotate === undefined || next.rotation === rotate) ? next : undefined

export function wantedKey(tunnel: Rotated, known: Known): string | typeof knownAfterApply {
  const next = waiting(tunnel, known)
  if (next) return next.publicKey
  const isOld = tunnel.rotate !== undefined && known.rotation !== tunnel.rotate
  return known.publicKey === undefined || isOld ? knownAfterApply : known.publicKey
}

/** For the key on the client. */
export const rotationAt = (tunnel: Rotated, known: Known) => ({
  ...(tunnel.rotate !== undefined && { rotate: tunnel.rotate }),
  ...(waiting(tunnel, known)?.isIn && { nextIsIn: true }),
})

/** For the authorized key: what else is let in until the client has no other key than the wanted one. */
export const besideIt = (tunnel: Rotated, known: Known) =>
  waiting(tunnel, known) && known.publicKey !== undefined ? { beside: known.publicKey } : {}

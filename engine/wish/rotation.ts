// Which key a tunnel should have: the one that stands, a next one that waits, or one that is yet to be made. Pure.
import { knownAfterApply } from '../parts/part'
import type { Chain } from './chain'
import type { Known } from './placed'

/** The key that waits to take the place of the one that stands, unless it was made for something else than is asked for. */
const waiting = ({ rotate }: Chain, { next }: Known) =>
  next && (rotate === undefined || next.rotation === rotate) ? next : undefined

export function wantedKey(chain: Chain, known: Known): string | typeof knownAfterApply {
  const next = waiting(chain, known)
  if (next) return next.publicKey
  const isOld = chain.rotate !== undefined && known.rotation !== chain.rotate
  return known.publicKey === undefined || isOld ? knownAfterApply : known.publicKey
}

/** For the key on the client. */
export const rotationAt = (chain: Chain, known: Known) => ({
  ...(chain.rotate !== undefined && { rotate: chain.rotate }),
  ...(waiting(chain, known)?.isIn && { nextIsIn: true }),
})

/** For the authorized key: what else is let in until the client has no other key than the wanted one. */
export const besideIt = (chain: Chain, known: Known) =>
  waiting(chain, known) && known.publicKey !== undefined ? { beside: known.publicKey } : {}

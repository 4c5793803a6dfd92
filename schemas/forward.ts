// What a tunnel forwards: from where somebody listens to what is dialled. Today's tunnel has one; a list, so that it may have more. Pure.
import { type Address, formatAddress, parseAddress } from './address'
import type { Tunnel } from './types'

export interface Forward {
  /** As OpenSSH calls them: the client listens and the server dials (-L), or the other way round (-R). */
  readonly type: 'local' | 'remote'
  readonly listen: Address
  readonly far: Address
}

/** Throws an Error where listen or far is none: validation has refused such a tunnel before. */
export const forwardsOf = ({
  forward,
  listen,
  far,
}: Pick<Tunnel, 'forward' | 'listen' | 'far'>): readonly Forward[] => [
  { type: forward, listen: parseAddress(listen), far: parseAddress(far) },
]

/** As on ssh's command line: `-L LISTEN:FAR` or `-R LISTEN:FAR`. */
export const flagOf = ({ type, listen, far }: Forward): string =>
  `-${type === 'remote' ? 'R' : 'L'} ${formatAddress(listen)}:${formatAddress(far)}`

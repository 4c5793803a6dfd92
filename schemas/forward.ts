// What a tunnel forwards: from where somebody listens to what is dialled. Today's tunnel has one; a list, so that it may have more. Pure.
import { type Address, formatAddress, parseAddress } from './address'
import type { Tunnel } from './types'

export interface Forward {
  /** As OpenSSH calls them: the client listens and the server dials (-L), the other way round (-R), or what a visitor names is dialled (-D). */
  readonly type: 'local' | 'remote' | 'dynamic'
  readonly listen: Address
  /** Of a dynamic one it is only asked for, to prove it. */
  readonly far: Address
  /** What the server may dial for it, as in sshd's PermitOpen. */
  readonly opens: readonly string[]
}

/** Throws an Error where listen or far is none: validation has refused such a tunnel before. */
export function forwardsOf(tunnel: Pick<Tunnel, 'forward' | 'listen' | 'far' | 'permitOpen'>): readonly Forward[] {
  const { forward: type, permitOpen = ['any'] } = tunnel
  const [listen, far] = [parseAddress(tunnel.listen), parseAddress(tunnel.far)]
  // sshd limits TCP alone to single addresses.
  const dialled = far.kind === 'tcp' ? [formatAddress(far)] : []
  const opens = { local: dialled, remote: [], dynamic: permitOpen }
  return [{ type, listen, far, opens: opens[type] }]
}

/** As on ssh's command line: `-L LISTEN:FAR`, `-R LISTEN:FAR` or `-D LISTEN`. */
export const flagOf = ({ type, listen, far }: Forward): string =>
  type === 'dynamic'
    ? `-D ${formatAddress(listen)}`
    : `-${type === 'remote' ? 'R' : 'L'} ${formatAddress(listen)}:${formatAddress(far)}`

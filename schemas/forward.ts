// What a tunnel forwards: one from where somebody listens to what is dialled, or several that one ssh carries. Pure.
import { type Address, formatAddress, isSocket, parseAddress } from './address'
import { isLoopback, parseEndpoint } from './endpoint'
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

type Own = Required<Pick<Tunnel, 'forward' | 'listen' | 'far'>>

/** A tunnel as if one of its forwards were all that it has. */
export interface Single extends Omit<Tunnel, keyof Own | 'forwards'>, Own {
  /** What the forward is called: the tunnel's name, or TUNNEL/NAME, TUNNEL/NUMBER of one of several; in a shared connection the name of its tunnel. */
  readonly label: string
  /** Where it stands in the tunnel: `forwards` and its index; empty where it is the only one. */
  readonly place: readonly (string | number)[]
}

/** Of what is not whole, in a spec or a configuration that is wrong elsewhere or not known yet, there is none. */
export function singlesOf(tunnel: Tunnel): readonly Single[] {
  const { forwards, ...whole } = tunnel
  if (!forwards)
    return tunnel.listen === undefined ? [] : [{ ...(whole as Own & Tunnel), label: tunnel.name, place: [] }]
  return forwards.flatMap((forward, index) => {
    const { name = String(index + 1), ...own } = forward
    if (own.listen === undefined || own.far === undefined) return []
    const beside = isForHostAlone(own.listen) ? { allowFrom: undefined, probeFrom: undefined } : {}
    const ofOther = isSocket(own.listen) ? { limits: undefined } : { socketMode: undefined }
    return [
      {
        ...whole,
        permitOpen: undefined,
        probeStatus: undefined,
        ...beside,
        ...ofOther,
        ...own,
        label: tunnel.shared ? name : `${tunnel.name}/${name}`,
        place: ['forwards', index],
      },
    ]
  })
}

/** The name of the tunnel that a forward is of, be it one of those that share a connection. */
export const tunnelOf = ({ label }: Pick<Single, 'label'>): string => label.replace(/\/.*/, '')

/** Whether its server listens for one of its forwards, also where they are not whole. */
export const hasRemote = ({
  forward,
  forwards,
}: {
  readonly forward?: string
  readonly forwards?: readonly { readonly forward?: string }[]
}): boolean => (forwards ?? [{ forward }]).some(one => one.forward === 'remote')

/** Then what the tunnel says of visitors is for its other forwards. */
function isForHostAlone(listen: string): boolean {
  if (isSocket(listen)) return true
  const endpoint = parseEndpoint(listen)
  return !('error' in endpoint) && isLoopback(endpoint.host)
}

/** Throws an Error where listen or far is none: validation has refused such a tunnel before. */
export const forwardsOf = (tunnel: Tunnel): readonly Forward[] => singlesOf(tunnel).map(forwardOf)

export function forwardOf({ forward: type, listen, far, permitOpen = ['any'] }: Single): Forward {
  const dialled = parseAddress(far)
  const opens = { local: [permitOf(dialled)], remote: [], dynamic: permitOpen }
  return { type, listen: parseAddress(listen), far: dialled, opens: opens[type] }
}

/**
 * As sshd compares it with what is asked for: a path is a host of which any port will do (open_match in OpenSSH's channels.c; tried with 9.2p1 and 10.0p2).
 */
const permitOf = (dialled: Address): string => (dialled.kind === 'tcp' ? formatAddress(dialled) : `[${dialled.path}]:*`)

/** As on ssh's command line: `-L LISTEN:FAR`, `-R LISTEN:FAR` or `-D LISTEN`. */
export const flagOf = ({ type, listen, far }: Forward): string =>
  type === 'dynamic'
    ? `-D ${formatAddress(listen)}`
    : `-${type === 'remote' ? 'R' : 'L'} ${formatAddress(listen)}:${formatAddress(far)}`

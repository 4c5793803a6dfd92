// The way of a visitor through a tunnel, link by link: who connects to whom, what is encrypted, and whom far sees. Pure.
import { formatAddress } from '../../schemas/address'
import { addressesOf } from '../../schemas/check-host'
import { listeningHost } from '../../schemas/check-listen'
import { accountOf, endpointOf } from '../../schemas/describe-tunnel'
import { leadsTo } from '../../schemas/dynamic'
import { familyOf, formatEndpoint, isLoopback, isWildcard, sameHost } from '../../schemas/endpoint'
import { forwardOf, type Single } from '../../schemas/forward'
import { isOneMachine } from '../../schemas/machine'
import type { Host } from '../../schemas/types'

export interface Route {
  readonly name: string
  /** Who may connect; null for everybody whom the network lets come, empty for programs of the listening host alone. */
  readonly visitors: readonly string[] | null
  readonly listens: {
    readonly host: string
    /** Of a socket its path. */
    readonly address: string
    /** Null for a socket. */
    readonly port: number | null
    readonly endpoint: string
  }
  /** The encrypted link, between the host that listens and the one that dials; null where they are one machine. */
  readonly ssh: {
    readonly client: string
    readonly server: string
    readonly dialled: string
    /** Jump hosts on its way, from the client on; where there are any. */
    readonly jumps?: readonly { readonly host: string; readonly dialled: string }[]
  } | null
  /** The host that connects to far. */
  readonly dials: string
  readonly far: {
    /** Null for a dynamic forward: a visitor names it. Of a socket its path, and no port. */
    readonly address: string | null
    readonly port: number | null
    /** Of a dynamic forward what may be named. */
    readonly endpoint: string
    /** The host that far is on, where what is declared tells. */
    readonly host: string | null
  }
  /** Whether far is on the host that dials: then nothing crosses a network behind the encrypted link. */
  readonly isInside: boolean
  /** From what address far sees the connection come. */
  readonly sender: string
  /** Of the tunnel, where it has any. */
  readonly labels?: Readonly<Record<string, string>>
}

export function routeOf(tunnel: Single): Route {
  const { label: name, client, server, forward, jumps, labels } = tunnel
  const { listen, far } = forwardOf(tunnel)
  const on = listeningHost(tunnel)
  const dialler = forward === 'remote' ? client : server
  const together = isOneMachine(client, server)
  const isNamed = forward === 'dynamic'
  const isInside = !isNamed && (far.kind === 'socket' || isLoopback(far.host) || isOwn(dialler, far.host))
  return {
    name,
    visitors: listen.kind === 'socket' || isLoopback(listen.host) ? [] : (tunnel.allowFrom ?? null),
    listens: {
      host: on.name,
      ...(listen.kind === 'socket'
        ? { address: listen.path, port: null }
        : {
            address: isWildcard(listen.host) ? everyAddress(familyOf(listen.host)) : listen.host,
            port: listen.port,
          }),
      endpoint: endpointOf(tunnel),
    },
    ssh: together
      ? null
      : {
          client: client.name,
          server: server.name,
          dialled: dialledOf(server),
          ...(jumps && { jumps: jumps.map(jump => ({ host: jump.name, dialled: dialledOf(jump) })) }),
        },
    dials: dialler.name,
    far: isNamed
      ? { address: null, port: null, endpoint: leadsTo(tunnel), host: null }
      : {
          ...(far.kind === 'socket' ? { address: far.path, port: null } : { address: far.host, port: far.port }),
          endpoint: formatAddress(far),
          host: isInside ? dialler.name : null,
        },
    isInside,
    sender: isNamed
      ? `an address of ${dialler.name}`
      : far.kind === 'socket'
        ? `user ${accountOf(tunnel.name)} of ${dialler.name}`
        : senderOf(far.host, dialler),
    ...(labels && { labels }),
  }
}

const isOwn = (host: Host, address: string) => (addressesOf(host) ?? []).some(own => sameHost(own, address))
const dialledOf = ({ address, port = 22 }: Host) => formatEndpoint({ host: address ?? '127.0.0.1', port })

/** The kernel of the host that dials chooses it, by where the way to far begins. */
function senderOf(far: string, dialler: Host): string {
  if (far === 'localhost') return '127.0.0.1 or ::1'
  if (isLoopback(far)) return familyOf(far) === 6 ? '::1' : '127.0.0.1'
  if (isOwn(dialler, far)) return `an address of ${dialler.name}`
  return `an address of ${dialler.name}, that of its interface towards far`
}

const everyAddress = (family: 4 | 6 | null) => `every ${family === null ? '' : `IPv${family} `}address`

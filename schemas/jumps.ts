// The way of a tunnel's ssh from its client: its jump hosts one after the other, then the server. Pure.
import { canonical, formatEndpoint } from './endpoint'
import type { Host, Tunnel } from './types'

/** One sshd on the way, as the host before it finds it: by the address as ssh writes it, which PermitOpen has to match. */
export interface Hop {
  readonly host: Host
  readonly address: string
  readonly port: number
}

type Ends = Pick<Tunnel, 'client' | 'server' | 'jumps'>

export const hopOf = (host: Host): Hop => ({
  host,
  address: canonical(host.address ?? '127.0.0.1'),
  port: host.port ?? 22,
})

/** All hosts on which something of the tunnel stands, its two sides first. */
export const hostsOfTunnel = ({ client, server, jumps = [] }: Ends): Host[] => [client, server, ...jumps]

/** The last word of `ssh -J`, as it is typed; null where nothing lies between. */
export function jumpWord({ jumps = [] }: Pick<Tunnel, 'jumps'>, account: string): string | null {
  const hops = jumps.map(hopOf).map(({ address, port }) => {
    const host =
      port === 22 ? (address.includes(':') ? `[${address}]` : address) : formatEndpoint({ host: address, port })
    return `${account}@${host}`
  })
  return hops.length > 0 ? hops.join(',') : null
}

/** A tunnel does not go where we go by itself: each jump host gets an account of it. */
export const sayJumps = (client: string, server: string, jumps: readonly string[]): string =>
  jumps.length > 0
    ? `; if ${client} is to reach ${server} as we do, say jumps: [${jumps.join(', ')}] for the tunnel`
    : ''

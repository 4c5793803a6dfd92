// What a tunnel is called from outside, as far as the tunnel alone tells: its endpoint, its ssh command line, its unit. Pure.
import { listeningHost } from './check-listen'
import { formatEndpoint, isWildcard, parseEndpoint, toColon } from './endpoint'
import { isOneMachine } from './machine'
import type { Tunnel } from './types'

/** ADDRESS:PORT at which the far service is published; of a wildcard, the listening host's own address. */
export function endpointOf(tunnel: Tunnel): string {
  const listen = parseEndpoint(tunnel.listen)
  if ('error' in listen) return tunnel.listen
  const host = isWildcard(listen.host) ? (listeningHost(tunnel).address ?? 'localhost') : listen.host
  return formatEndpoint({ host, port: listen.port })
}

/** The ssh command line that it amounts to, as one would type it on the client. */
export function commandOf({ name, forward, listen, far, client, server }: Tunnel): string {
  const address = isOneMachine(client, server) ? '127.0.0.1' : (server.address ?? '127.0.0.1')
  const { port = 22 } = server
  const way = `-${forward === 'remote' ? 'R' : 'L'} ${toColon(listen)}:${toColon(far)}`
  return `ssh -N ${way} ${port === 22 ? '' : `-p ${port} `}${accountOf(name)}@${address}`
}

const accountStart = 'tun-'

/** Name of the tunnel's account on its hosts. */
export const accountOf = (name: string): string => `${accountStart}${name}`

/** The tunnel whose account may be called so; null for none. */
export const tunnelOfAccount = (account: string): string | null =>
  account.startsWith(accountStart) ? account.slice(accountStart.length) : null

/** Name of the systemd unit on the client. */
export const unitOf = ({ name }: Pick<Tunnel, 'name'>): string => `tunnel-${name}.service`

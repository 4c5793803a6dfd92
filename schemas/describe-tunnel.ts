// What a tunnel is called from outside, as far as the tunnel alone tells: its endpoint, its ssh command line, its unit. Pure.
import { listeningHost } from './check-listen'
import { formatEndpoint, isWildcard, parseEndpoint } from './endpoint'
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
  return `ssh -N ${way} ${port === 22 ? '' : `-p ${port} `}tun-${name}@${address}`
}

/** Name of the systemd unit on the client. */
export const unitOf = ({ name }: Pick<Tunnel, 'name'>): string => `tunnel-${name}.service`

/** The old slash form HOST/PORT as HOST:PORT; what is not known yet as it is. */
function toColon(text: string): string {
  const endpoint = parseEndpoint(text)
  return 'error' in endpoint ? text : formatEndpoint(endpoint)
}

// What a tunnel is called from outside, as far as the tunnel alone tells: its endpoint, its ssh command line, its unit. Pure.
import { listeningHost } from './check-listen'
import { familyOf, formatEndpoint, isWildcard, parseEndpoint, toColon } from './endpoint'
import { type Single, singlesOf } from './forward'
import { jumpWord } from './jumps'
import { isOneMachine, isOurs } from './machine'
import { portBehind } from './redirect'
import type { Host, Tunnel } from './types'

/**
 * ADDRESS:PORT at which the far service is published; of a wildcard, an address of the listening host that it covers, or the wildcard itself
 * where the host is known by none: ssh binds 0.0.0.0 for IPv4 and :: for IPv6 alone.
 */
export function endpointOf(tunnel: Single): string {
  const listen = parseEndpoint(tunnel.listen)
  if ('error' in listen) return tunnel.listen
  const host = isWildcard(listen.host) ? coveredBy(listen.host, listeningHost(tunnel)) : listen.host
  return formatEndpoint({ host, port: listen.port })
}

/** Of an endpoint, by itself. */
export const portOf = (endpoint: string): string => endpoint.replace(/^.*:/, '')

function coveredBy(wildcard: string, { address, addresses = [] }: Host): string {
  const [family, own] = [familyOf(wildcard), [address ?? 'localhost', ...addresses]]
  // A name may lead to either.
  return own.find(one => family === null || [family, null].includes(familyOf(one))) ?? wildcard
}

/** The ssh command line that it amounts to, as one would type it on the client; `itself` is where a host finds its own sshd. */
export function commandOf(tunnel: Tunnel, itself = '127.0.0.1'): string {
  const { name, client, server } = tunnel
  const address = isOneMachine(client, server) ? itself : (server.address ?? '127.0.0.1')
  const { port = 22 } = server
  const ways = singlesOf(tunnel).map(({ forward, listen, far }) => {
    const flag = { local: 'L', remote: 'R', dynamic: 'D' }[forward]
    const bound = toColon(forward === 'remote' ? listenBehind(listen) : listen)
    return `-${flag} ${bound}${forward === 'dynamic' ? '' : `:${toColon(far)}`}`
  })
  const login = isOurs(server) ? accountOf(name) : (server.user ?? accountOf(name))
  const jumps = jumpWord(tunnel, accountOf(name))
  return `ssh -N ${ways.join(' ')} ${jumps === null ? '' : `-J ${jumps} `}${port === 22 ? '' : `-p ${port} `}${login}@${address}`
}

/** Where sshd listens for it; of what is no endpoint, or not known yet, the text itself. */
function listenBehind(listen: string): string {
  const endpoint = parseEndpoint(listen)
  return 'error' in endpoint ? listen : formatEndpoint({ ...endpoint, port: portBehind(endpoint.port) })
}

const accountStart = 'tun-'

/** Name of the tunnel's account on its hosts. */
export const accountOf = (name: string): string => `${accountStart}${name}`

/** The tunnel whose account may be called so; null for none. */
export const tunnelOfAccount = (account: string): string | null =>
  account.startsWith(accountStart) ? account.slice(accountStart.length) : null

/** Name of the systemd unit on the client; without systemd the service is called so without the end. */
export const unitOf = ({ name }: Pick<Tunnel, 'name'>): string => `tunnel-${name}.service`

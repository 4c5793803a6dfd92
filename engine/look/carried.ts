// A login that comes through the tunnel itself: who stops that tunnel cuts the way by which it could be mended.
import { formatEndpoint, isLoopback, isWildcard, parseEndpoint, sameHost } from '../../schemas/endpoint'
import { loginId } from '../../schemas/machine'
import { portBehind } from '../../schemas/redirect'
import { knownWay } from '../host/hop'
import type { Check } from '../parts/check'
import { readMark } from '../parts/mark'
import { serviceFile } from '../parts/service'
import type { Placed } from '../wish/placed'
import type { Look } from './look'

type Service = Extract<Placed, { kind: 'service' }>

/** The remote listener of an ssh command as our units' marks have it, ADDRESS:PORT, and the server; a wildcard is where that is. */
function listenerOf(unit: string): { listener: string; server: string } | null {
  const command = readMark(unit)?.notes.command ?? ''
  const [, listen = '', server = ''] = /^ssh -N -R (\[[^\]]+\]:\d+|[^:\s]+:\d+):.*@(\S+)$/.exec(command) ?? []
  const endpoint = parseEndpoint(listen)
  if ('error' in endpoint) return null
  return { listener: formatEndpoint(isWildcard(endpoint.host) ? { ...endpoint, host: server } : endpoint), server }
}

/** The service through whose listener its own host is reached, and that listener. */
function findCarried({ derived, snapshotOf, away }: Look): { service: Service; listener: string } | null {
  const service = derived.placed.find((placed): placed is Service => placed.kind === 'service')
  if (!service || away.has(loginId(service.host))) return null
  const { listener = '', server = '' } =
    listenerOf(serviceFile(snapshotOf(service.host), service.at.unit)?.text ?? '') ?? {}
  const endpoint = parseEndpoint(listener)
  if ('error' in endpoint) return null
  const way = knownWay(service.host)
  const isHop = way.some(({ address, port = 22 }, at) => {
    if (address === undefined || ![port, portBehind(port)].includes(endpoint.port) || !sameHost(address, endpoint.host))
      return false
    // A loopback address is another host's at each hop: the server's only where that is the one before.
    return !isLoopback(address) || sameHost(way[at - 1]?.address ?? '', server)
  })
  return isHop ? { service, listener } : null
}

export const isCarried = (seen: Look): boolean => findCarried(seen) !== null

/** Fails where that listener is to go, whether the whole tunnel is removed or it listens elsewhere. */
export function checkCarried(seen: Look, isRemoved: boolean): Check[] {
  const carried = findCarried(seen)
  if (!carried) return []
  const { service, listener } = carried
  if (!isRemoved && !seen.derived.disabled && listenerOf(service.at.text)?.listener === listener) return []
  const host = service.host.name
  return [
    {
      link: 'reached',
      host,
      status: 'fail',
      code: 'carries-login',
      what: `${host} is reached through this very tunnel, which listens on ${listener}: without it nobody could go on there`,
      cure: `give ${host} another address, by which it is reached without this tunnel; or run this on ${host} itself, with local: true`,
    },
  ]
}

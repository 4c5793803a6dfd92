// A resident proof goes from one of the two hosts to the public port: can it get there, and can it tell? Pure.
import { isIP } from 'node:net'
import { isSocket } from './address'
import { isAmong } from './among'
import { addressesOf } from './check-host'
import { listenerOf, listeningHost } from './check-listen'
import { endpointOf } from './describe-tunnel'
import { isLoopback, isWildcard, isZoned, parseEndpoint } from './endpoint'
import type { Finding } from './finding'
import { type Single, singlesOf } from './forward'
import { isOneMachine } from './machine'
import { mayBeSilent, probeKind } from './probe'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'
import { everyOf, seesFar, watchingHost } from './watching'

export function checkWatch(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  const { watch, probe = '', forward, far, client, server, allowFrom = [] } = tunnel
  if (!watch || isSocket(tunnel.listen) || isUnknown(probe) || isUnknown(far) || isUnknown(watch.on ?? '')) return []
  const wrong = (message: string, hint: string): Finding[] => [{ path: ['watch'], code: 'no-watch', message, hint }]
  if (watch.hook && watch.webhook)
    return wrong('watch tells either a hook or a webhook', 'call curl in the hook, or leave one of them out')
  if (forward === 'dynamic')
    return wrong('watch does not take a dynamic forward yet: its program knows no SOCKS', 'leave watch out')
  if (probeKind(tunnel) === 'none')
    return wrong('watch proves far again and again, and probe: none says that nothing does', 'leave one of them out')
  if (mayBeSilent(tunnel) && isSocket(far))
    return wrong(
      `watch cannot tell whether ${far} answers: it need not be the first to speak, and of sockets its program does not see who holds them`,
      'say what it speaks, by probe: ssh, tls or http; or leave watch out',
    )
  // One host sees all.
  if (isUnknown(client.name) || isUnknown(server.name) || isOneMachine(client, server)) return []
  const [prover, listens] = [watchingHost(tunnel), listeningHost(tunnel)]
  const other = watch.on === 'server' ? 'watch: { on: client }' : 'watch: { on: server }'
  if (mayBeSilent(tunnel) && !('error' in parseEndpoint(far)) && !seesFar(tunnel))
    return wrong(
      `watch on ${prover.name} cannot tell whether ${far} answers: it need not be the first to speak, and only the host that dials it sees whether it takes a connection`,
      `prove it from there, with ${other}; or say what it speaks, by probe: ssh, tls or http`,
    )
  const ownAddresses = [prover.address ?? '', ...(prover.addresses ?? [])]
  if (
    prover === listens ||
    !listenerOf(tunnel) ||
    [client.name, server.name, ...ownAddresses, ...allowFrom].some(isUnknown)
  )
    return []
  const reached = parseEndpoint(endpointOf(tunnel))
  if ('error' in reached) return []
  const instead = mayBeSilent(tunnel) ? 'leave watch out' : `prove it from ${listens.name}, with ${other}`
  if (isLoopback(reached.host) || isZoned(reached.host))
    return wrong(
      `${reached.host} is reached from ${isZoned(reached.host) ? `the link of ${listens.name}` : `${listens.name} itself`} only, and watch proves far from ${prover.name}`,
      instead,
    )
  if (isWildcard(reached.host))
    return wrong(`${listens.name} has no address of that family at which ${prover.name} could reach it`, instead)
  if (tunnel.allowFrom && isShutOut(allowFrom, addressesOf(prover) ?? []))
    return wrong(
      `watch proves far from ${prover.name}, and allowFrom does not let it in`,
      `add the address by which ${listens.name} sees ${prover.name} to allowFrom, or ${instead}`,
    )
  return []
}

/** Those of one host are proved by one timer. */
export function checkWatches(tunnel: Tunnel): Finding[] {
  const firsts = new Map<string, Single>()
  return singlesOf(tunnel).flatMap((single): Finding[] => {
    if (!single.watch) return []
    const { name } = watchingHost(single)
    const first = firsts.get(name) ?? single
    firsts.set(name, first)
    if (everyOf(first) === everyOf(single)) return []
    const message = `${single.label} is to be proved every ${everyOf(single)}, and ${first.label} every ${everyOf(first)}: one timer on ${name} proves both`
    const hint = 'say the same every in both, or give one of them a connection of its own'
    return [{ path: [...single.place, 'watch'], code: 'no-watch', message, hint }]
  })
}

/**
 * Who listens may see the prover by another address than that at which we reach it, that of a NAT in between: only of an address that is public
 * nobody expects that. What allowFrom itself has wrong is told elsewhere.
 */
const isShutOut = (networks: readonly string[], addresses: readonly string[]): boolean =>
  addresses.length > 0 &&
  networks.every(network => isIP(network.split('/')[0] ?? '')) &&
  addresses.every(address => !isAmong(address, networks) && !isAmong(address, notPublic))

/** Private, shared, link-local and unique local addresses (RFC 1918, 6598, 3927, 4193), loopback and link-local ones of IPv6. */
const notPublic = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1',
]

// The resident proof of a tunnel that asks for one. Pure.
import { parseEndpoint } from '../../schemas/endpoint'
import { mayBeSilent, probeKind } from '../../schemas/probe'
import type { Host } from '../../schemas/types'
import { comesThroughFirewall, seesFar, watchingHost } from '../../schemas/watching'
import { type Watch, wantWatcher, watcherAt } from '../parts/watcher'
import type { Chain } from './chain'
import { isTcp, type Placed } from './placed'

const defaultEvery = '60s'

/** On each of the hosts, so that one that has moved to the other goes from where it was. Of one that is disabled there is nothing to prove. */
export function watcher(chain: Chain, attribute: string, host: Host): Placed {
  const { name, owner, listening } = chain
  const watch = listening.length === 1 ? watchOf(chain, host) : null
  const at = watcherAt(name, owner, watch)
  return { kind: 'watcher', attribute, host, round: 2, at, want: watch && wantWatcher(at, watch) }
}

function watchOf({ name, owner, disabled, listening: [listening] }: Chain, host: Host): Watch | null {
  // check-socket.ts and check-watch.ts refuse those.
  if (!listening || !isTcp(listening)) return null
  const tunnel = listening.of
  const [endpoint, far] = [parseEndpoint(listening.endpoint), parseEndpoint(tunnel.far)]
  return tunnel.watch && !disabled && watchingHost(tunnel) === host && !('error' in endpoint)
    ? {
        tunnel: name,
        owner,
        every: tunnel.watch.every ?? defaultEvery,
        kind: probeKind(tunnel),
        address: endpoint.host,
        port: endpoint.port,
        // Who listens itself is asked over its loopback.
        pastFirewall: comesThroughFirewall(tunnel),
        statuses: tunnel.probeStatus ?? [],
        dials: mayBeSilent(tunnel) && seesFar(tunnel) && !('error' in far) ? far.port : null,
        hook: tunnel.watch.webhook === undefined ? (tunnel.watch.hook ?? []) : ['POST', tunnel.watch.webhook],
      }
    : null
}

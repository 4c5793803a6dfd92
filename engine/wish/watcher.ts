// The resident proof of a tunnel that asks for one, or of some of its forwards. Pure.
import { parseEndpoint } from '../../schemas/endpoint'
import { mayBeSilent, probeKind } from '../../schemas/probe'
import type { Host } from '../../schemas/types'
import { comesThroughFirewall, everyOf, seesFar, watchingHost } from '../../schemas/watching'
import { type Asking, type Watch, wantWatcher, watcherAt } from '../parts/watcher'
import type { Chain } from './chain'
import { isTcp, type Placed, type TcpListening } from './placed'

/** On each of the hosts, so that one that has moved to the other goes from where it was. Of one that is disabled there is nothing to prove. */
export function watcher(chain: Chain, attribute: string, host: Host): Placed {
  const { name, owner } = chain
  const watch = watchOf(chain, host)
  const at = watcherAt(name, owner, watch)
  return { kind: 'watcher', attribute, host, round: 2, at, want: watch && wantWatcher(at, watch) }
}

/** check-socket.ts refuses sockets. */
function watchOf({ name, owner, disabled, listening }: Chain, host: Host): Watch | null {
  const there = listening.filter(isTcp).filter(({ of }) => of.watch && !disabled && watchingHost(of) === host)
  const [first] = there
  return first
    ? { tunnel: name, owner, every: everyOf(first.of), proofs: there.flatMap(one => askOf(one) ?? []) }
    : null
}

function askOf({ of, endpoint: text }: TcpListening): Asking | null {
  const [endpoint, far] = [parseEndpoint(text), parseEndpoint(of.far)]
  if ('error' in endpoint) return null
  const { hook = [], webhook } = of.watch ?? {}
  return {
    label: of.place.length === 0 ? null : of.label,
    kind: probeKind(of),
    address: endpoint.host,
    port: endpoint.port,
    // Who listens itself is asked over its loopback.
    pastFirewall: comesThroughFirewall(of),
    statuses: of.probeStatus ?? [],
    dials: mayBeSilent(of) && seesFar(of) && !('error' in far) ? far.port : null,
    hook: webhook === undefined ? hook : ['POST', webhook],
  }
}

// From a tunnel to the parts that it needs, each placed on a host. Pure: a plan shows all of it before anything is touched.
import { endpointOf } from '../../schemas/describe-tunnel'
import { singlesOf } from '../../schemas/forward'
import type { Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import { chainOf } from './chain'
import { clientAccount, key, service } from './client-side'
import { firewalls } from './firewall'
import type { Derived, Known, Placed } from './placed'
import { authorizedKey, serverAccount, sshd } from './server-side'
import { watcher } from './watcher'

export function deriveTunnel(tunnel: Tunnel, known: Known): Derived {
  const chain = chainOf(tunnel, known)
  const placed: Placed[] = [
    serverAccount(chain),
    ...(chain.together ? [] : [clientAccount(chain)]),
    key(chain, known),
    authorizedKey(chain, known),
    sshd(chain),
    ...firewalls(chain),
    service(chain, known),
    watcher(chain, 'watcher', chain.client),
    ...(chain.together ? [] : [watcher(chain, 'serverWatcher', chain.server)]),
  ]
  const endpoints = singlesOf(tunnel).map(endpointOf)
  const outputs: Derived['outputs'] = {
    endpoint: endpoints[0] ?? '',
    ...(endpoints.length > 1 && { endpoints }),
    command: chain.vague ? knownAfterApply : chain.command,
    serverHostKey: known.serverHostKey ?? knownAfterApply,
  }
  return { placed, outputs, listening: chain.listening, ...(chain.disabled && { disabled: true }) }
}

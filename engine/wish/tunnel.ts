// From a tunnel to the parts that it needs, each placed on a host. Pure: a plan shows all of it before anything is touched.
import { openForwards, withPorts } from '../../schemas/chosen-port'
import { endpointOf, portOf } from '../../schemas/describe-tunnel'
import { singlesOf } from '../../schemas/forward'
import type { Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import { chainOf } from './chain'
import { clientAccount, key, service } from './client-side'
import { firewalls } from './firewall'
import type { Derived, Known, Placed } from './placed'
import { ports, withoutPort } from './ports'
import { authorizedKey, serverAccount, sshd } from './server-side'
import { watcher } from './watcher'

export function deriveTunnel(declared: Tunnel, known: Known): Derived {
  const tunnel = withPorts(declared, known.ports ?? [])
  const deriveWith = (one: Tunnel) => deriveWithPorts(one, declared, known)
  return openForwards(tunnel).length > 0 ? withoutPort(tunnel, deriveWith) : deriveWith(tunnel)
}

/** `declared` still says which ports are chosen. */
function deriveWithPorts(tunnel: Tunnel, declared: Tunnel, known: Known): Derived {
  const chain = chainOf(tunnel, known)
  const placed: Placed[] = [
    serverAccount(chain),
    ...(chain.together ? [] : [clientAccount(chain)]),
    ...ports(declared, chain, known),
    key(chain, known),
    authorizedKey(chain, known),
    sshd(chain),
    ...firewalls(chain),
    service(chain),
    watcher(chain, 'watcher', chain.client),
    ...(chain.together ? [] : [watcher(chain, 'serverWatcher', chain.server)]),
  ]
  const endpoints = singlesOf(tunnel).map(endpointOf)
  const outputs: Derived['outputs'] = {
    endpoint: endpoints[0] ?? '',
    port: portOf(endpoints[0] ?? ''),
    ...(endpoints.length > 1 && { endpoints }),
    command: chain.vague ? knownAfterApply : chain.command,
    serverHostKey: known.serverHostKey ?? knownAfterApply,
  }
  return { placed, outputs, listening: chain.listening, ...(chain.disabled && { disabled: true }) }
}

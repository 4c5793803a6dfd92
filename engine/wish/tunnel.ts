// From a tunnel to the parts that it needs, each placed on a host. Pure: a plan shows all of it before anything is touched.
import { isUsers } from '../../schemas/as-user'
import { openForwards, withPorts } from '../../schemas/chosen-port'
import { endpointOf, portOf } from '../../schemas/describe-tunnel'
import { singlesOf } from '../../schemas/forward'
import { isOurs } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import { chainOf } from './chain'
import { clientAccount, key, service, sshConfig } from './client-side'
import { firewalls } from './firewall'
import { handedOver } from './handover'
import type { Derived, Jumped, Known, Placed } from './placed'
import { ports, withoutPort } from './ports'
import { account, authorizedKey, loginsOf, sshd } from './server-side'
import { sockets, socketsAsked } from './sockets'
import { watcher } from './watcher'

/** What a client has where nobody is root; and what is asked there that only root can do, which a look refuses (look/without-root.ts). */
function isUsersOwn({ kind, want, at }: Placed): boolean {
  if (kind === 'firewall') return at.limits !== undefined || at.asks.some(({ from }) => from !== null)
  if (kind === 'sockets' || kind === 'watcher') return want !== null
  return ['key', 'ssh-config', 'ports', 'service'].includes(kind)
}

export function deriveTunnel(declared: Tunnel, known: Known): Derived {
  const tunnel = withPorts(declared, known.ports ?? [])
  const deriveWith = (one: Tunnel) => deriveWithPorts(one, declared, known)
  return openForwards(tunnel).length > 0 ? withoutPort(tunnel, deriveWith) : deriveWith(tunnel)
}

/** `declared` still says which ports are chosen. */
function deriveWithPorts(tunnel: Tunnel, declared: Tunnel, known: Known): Derived {
  const chain = chainOf(tunnel, known)
  const [server, ...jumps] = loginsOf(chain)
  const placed: Placed[] = [
    account(chain, server),
    ...(chain.together ? [] : [clientAccount(chain)]),
    sockets(chain, 'sockets', chain.client),
    ...(chain.together ? [] : [sockets(chain, 'serverSockets', chain.server)]),
    ...ports(declared, chain, known),
    key(chain, known),
    sshConfig(chain),
    authorizedKey(chain, server, known),
    sshd(chain, server),
    ...firewalls(chain),
    service(chain, known),
    watcher(chain, 'watcher', chain.client),
    ...(chain.together ? [] : [watcher(chain, 'serverWatcher', chain.server)]),
    ...jumps.flatMap(login => [account(chain, login), authorizedKey(chain, login, known), sshd(chain, login)]),
  ]
  const endpoints = singlesOf(tunnel).map(endpointOf)
  const outputs: Derived['outputs'] = {
    endpoint: endpoints[0] ?? '',
    port: portOf(endpoints[0] ?? ''),
    ...(endpoints.length > 1 && { endpoints }),
    command: chain.vague ? knownAfterApply : chain.command,
    serverHostKey: chain.hostKey,
    ...handedOver(chain),
  }
  const jumped = chain.jumps.map(
    ({ host }, at): Jumped => ({ host, hostKey: known.jumpHostKeys?.[at] ?? knownAfterApply }),
  )
  return {
    // What is on a side that others run is for them to make.
    placed: placed.filter(one => isOurs(one.host) && (!isUsers(one.host) || isUsersOwn(one))),
    outputs,
    listening: chain.listening,
    ...(jumped.length > 0 && { jumps: jumped }),
    sockets: socketsAsked(chain),
    ...(chain.disabled && { disabled: true }),
  }
}

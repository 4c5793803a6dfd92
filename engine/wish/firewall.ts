// What the firewalls of the hosts that listen have to let in. Pure.
import { isLoopback, isWildcard, requireNetwork } from '../../schemas/endpoint'
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type Ask, wantFirewall } from '../parts/firewall'
import { ruleMark } from '../parts/mark'
import type { Chain } from './chain'
import { isTcp, managerOf, type Placed, type TcpListening } from './placed'

/** On the host that listens for the first forward; and on the other, which others may have listened on, or do. */
export function firewalls(chain: Chain): Placed[] {
  const { client, server, together, listening } = chain
  const first = listening[0]?.host ?? server
  const other = loginId(first) === loginId(server) ? client : server
  return [firewall(chain, 'firewall', first), ...(together ? [] : [firewall(chain, 'otherFirewall', other)])]
}

function firewall({ name, owner, folder, listening }: Chain, attribute: string, host: Host): Placed {
  const asks = listening
    .filter(isTcp)
    .filter(one => loginId(one.host) === loginId(host) && !isLoopback(one.address))
    .map(askFor)
  return {
    kind: 'firewall',
    attribute,
    host,
    round: 0,
    at: { tag: ruleMark(name, owner), owner, file: `${folder}/firewall.nft`, asks, ...managerOf(host) },
    want: asks.length > 0 ? wantFirewall(asks) : null,
  }
}

const askFor = ({ address, port, of: { allowFrom } }: TcpListening): Ask => ({
  address: isWildcard(address) ? null : address,
  port,
  from: allowFrom?.map(requireNetwork) ?? null,
})

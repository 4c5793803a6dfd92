// What the firewall of the host that listens has to let in. Pure.
import { isLoopback, isWildcard } from '../../schemas/endpoint'
import { type Ask, wantFirewall } from '../parts/firewall'
import { ruleMark } from '../parts/mark'
import type { Chain } from './chain'
import { managerOf, type Placed } from './placed'

export function firewall({ name, owner, folder, listening, allowFrom, client, server, forwards }: Chain): Placed {
  const asks: Ask[] = listening
    .filter(({ address }) => !isLoopback(address))
    .map(({ address, port }) => ({ address: isWildcard(address) ? null : address, port, from: allowFrom }))
  const host = forwards.some(({ type }) => type === 'remote') ? server : client
  return {
    kind: 'firewall',
    attribute: 'firewall',
    host,
    round: 0,
    at: { tag: ruleMark(name, owner), owner, file: `${folder}/firewall.nft`, asks, ...managerOf(host) },
    want: asks.length > 0 ? wantFirewall(asks) : null,
  }
}

// What the firewalls of the hosts that listen have to let in, to redirect and to limit. Pure.
import { boundFor, familyOf, isLoopback, isWildcard, requireNetwork, splitZone } from '../../schemas/endpoint'
import { type Limits, limitsOf } from '../../schemas/limits'
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type Ask, type Limited, type Redirect, wantFirewall } from '../parts/firewall'
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
  const there = listening.filter(isTcp).filter(one => loginId(one.host) === loginId(host))
  const asks = there.filter(one => !isLoopback(one.address)).map(askFor)
  const redirects = there.flatMap(redirectsFor)
  const limits = limitedBy(there)
  const at = {
    tag: ruleMark(name, owner),
    owner,
    file: `${folder}/firewall.nft`,
    asks,
    ...(redirects.length > 0 ? { redirects } : {}),
    ...(limits.length > 0 ? { limits } : {}),
    ...managerOf(host),
  }
  const isNeeded = asks.length > 0 || redirects.length > 0 || limits.length > 0
  return { kind: 'firewall', attribute, host, round: 0, at, want: isNeeded ? wantFirewall(at) : null }
}

/** The addresses that a listener has. */
const addressesOf = (address: string): (string | null)[] => boundFor(address).map(one => (isWildcard(one) ? null : one))

/** ssh binds 0.0.0.0 for IPv4 and :: for IPv6 alone. */
function redirectsFor({ address, port, visited }: TcpListening): Redirect[] {
  if (visited === undefined) return []
  return addressesOf(address).map(one => ({ address: one, family: familyOf(one ?? address), from: visited, to: port }))
}

/** Those that are limited alike go together. */
function limitedBy(there: readonly TcpListening[]): Limited[] {
  const groups = new Map<string, { readonly limits: Limits; readonly those: TcpListening[] }>()
  for (const one of there) {
    const limits = limitsOf(one.of)
    if (!limits) continue
    const id = JSON.stringify(limits)
    const group = groups.get(id) ?? { limits, those: [] }
    groups.set(id, group)
    group.those.push(one)
  }
  return [...groups.values()].map(({ limits, those }) => ({
    ...limits,
    on: those.flatMap(({ address, port }) => addressesOf(address).map(one => ({ ...placeOf(one), port }))),
    ...(those.length < there.length && { only: those.map(({ visited, port }) => visited ?? port) }),
  }))
}

/** A ruleset takes no zone: the interface is asked for by itself. */
const placeOf = (address: string | null) => (address === null ? { address } : splitZone(address))

const askFor = ({ address, port, visited, of: { allowFrom } }: TcpListening): Ask => ({
  ...placeOf(isWildcard(address) ? null : address),
  port,
  ...(visited === undefined ? {} : { visited }),
  from: allowFrom?.map(requireNetwork) ?? null,
})

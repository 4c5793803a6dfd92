// Tunnels that share a connection: one ssh carries all of one client and server, as one tunnel whose forwards they are. Pure.
import { createHash } from 'node:crypto'
import { mostForwards } from './check-forwards'
import { differingModes } from './check-socket'
import { checkWatches } from './check-watch'
import type { Clash } from './clash'
import { few } from './few'
import { type Single, singlesOf, tunnelOf } from './forward'
import type { Tunnel, TunnelForward } from './types'
import { allKnown, type IsUnknown } from './unknown'

/** A tunnel as somebody declares it. */
export interface DeclaredTunnel extends Omit<Tunnel, 'shared'> {
  /** Default own. */
  readonly connection?: 'own' | 'shared'
  /** What its shared connection is called. */
  readonly connectionName?: string
}

export const isSharing = ({ connection }: Pick<DeclaredTunnel, 'connection'>): boolean => connection === 'shared'

const longestName = 28

/** By a tunnel's name what the resource is called that carries it: the tunnel itself, or the connection that it shares. */
export function carriersOf(tunnels: readonly DeclaredTunnel[]): (name: string) => string {
  const carriers = new Map(tunnels.filter(isSharing).map(tunnel => [tunnel.name, connectionOf(tunnel)]))
  return name => carriers.get(name) ?? name
}

/** What the connection is called that it shares: as it says, else after its hosts. */
export function connectionOf({ connectionName, client, server }: DeclaredTunnel): string {
  if (connectionName !== undefined) return connectionName
  const legal = (name: string) => name.toLowerCase().replace(/[^a-z0-9-]/g, '-')
  const name = `${legal(client.name)}-${legal(server.name)}`.replace(/^-+|-+$/g, '')
  if (name.length <= longestName) return name
  const digest = createHash('sha256')
    .update(JSON.stringify([client.name, server.name]))
    .digest('hex')
    .slice(0, 6)
  return `${name.slice(0, longestName - 7).replace(/-+$/, '')}-${digest}`
}

/** Without what says whose connection it is: judged as one that has its own. */
export function asOwn({ connection: _, connectionName: __, ...tunnel }: DeclaredTunnel): Tunnel {
  return tunnel
}

/** Those that share one joined, where the first of them stands; of differences among them the first is right, and checkShared tells. */
export function joinShared(tunnels: readonly DeclaredTunnel[]): Tunnel[] {
  const groups = groupsOf(tunnels)
  return tunnels.flatMap(tunnel => {
    if (!isSharing(tunnel)) return [asOwn(tunnel)]
    const members = groups.get(connectionOf(tunnel)) ?? []
    return members[0]?.tunnel === tunnel ? [joinAll(members.map(one => one.tunnel))] : []
  })
}

/** Of one connection, of which there is one at least. */
export function joinAll(members: readonly DeclaredTunnel[]): Tunnel {
  const [first] = members as readonly [DeclaredTunnel]
  const { name: _, connection: __, connectionName: ___, ...settings } = settingsOf(first)
  return {
    ...settings,
    name: connectionOf(first),
    shared: true,
    forwards: members.flatMap(member => singlesOf(asOwn(member)).map(asForward)),
  }
}

/** The tunnels that it is: itself, or those that share its connection. */
export function tunnelsOf(tunnel: Tunnel): string[] {
  if (!tunnel.shared) return [tunnel.name]
  return [...new Set(singlesOf(tunnel).map(tunnelOf))]
}

/** Whether one of these names is meant: its own, or of one that it carries. */
export const isNamed = (tunnel: Tunnel, names: readonly string[]): boolean =>
  names.includes(tunnel.name) || (tunnel.shared === true && tunnelsOf(tunnel).some(name => names.includes(name)))

/** Whether one of these names means the forward: its tunnel's, or the connection's; all are meant where there is no name. */
export const isMeant = (single: Single, names: readonly string[]): boolean =>
  names.length === 0 || names.includes(single.name) || names.includes(tunnelOf(single))

/** `tunnel db`, or `shared connection near-middle (db, web)`. */
export const titleOf = (tunnel: Tunnel): string =>
  tunnel.shared ? `shared connection ${tunnel.name} (${few(tunnelsOf(tunnel)).join(', ')})` : `tunnel ${tunnel.name}`

/** What of a forward is its own; all else is the connection's. */
const ofForward = [
  ...['forward', 'listen', 'far', 'permitOpen', 'allowFrom', 'limits', 'socketMode', 'watch'],
  ...['probe', 'probeStatus', 'probeFrom', 'labels'],
] as const
type OfForward = (typeof ofForward)[number] | 'forwards'

function settingsOf(tunnel: DeclaredTunnel): Omit<DeclaredTunnel, OfForward> {
  const entries = Object.entries(tunnel).filter(([key]) => ![...ofForward, 'forwards'].includes(key))
  return Object.fromEntries(entries) as Omit<DeclaredTunnel, OfForward>
}

function asForward(single: Single): TunnelForward {
  const own = ofForward.flatMap(key => (single[key] === undefined ? [] : [[key, single[key]]]))
  return { name: single.label, ...Object.fromEntries(own) }
}

interface Member {
  readonly tunnel: DeclaredTunnel
  readonly index: number
}

function groupsOf(tunnels: readonly DeclaredTunnel[]): Map<string, Member[]> {
  const groups = new Map<string, Member[]>()
  for (const [index, tunnel] of tunnels.entries()) {
    if (!isSharing(tunnel)) continue
    const name = connectionOf(tunnel)
    const group = groups.get(name) ?? []
    group.push({ tunnel, index })
    groups.set(name, group)
  }
  return groups
}

/** What keeps tunnels from sharing their connection. */
export function checkShared(tunnels: readonly DeclaredTunnel[], isUnknown: IsUnknown = allKnown): Clash[] {
  return [...groupsOf(tunnels)].flatMap(([name, members]) => [
    ...members.slice(1).flatMap(member => checkAlike(members[0] as Member, member, name)),
    ...checkDoubles(members, name),
    ...checkNumber(members, name),
    ...checkOneForAll(members, isUnknown),
  ])
}

/** What one program has for all of them, whoever of them asks for it. */
function checkOneForAll(members: readonly Member[], isUnknown: IsUnknown): Clash[] {
  const joined = joinAll(members.map(({ tunnel }) => tunnel))
  const places = members.flatMap(({ tunnel, index }) => singlesOf(asOwn(tunnel)).map(() => index))
  const wrong = [...differingModes(singlesOf(joined), isUnknown), ...checkWatches(joined)]
  return wrong.flatMap(({ path, code, message, hint }) => {
    const [, at, key = ''] = path
    const second = places[Number(at)]
    if (second === undefined || second === places[0]) return []
    return [{ type: 'tunnels', first: places[0] ?? 0, second, path: [key], beside: [key], code, message, hint }]
  })
}

function checkAlike(first: Member, second: Member, name: string): Clash[] {
  const [one, other] = [first, second].map(({ tunnel }) => settingsOf(tunnel) as unknown as Record<string, unknown>)
  const keys = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])]
  const differing = keys.filter(
    key => !['name', 'connectionName'].includes(key) && textOf(one?.[key]) !== textOf(other?.[key]),
  )
  const at = { type: 'tunnels', first: first.index, second: second.index } as const
  const names = `${first.tunnel.name} and ${second.tunnel.name}`
  return differing.map(key => {
    const isSide = key === 'client' || key === 'server'
    return {
      ...at,
      path: [key],
      beside: [key],
      code: isSide ? 'connection-name' : 'shared-differs',
      message: isSide
        ? `tunnels ${names} share the connection ${name}, and have not the same ${key}`
        : `tunnels ${names} share one ssh, which cannot have two values of ${key}`,
      hint: isSide ? 'connectionName: another name for one of them' : 'say the same in both, or connection: own in one',
    }
  })
}

function checkDoubles(members: readonly Member[], connection: string): Clash[] {
  return members.flatMap(({ tunnel: { name }, index: second }, at) => {
    const first = members.findIndex(one => one.tunnel.name === name)
    if (first === at) return []
    const message = `two tunnels of the shared connection ${connection} are called ${name}`
    const hint = 'call one of them something else'
    const found = { first: members[first]?.index ?? 0, second, path: ['name'], beside: ['name'] }
    return [{ type: 'tunnels', ...found, code: 'name-taken', message, hint }]
  })
}

function checkNumber(members: readonly Member[], name: string): Clash[] {
  let count = 0
  const over = members.find(({ tunnel }) => {
    count += singlesOf(asOwn(tunnel)).length
    return count > mostForwards
  })
  if (!over) return []
  const message = `the shared connection ${name} has more than ${mostForwards} forwards, and one ssh carries no more`
  const hint = 'connectionName: another one for some of them'
  return [{ type: 'tunnels', first: members[0]?.index ?? 0, second: over.index, code: 'many-forwards', message, hint }]
}

/** Whatever the order of its keys. */
const textOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

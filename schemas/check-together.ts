// What is wrong between the tunnels and middles of one spec or stack, although each by itself is right: two that want the same of a host. Pure.
import { listenerOf, listeningHost } from './check-listen'
import { canonical, familyOf, formatEndpoint, isLoopback, isWildcard } from './endpoint'
import type { Finding } from './finding'
import { type Single, singlesOf } from './forward'
import { hostsOfTunnel } from './jumps'
import { machineText } from './machine'
import { portBehind } from './redirect'
import type { Middle, Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

export interface Clash extends Omit<Finding, 'path'> {
  /** Both places in their lists; the finding is at `second`. */
  readonly type: 'tunnels' | 'middles'
  readonly first: number
  readonly second: number
  /** The argument of the second that clashes, and of the first; none for the whole. */
  readonly path?: Finding['path']
  readonly beside?: Finding['path']
}

/**
 * Text that stands for what is not known yet counts as the same where it is the same, unless `isUnknown` knows it. `namesTell`: hosts that
 * are called alike are one.
 */
export function checkTogether(
  { tunnels, middles }: { readonly tunnels: readonly Tunnel[]; readonly middles: readonly Middle[] },
  { isUnknown = allKnown, namesTell = false }: { readonly isUnknown?: IsUnknown; readonly namesTell?: boolean } = {},
): Clash[] {
  return [
    ...checkListeners(tunnels, isUnknown, namesTell),
    ...checkTunnelNames(tunnels, isUnknown),
    ...checkSettings(middles, isUnknown),
  ]
}

/** Each with the first of those before it that has one of the keys which it asks for. */
function* withEarlier<One>(
  all: readonly One[],
  keysOf: (one: One) => { readonly has: readonly string[]; readonly asks: readonly string[] },
) {
  const firsts = new Map<string, number>()
  for (const [second, one] of all.entries()) {
    const { has, asks } = keysOf(one)
    const earlier = asks.flatMap(key => firsts.get(key) ?? [])
    if (earlier.length > 0) yield { second, one, first: Math.min(...earlier) }
    for (const key of has) if (!firsts.has(key)) firsts.set(key, second)
  }
}

/** Two forwards cannot listen on one address and port of the same host. */
function checkListeners(tunnels: readonly Tunnel[], isUnknown: IsUnknown, namesTell: boolean): Clash[] {
  const all = tunnels.flatMap((tunnel, index) => singlesOf(tunnel).map(single => ({ single, index })))
  const keysOf = ({ single }: (typeof all)[number]) => {
    if (!single.forward || isUnknown(single.listen)) return { has: [], asks: [] }
    const host = listeningHost(single)
    const machine = machineText(host, isUnknown) ?? (!namesTell || isUnknown(host.name) ? null : `called ${host.name}`)
    const listen = listenerOf(single)
    if (machine === null || listen?.port === 0) return { has: [], asks: [] }
    const keys = listen ? keysOfAddress(listen.host) : { has: ['same text'], asks: ['same text'] }
    const ports = listen ? new Set([listen.port, behind(single, listen.port)]) : [single.listen]
    const at = (key: string) => [...ports].map(port => JSON.stringify([machine, port, key]))
    return { has: keys.has.flatMap(at), asks: keys.asks.flatMap(at) }
  }
  return [...withEarlier(all, keysOf)].map(({ one: { single, index: second }, first: at }) => {
    const { single: other, index: first } = all[at] as (typeof all)[number]
    const port = listenerOf(single)?.port
    const where = port === undefined ? single.listen : `port ${port}`
    const kind = single.place.length + other.place.length > 0 ? 'forwards' : 'tunnels'
    const message = `${kind} ${other.label} and ${single.label} collide on ${where} of ${listeningHost(single).name}`
    const listen = listenerOf(other)
    const hint = `${other.label} listens on ${listen ? formatEndpoint(listen) : other.listen}`
    const [path, beside] = [single, other].map(({ place }) => [...place, 'listen'])
    return { type: 'tunnels', path, beside, first, second, code: 'listener-taken', message, hint }
  })
}

/** Of a redirected port also the one behind it is the tunnel's. */
const behind = ({ forward }: Single, port: number): number => (forward === 'remote' ? portBehind(port) : port)

/**
 * What an address is, and which others overlap it. `*` takes every address, another wildcard all of its family: ssh binds :: for IPv6 alone
 * (IPV6_V6ONLY, channels.c). localhost is both loopback addresses.
 */
function keysOfAddress(host: string): { has: string[]; asks: string[] } {
  const [same, isAny] = [`address ${canonical(host)}`, host === '*']
  if (isAny) return { has: ['any', 'every'], asks: ['any'] }
  const has = ['any', same]
  const asks = ['every', same]
  const isLocal = isLoopbackOrAny(host)
  if (isLocal) has.push('local')
  if (host === 'localhost') return { has: [...has, 'localhost'], asks: [...asks, 'local'] }
  if (isLocal) asks.push('localhost')
  const [one, all] = [`of family ${familyOf(host)}`, `all of family ${familyOf(host)}`]
  return isWildcard(host)
    ? { has: [...has, one, all], asks: [...asks, one] }
    : { has: [...has, one], asks: [...asks, all] }
}

function isLoopbackOrAny(host: string): boolean {
  return (
    isWildcard(host) || host === 'localhost' || (isLoopback(host) && (host === '127.0.0.1' || familyOf(host) === 6))
  )
}

/** Account, unit and files of a tunnel are called by its name on all of its hosts. */
function checkTunnelNames(tunnels: readonly Tunnel[], isUnknown: IsUnknown): Clash[] {
  const keysOf = (tunnel: Tunnel) => {
    const { name } = tunnel
    const machines = new Set(hostsOfTunnel(tunnel).map(host => machineText(host, isUnknown)))
    const known = isUnknown(name) ? [] : [...machines].filter(machine => machine !== null)
    const keys = known.map(machine => JSON.stringify([machine, name]))
    return { has: keys, asks: keys }
  }
  return [...withEarlier(tunnels, keysOf)].map(({ second, one, first }) => {
    const message = `there is another tunnel ${one.name} with a host in common`
    const hint = 'what they make there would have the same names: call one of them something else'
    return { type: 'tunnels', path: ['name'], beside: ['name'], first, second, code: 'name-taken', message, hint }
  })
}

/** A host's own settings stand in one drop-in. */
function checkSettings(middles: readonly Middle[], isUnknown: IsUnknown): Clash[] {
  const keysOf = ({ host }: Middle) => {
    const keys = [machineText(host, isUnknown) ?? []].flat()
    return { has: keys, asks: keys }
  }
  return [...withEarlier(middles, keysOf)].map(({ second, one, first }) => {
    const other = (middles[first] as Middle).name
    const of = one.name === other ? one.name : `${other} and ${one.name}, which are one machine,`
    const message = `the settings of ${of} are declared twice`
    return { type: 'middles', first, second, code: 'settings-twice', message, hint: 'declare them once, together' }
  })
}

// What is wrong between the tunnels and middles of one spec or stack, although each by itself is right: two that want the same of a host. Pure.
import { listenerOf, listeningHost } from './check-listen'
import { familyOf, formatEndpoint, isLoopback, isWildcard, sameHost } from './endpoint'
import type { Finding } from './finding'
import { machineText } from './machine'
import type { Middle, Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

export interface Clash extends Omit<Finding, 'path'> {
  /** Both places in their lists; the finding is at `second`. */
  readonly type: 'tunnels' | 'middles'
  readonly first: number
  readonly second: number
  /** The argument that clashes; none for the whole. */
  readonly argument?: 'listen' | 'name'
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

/** Each with those before it under one of its keys. */
function* withEarlier<One>(all: readonly One[], keysOf: (one: One) => readonly string[]) {
  const groups = new Map<string, number[]>()
  for (const [second, one] of all.entries()) {
    const keys = keysOf(one)
    yield { second, one, earlier: [...new Set(keys.flatMap(key => groups.get(key) ?? []))] }
    for (const key of keys) {
      const group = groups.get(key)
      if (group) group.push(second)
      else groups.set(key, [second])
    }
  }
}

/** Two tunnels cannot listen on one address and port of the same host. */
function checkListeners(tunnels: readonly Tunnel[], isUnknown: IsUnknown, namesTell: boolean): Clash[] {
  const keysOf = (tunnel: Tunnel) => {
    if (!tunnel.forward || isUnknown(tunnel.listen)) return []
    const host = listeningHost(tunnel)
    const machine = machineText(host, isUnknown) ?? (!namesTell || isUnknown(host.name) ? null : `called ${host.name}`)
    const port = listenerOf(tunnel)?.port ?? tunnel.listen
    return machine === null || port === 0 ? [] : [JSON.stringify([machine, port])]
  }
  return [...withEarlier(tunnels, keysOf)].flatMap(({ second, one, earlier }) => {
    const first = earlier.find(index => collide(tunnels[index] as Tunnel, one))
    if (first === undefined) return []
    const other = tunnels[first] as Tunnel
    const port = listenerOf(one)?.port
    const where = port === undefined ? one.listen : `port ${port}`
    const message = `tunnels ${other.name} and ${one.name} collide on ${where} of ${listeningHost(one).name}`
    const listen = listenerOf(other)
    const hint = `${other.name} listens on ${listen ? formatEndpoint(listen) : other.listen}`
    return [{ type: 'tunnels', argument: 'listen', first, second, code: 'listener-taken', message, hint }]
  })
}

function collide(a: Tunnel, b: Tunnel): boolean {
  const [one, other] = [listenerOf(a), listenerOf(b)]
  return one && other ? overlap(one.host, other.host) : a.listen === b.listen
}

/** A wildcard takes every address of its family; ssh binds :: for IPv6 alone (IPV6_V6ONLY, channels.c). */
function overlap(a: string, b: string): boolean {
  if (sameHost(a, b) || a === '*' || b === '*') return true
  if (a === 'localhost' || b === 'localhost') return isLoopbackOrAny(a) && isLoopbackOrAny(b)
  return (isWildcard(a) || isWildcard(b)) && familyOf(a) === familyOf(b)
}

function isLoopbackOrAny(host: string): boolean {
  return (
    isWildcard(host) || host === 'localhost' || (isLoopback(host) && (host === '127.0.0.1' || familyOf(host) === 6))
  )
}

/** Account, unit and files of a tunnel are called by its name on both of its hosts. */
function checkTunnelNames(tunnels: readonly Tunnel[], isUnknown: IsUnknown): Clash[] {
  const keysOf = ({ name, client, server }: Tunnel) => {
    const machines = new Set([client, server].map(host => machineText(host, isUnknown)))
    return isUnknown(name) ? [] : [...machines].flatMap(machine => (machine ? [JSON.stringify([machine, name])] : []))
  }
  return [...withEarlier(tunnels, keysOf)].flatMap(({ second, one, earlier: [first] }) => {
    if (first === undefined) return []
    const message = `there is another tunnel ${one.name} with a host in common`
    const hint = 'what they make there would have the same names: call one of them something else'
    return [{ type: 'tunnels', argument: 'name', first, second, code: 'name-taken', message, hint }]
  })
}

/** A host's own settings stand in one drop-in. */
function checkSettings(middles: readonly Middle[], isUnknown: IsUnknown): Clash[] {
  const keysOf = ({ host }: Middle) => [machineText(host, isUnknown) ?? []].flat()
  return [...withEarlier(middles, keysOf)].flatMap(({ second, one, earlier: [first] }) => {
    if (first === undefined) return []
    const other = (middles[first] as Middle).name
    const of = one.name === other ? one.name : `${other} and ${one.name}, which are one machine,`
    const message = `the settings of ${of} are declared twice`
    return [{ type: 'middles', first, second, code: 'settings-twice', message, hint: 'declare them once, together' }]
  })
}

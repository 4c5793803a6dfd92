// What is wrong between the tunnels and middles of one spec or stack, although each by itself is right: two that want the same of a host. Pure.
import { listenerOf, listeningHost } from './check-listen'
import type { Clash } from './clash'
import { canonical, familyOf, formatEndpoint, isLoopback, isWildcard } from './endpoint'

import { type Single, singlesOf } from './forward'
import { hostsOfTunnel } from './jumps'
import { machineText } from './machine'
import { portBehind } from './redirect'
import { asOwn, checkShared, connectionOf, type DeclaredTunnel, isSharing } from './shared'

import type { Middle, Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'

/**
 * Text that stands for what is not known yet counts as the same where it is the same, unless `isUnknown` knows it. `namesTell`: hosts that
 * are called alike are one.
 */
export function checkTogether(
  { tunnels, middles }: { readonly tunnels: readonly DeclaredTunnel[]; readonly middles: readonly Middle[] },
  { isUnknown = allKnown, namesTell = false }: { readonly isUnknown?: IsUnknown; readonly namesTell?: boolean } = {},
): Clash[] {
  return [
    ...checkListeners(tunnels.map(asOwn), isUnknown, namesTell),
    ...checkTunnelNames(tunnels, isUnknown),
    ...checkShared(tunnels, isUnknown),
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

/**
 * Account, unit and files of a tunnel are called by its name on all of its hosts; of those that share a connection by that one's, which then is no
 * tunnel's name anywhere.
 */
function checkTunnelNames(tunnels: readonly DeclaredTunnel[], isUnknown: IsUnknown): Clash[] {
  const seen = new Set<string>()
  const keysOf = (tunnel: DeclaredTunnel) => {
    const { client, server } = tunnel
    const [isOne, name] = [isSharing(tunnel), isSharing(tunnel) ? connectionOf(tunnel) : tunnel.name]
    // Of one that is called as its own connection that is told already.
    const [has, asks] = name === tunnel.name ? [[], []] : [[`tunnel ${tunnel.name}`], [`connection ${tunnel.name}`]]
    if (isUnknown(name) || isUnknown(client.name) || isUnknown(server.name)) return { has: [], asks: [] }
    if (isOne && seen.has(name)) return { has, asks }
    if (isOne) seen.add(name)
    const machines = new Set(hostsOfTunnel(tunnel).map(host => machineText(host, isUnknown)))
    const there = [...machines].filter(machine => machine !== null).map(machine => JSON.stringify([machine, name]))
    return isOne
      ? {
          has: [...there, `connection ${name}`, ...has],
          asks: [...there, `tunnel ${name}`, ...asks],
        }
      : { has: [...there, `tunnel ${name}`], asks: [...there, `connection ${name}`] }
  }
  const own = tunnels.flatMap((tunnel, index): Clash[] => {
    if (!isSharing(tunnel) || connectionOf(tunnel) !== tunnel.name) return []
    return [{ type: 'tunnels', path: ['name'], first: index, second: index, ...sayConnection(tunnel.name) }]
  })
  const clashes = [...withEarlier(tunnels, keysOf)].map(({ second, one, first }): Clash => {
    const other = tunnels[first]
    const at = { type: 'tunnels', path: ['name'], beside: ['name'], first, second } as const
    if (isSharing(one) || (other && isSharing(other))) {
      const [connection] = [one, other].flatMap(each => (each && isSharing(each) ? [connectionOf(each)] : []))
      return { ...at, ...sayConnection(connection ?? one.name) }
    }
    const message = `there is another tunnel ${one.name} with a host in common`
    const hint = 'what they make there would have the same names: call one of them something else'
    return { ...at, code: 'name-taken', message, hint }
  })
  return [...own, ...clashes]
}

const sayConnection = (name: string): Pick<Clash, 'code' | 'message' | 'hint'> => ({
  code: 'name-taken',
  message: `a tunnel and a shared connection are both called ${name}`,
  hint: 'connectionName: another name for the connection, or call the tunnel something else',
})

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

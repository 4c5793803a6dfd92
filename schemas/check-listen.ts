// Where a tunnel listens: is that a port and an address that its listening host can have? Pure.
import { isSocket } from './address'
import { addressesOf, describeAddresses, hasAddress } from './check-host'
import {
  type Endpoint,
  formatEndpoint,
  isAddress,
  isHostName,
  isLinkLocal,
  isLoopback,
  isWildcard,
  isZoned,
  parseEndpoint,
  sameHost,
} from './endpoint'
import type { Finding } from './finding'
import type { Single } from './forward'
import { privileged } from './redirect'
import type { Host } from './types'
import type { IsUnknown } from './unknown'

/** The tunnel's listen as an endpoint, or null where it is unknown yet or wrong. */
export function listenerOf(tunnel: Single): Endpoint | null {
  const listen = parseEndpoint(tunnel.listen)
  return 'error' in listen ? null : listen
}

/** The host on which the tunnel listens. */
export function listeningHost({ forward, client, server }: Single): Host {
  return forward === 'remote' ? server : client
}

export function checkListen(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  // Of sockets check-socket.ts knows.
  if (isUnknown(tunnel.listen) || isSocket(tunnel.listen)) return []
  const listen = parseEndpoint(tunnel.listen)
  if ('error' in listen) {
    if (listen.host !== undefined) return [sayNoAddress(listen.host, tunnel)]
    return [sayNoEndpoint(tunnel.listen, listen.error, tunnel)]
  }
  return [...checkListenAddress(listen, tunnel), ...checkSshdPort(listen, tunnel, isUnknown)]
}

function checkListenAddress({ host, port }: Endpoint, tunnel: Single): Finding[] {
  if (isLoopback(host) || isWildcard(host)) return []
  if (isLinkLocal(host)) return [sayNoZone('listen', { host, port })]
  // Which interfaces a host has the host alone tells.
  if (isZoned(host)) return checkZoned(host, port, tunnel)
  const on = listeningHost(tunnel)
  const own = addressesOf(on)
  if (!isAddress(host)) return [sayNoAddress(host, tunnel)]
  if (!knowsForward(tunnel) || !own || hasAddress(on, host)) return []
  const message = `${host} is not an address of ${on.name} (${describeAddresses(own)})`
  return [{ path: ['listen'], text: host, code: 'foreign-address', message, hint: sayWhoListens(host, tunnel) }]
}

/** A redirect leads to the address that its interface has first, and a link has no other way to the one that is named. */
function checkZoned(host: string, port: number, { forward }: Single): Finding[] {
  if (forward !== 'remote' || port === 0 || port >= privileged) return []
  const message = `port ${port} of a remote forward is made by a redirect, and none leads to ${host}`
  const hint = `listen on a port from ${privileged}`
  return [{ path: ['listen'], text: String(port), code: 'zone-redirect', message, hint }]
}

/** A link-local address is on each interface: ssh can neither bind nor dial it without one of them. */
export const sayNoZone = (key: string, { host, port }: Endpoint): Finding => ({
  path: [key],
  text: host,
  code: 'no-zone',
  message: `${host} is link-local: it needs the interface that it is on`,
  hint: `for example "[${host}%eth0]:${port}"`,
})

/** A word alone has neither; an address or a number has one of both. */
function sayNoEndpoint(text: string, error: string, tunnel: Single): Finding {
  const isWord = isHostName(text)
  const message = isWord ? `listen wants ADDRESS:PORT, and ${text} is neither` : `listen ${error}`
  const own = addressesOf(listeningHost(tunnel))?.[0]
  const address = isAddress(text) ? text : own
  const example = address
    ? formatEndpoint({ host: address, port: /^:?\d+$/.test(text) ? Number(text.replace(':', '')) : 8022 })
    : '203.0.113.20:8022 or "[2001:db8::20]:8022"'
  return { path: ['listen'], code: 'bad-endpoint', message, hint: `ADDRESS:PORT, for example ${example}` }
}

function sayNoAddress(host: string, tunnel: Single): Finding {
  const own = addressesOf(listeningHost(tunnel))?.[0]
  const example = own ? `for example ${formatEndpoint({ host: own, port: 8022 })}` : 'write the IP address'
  const hint = host.includes('%')
    ? 'a zone is the name of an interface, and a link-local address alone has one: "[fe80::1%eth0]:8022"'
    : `${example}: a name may lead elsewhere tomorrow, and no firewall would follow`
  const message = `listen wants an IP address, and ${host} is not one`
  return { path: ['listen'], text: host, code: 'listen-name', message, hint }
}

function sayWhoListens(host: string, { forward, client, server }: Single): string {
  const rule = `a ${forward} forward listens on its ${forward === 'remote' ? 'server' : 'client'}`
  const other = forward === 'remote' ? client : server
  if (!hasAddress(other, host)) return rule
  return forward === 'remote'
    ? `${rule}, not on ${other.name}`
    : `${rule}: write client: ${other.name}, or forward: remote`
}

/** sshd listens on all addresses unless it was told otherwise (ListenAddress), so only the address it is reached at counts. */
function checkSshdPort({ host, port }: Endpoint, tunnel: Single, isUnknown: IsUnknown): Finding[] {
  const on = listeningHost(tunnel)
  if (!knowsForward(tunnel) || (on.local && !on.port) || port !== (on.port ?? 22)) return []
  if (on.address && isUnknown(on.address)) return []
  const elsewhere = on.address && isAddress(on.address) && !sameHost(on.address, host) && !isWildcard(host)
  if (elsewhere) return []
  const message = `port ${port} of ${on.name} belongs to its sshd`
  return [{ path: ['listen'], text: String(port), code: 'sshd-port', message, hint: 'choose another port' }]
}

/** The forward may be missing in a spec that is wrong elsewhere, or not be known yet. */
export function knowsForward({ forward }: Single): boolean {
  return ['local', 'remote', 'dynamic'].includes(forward)
}

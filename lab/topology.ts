// Where everything in a lab stands: the hosts and places, their addresses and their gateways (drawn in index.ts).

export type HostName = 'near' | 'middle' | 'far'
/** `gate` is a fourth one, and `more1`, `more2` and so on are further ones: they stand only in labs that ask for them. */
export type AnyHost = HostName | 'gate' | `more${number}`
/** A bare network namespace: programs of this machine run there. */
export type PlaceName = 'controller' | 'visitor'

interface Spot {
  readonly address: string
  readonly prefixLength: number
  readonly gateway: string
  /** IPv6, in a network of 64 bits. */
  readonly address6: string
  readonly gateway6: string
}

// Documentation ranges (RFC 5737, RFC 3849; gate's and the further ones' are that of benchmarks, RFC 2544), so that an address that leaks out of a lab belongs to nobody.
const hostSpots: Readonly<Record<HostName | 'gate', Spot>> = {
  near: {
    address: '198.51.100.10',
    prefixLength: 24,
    gateway: '198.51.100.1',
    address6: '2001:db8:1::10',
    gateway6: '2001:db8:1::1',
  },
  middle: {
    address: '203.0.113.20',
    prefixLength: 24,
    gateway: '203.0.113.1',
    address6: '2001:db8:2::20',
    gateway6: '2001:db8:2::1',
  },
  far: {
    address: '192.0.2.130',
    prefixLength: 25,
    gateway: '192.0.2.129',
    address6: '2001:db8:3::130',
    gateway6: '2001:db8:3::1',
  },
  gate: {
    address: '198.18.0.40',
    prefixLength: 24,
    gateway: '198.18.0.1',
    address6: '2001:db8:6::40',
    gateway6: '2001:db8:6::1',
  },
}

/** These have neither logind nor a console, so that many fit on a machine. */
export const isFurther = (host: AnyHost) => host.startsWith('more')

export function spotOf(host: AnyHost): Spot {
  const [, number] = /^more(\d+)$/.exec(host) ?? []
  if (number === undefined) return hostSpots[host as HostName | 'gate']
  const [net, net6] = [`198.18.${number}`, `2001:db8:10${number}:`]
  return { address: `${net}.40`, prefixLength: 24, gateway: `${net}.1`, address6: `${net6}:40`, gateway6: `${net6}:1` }
}

export const placeSpots: Readonly<Record<PlaceName, Spot>> = {
  controller: {
    address: '192.0.2.10',
    prefixLength: 26,
    gateway: '192.0.2.1',
    address6: '2001:db8:4::10',
    gateway6: '2001:db8:4::1',
  },
  visitor: {
    address: '192.0.2.70',
    prefixLength: 26,
    gateway: '192.0.2.65',
    address6: '2001:db8:5::70',
    gateway6: '2001:db8:5::1',
  },
}

export const hostNames: readonly HostName[] = ['near', 'middle', 'far']
export const placeNames: readonly PlaceName[] = ['controller', 'visitor']

export function isHostName(text: string | undefined): text is HostName {
  return hostNames.some(name => name === text)
}

export function isPlaceName(text: string | undefined): text is PlaceName {
  return placeNames.some(name => name === text)
}

/** /etc/hosts of every host of a lab with these. */
export const hostsFile = (hosts: readonly AnyHost[]): string =>
  [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    ...hosts.map(name => `${spotOf(name).address} ${name}${name === 'far' ? ' server935' : ''}`),
    '',
  ].join('\n')

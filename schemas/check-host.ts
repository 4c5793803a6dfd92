// What can be wrong with a host or a jump host although its shape is right. Pure.
import { isIPv6 } from 'node:net'
import { canonical, isAddress, isCompatible, isHostName, isLinkLocal, isLoopback, isZoned } from './endpoint'
import { type Finding, under } from './finding'
import { isOurs } from './machine'
import { findOddToken, isProxy } from './proxy-command'
import { bareKey, isPublicKey } from './public-key'
import type { Host, Jump } from './types'
import { allKnown, type IsUnknown } from './unknown'

/** Each jump host is one more login before the host answers. */
export const mostJumps = 16

export function checkHost(host: Host, isUnknown: IsUnknown = allKnown): Finding[] {
  return [
    ...checkHostAlone(host, isUnknown),
    ...(host.via ?? []).slice(0, mostJumps).flatMap((jump, at) => under(['via', at], checkLogin(jump, isUnknown))),
  ]
}

/** Without its jump hosts, but for how many they are. */
export function checkHostAlone(host: Host, isUnknown: IsUnknown): Finding[] {
  return [
    ...(isOurs(host) ? checkWay(host, isUnknown) : checkTheirs(host)),
    ...checkPublicKey(host, isUnknown),
    ...checkJumps(host),
    ...checkTwoWays(host, isUnknown),
    ...checkPassword(host, isUnknown),
    ...checkLogin(host, isUnknown),
    ...checkAddresses(host, isUnknown),
  ]
}

const checkLogin = (to: Host | Jump, isUnknown: IsUnknown): Finding[] => [
  ...checkAddress(to, isUnknown),
  ...checkHostKey(to, isUnknown),
  ...checkProxy(to, isUnknown),
]

/** What only a login there would need. */
const ofLogins = [
  'local',
  'hostKeyAlias',
  'certificateFile',
  'proxyCommand',
  'sshConfig',
  'become',
  'becomePasswordEnv',
  'via',
  'firewallManager',
  'guardWindow',
] as const

const checkTheirs = (host: Host): Finding[] =>
  ofLogins
    .filter(key => host[key] !== undefined && host[key] !== false)
    .map(key => ({
      path: [key],
      code: 'not-managed',
      message: `host ${host.name} is not ours (managed: false), so it needs no ${key}`,
      hint: 'nobody logs in there: leave one of the two out',
    }))

function checkPublicKey({ name, managed, publicKey }: Host, isUnknown: IsUnknown): Finding[] {
  const at = { path: ['publicKey'] }
  if (!publicKey || isUnknown(publicKey)) return []
  if (managed !== false) {
    const message = `host ${name} has a publicKey, and makes its tunnels' keys itself`
    const hint = 'leave it out, or write managed: false where its owner runs ssh with a key of his own'
    return [{ ...at, code: 'not-managed', message, hint }]
  }
  if (isPublicKey(bareKey(publicKey))) return []
  const message = `publicKey of ${name} is not a whole key`
  return [{ ...at, code: 'bad-public-key', message, hint: "copy type and base64 from its owner's .pub file" }]
}

function checkJumps({ name, via = [] }: Host): Finding[] {
  if (via.length <= mostJumps) return []
  const message = `the way to ${name} leads through more than ${mostJumps} jump hosts`
  const hint = 'leave out those that are not needed; jump hosts bring along the way to themselves'
  return [{ path: ['via'], code: 'too-many-jumps', message, hint }]
}

/** ssh would take the one that it reads first, and say nothing of the other. */
function checkTwoWays({ name, proxyCommand, via = [] }: Host, isUnknown: IsUnknown): Finding[] {
  const isSet = (command: string | undefined) => isProxy(command) && !isUnknown(command)
  const [first, ...later] = via
  const lost = later.find(jump => isSet(jump.proxyCommand))
  const code = 'two-ways'
  if (first && isSet(proxyCommand)) {
    const message = `host ${name} has both a proxyCommand and jump hosts`
    const hint = `a proxyCommand runs on this machine, so it makes the connection to the first hop: write it at ${first.name}, or leave via out`
    return [{ path: ['proxyCommand'], code, message, hint }]
  }
  if (!lost) return []
  const message = `the way to ${name} leads through ${lost.name}, whose proxyCommand runs on this machine and not on the jump host before it`
  const hint = `put ${lost.name} first, or name it with another host entry that has no proxyCommand`
  return [{ path: ['via'], code, message, hint }]
}

function checkPassword({ name, become, becomePasswordEnv }: Host, isUnknown: IsUnknown): Finding[] {
  if (!becomePasswordEnv || become === 'sudo' || [become ?? '', becomePasswordEnv].some(isUnknown)) return []
  const message = `host ${name} has a becomePasswordEnv, and ${become ? `${become} takes no password from us` : 'no become'}`
  const hint = become
    ? `${become} reads a password from a terminal alone: let it ask for none, or use sudo`
    : 'write become: sudo, or leave it out'
  return [{ path: ['becomePasswordEnv'], code: 'no-sudo', message, hint }]
}

function checkProxy({ name, proxyCommand }: Host | Jump, isUnknown: IsUnknown): Finding[] {
  if (!isProxy(proxyCommand) || isUnknown(proxyCommand)) return []
  const token = findOddToken(proxyCommand)
  if (token === undefined) return []
  const message = `proxyCommand of ${name} has ${token === '%' ? 'a % at its end' : token}, which ssh does not know there`
  const hint = 'ssh knows %h (address), %p (port), %r (user), %n (name of the host) and %% (a percent sign)'
  return [{ path: ['proxyCommand'], code: 'bad-proxy-command', message, hint }]
}

function checkWay(host: Host, isUnknown: IsUnknown): Finding[] {
  if (!host.local) {
    if (host.address) return []
    const hint = 'give it an address, or write local: true for this machine'
    return [{ path: ['address'], code: 'no-address', message: `host ${host.name} has no address`, hint }]
  }
  const hint = 'local: true means this machine, and no SSH is used to reach it: leave one of the two out'
  return (['user', 'identityFile', 'certificateFile', 'proxyCommand', 'sshConfig', 'via'] as const)
    .filter(key => {
      const value = host[key] || ''
      if (value === true) return true
      // One that is not known yet may turn out to be null.
      return value.length > 0 && !(typeof value === 'string' && isUnknown(value))
    })
    .map(key => ({
      path: [key],
      code: 'local-login',
      message: `host ${host.name} is local, so it needs no ${key}`,
      hint,
    }))
}

function checkAddress(host: Host | Jump, isUnknown: IsUnknown): Finding[] {
  const address = host.address
  if (!address || isUnknown(address)) return []
  if (isLinkLocal(address)) {
    const message = `${address} is link-local: it needs the interface by which it is reached`
    return [{ path: ['address'], text: address, code: 'no-zone', message, hint: `for example ${address}%eth0` }]
  }
  if (isAddress(address) || isZoned(address) || isHostName(address)) return []
  const hint = sayWhatAddress(address)
  return [{ path: ['address'], code: 'bad-address', message: `${address} is not a host name or IP address`, hint }]
}

function sayWhatAddress(address: string): string {
  if (isCompatible(address)) return 'no host has an IPv4 address behind :: alone: write the IPv4 address'
  if (isIPv6(address)) return 'a zone is the name of an interface, and a link-local address alone has one: fe80::1%eth0'
  const [name = '', port = ''] = address.split(':')
  if (isHostName(name) || isAddress(name)) return `write address: ${name} and port: ${port}`
  return 'letters, digits, dots and hyphens only'
}

function checkAddresses(host: Host, isUnknown: IsUnknown): Finding[] {
  return (host.addresses ?? []).flatMap((address, index) =>
    isUnknown(address) || isAddress(address)
      ? []
      : [{ path: ['addresses', index], code: 'bad-address', message: `${address} is not an IP address` }],
  )
}

function checkHostKey(host: Host | Jump, isUnknown: IsUnknown): Finding[] {
  const hostKey = host.hostKey
  if (!hostKey || isUnknown(hostKey)) return []
  const [type = ''] = hostKey.split(' ')
  if (isPublicKey(bareKey(hostKey))) return []
  const message = `hostKey of ${host.name} is not a whole ${type} key`
  const hint = 'copy type and base64 from /etc/ssh/ssh_host_ed25519_key.pub on the host, or from ssh-keyscan'
  return [{ path: ['hostKey'], code: 'bad-host-key', message, hint }]
}

const known = new WeakMap<Host, readonly string[] | null>()

/** The addresses on which the host can listen, or null where that cannot be known without asking the host. */
export function addressesOf(host: Host): readonly string[] | null {
  const before = known.get(host)
  const addresses = before === undefined ? findAddresses(host) : before
  known.set(host, addresses)
  return addresses
}

function findAddresses(host: Host): readonly string[] | null {
  const listed = host.addresses ?? []
  // What is no address is wrong, or not known yet.
  if (!listed.every(isAddress)) return null
  // A host behind a port forward of this machine is reached at a loopback address, which says nothing about its own.
  if (host.address) return isAddress(host.address) && !isLoopback(host.address) ? [host.address, ...listed] : null
  return host.local && listed.length > 0 ? listed : null
}

const spelled = new WeakMap<Host, ReadonlySet<string>>()

/** Whether the host can listen there; null where that cannot be known without asking the host. */
export function hasAddress(host: Host, address: string): boolean | null {
  const addresses = addressesOf(host)
  if (!addresses) return null
  const all = spelled.get(host) ?? new Set(addresses.map(canonical))
  spelled.set(host, all)
  return all.has(canonical(address))
}

/** On one line. */
const mostTold = 8

export function describeAddresses(addresses: readonly string[]): string {
  const told = addresses.slice(0, mostTold).map(address => (isIPv6(address) ? `[${address}]` : address))
  return [...told, ...(addresses.length > mostTold ? ['...'] : [])].join(', ')
}

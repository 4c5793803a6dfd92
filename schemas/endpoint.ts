// Endpoints and addresses as people write them: HOST:PORT, [IPv6]:PORT, networks, loopback and wildcard. Pure.
import { isIP, isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { byText } from './by-text'

export interface Endpoint {
  /** Without brackets. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
}

export interface NoEndpoint {
  /** Continues a sentence: "listen ERROR". */
  readonly error: string
  /** The host, where it is what is wrong. */
  readonly host?: string
}

/**
 * Reads HOST:PORT, [IPv6]:PORT and the old slash form HOST/PORT. What it lets through goes into files that root reads (a
 * unit, sshd_config), so HOST is an address, link-local ones with their zone, a host name or *, and nothing else: no space, no line end.
 */
export function parseEndpoint(text: string): Endpoint | NoEndpoint {
  const bracketed = /^\[([^[\]]*)\][:/]([^:/]*)$/.exec(text)
  const parts = bracketed ?? /^([^[\]/]+)\/([^:/]*)$/.exec(text) ?? /^([^[\]:/]+):([^:/]*)$/.exec(text)
  if (!parts) return { error: sayWhatIsWrong(text) }
  const [, host = '', port = ''] = parts
  if (bracketed && !isIPv6(host)) return { error: 'has brackets around something that is not an IPv6 address' }
  if (!bracketed && host.includes(':') && !isIPv6(host)) return { error: 'is not HOST:PORT' }
  if (port === '') return { error: 'has no port' }
  if (!/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > 65535) {
    return { error: `has a port that is not a number from 1 to 65535: ${port}` }
  }
  if (host !== '*' && !isHost(host)) {
    return { error: `has a host that is not a host name or IP address: ${host}`, host }
  }
  return { host, port: Number(port) }
}

function sayWhatIsWrong(text: string): string {
  if (/^[:/]?\d+$/.test(text)) return 'has a port but no host'
  if (isIPv6(text)) return 'needs brackets around its IPv6 address, and a port'
  if (isIPv4(text) || /^\[[^\]]*\]$/.test(text) || !/[:/]/.test(text)) return 'has no port'
  const beforePort = text.replace(/:\d+$/, '')
  if (isIPv6(beforePort)) return 'has an IPv6 address without brackets'
  return 'is not HOST:PORT'
}

/** HOST:PORT, with brackets around IPv6. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The old slash form HOST/PORT as HOST:PORT; what is no endpoint, or not known yet, as it is. */
export function toColon(text: string): string {
  const endpoint = parseEndpoint(text)
  return 'error' in endpoint ? text : formatEndpoint(endpoint)
}

/** An IPv4 or IPv6 address without brackets, and without a zone (%eth0), which no ruleset takes. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%') && !isCompatible(text)
}

/** `::a.b.c.d`, however it is spelled: nobody has had one since RFC 4291, libraries read it as another address, and the resolver writes it in two ways. */
export const isCompatible = (text: string): boolean => {
  if (!isIPv6(text) || text.includes('%')) return false
  if (/^::\d+\./.test(text)) return true
  const { parts } = ipaddr.IPv6.parse(text)
  return parts[6] !== 0 && parts.slice(0, 6).every(part => part === 0)
}

/** A link-local address, without its zone. */
export const isLinkLocal = (address: string): boolean =>
  !address.includes('%') && isIPv6(address) && /^fe[89ab][0-9a-f]:/i.test(address)

/**
 * ADDRESS%INTERFACE, of a link-local address: neither ssh nor anybody else binds or dials one without it. A number in the place of a name would be
 * another interface after a boot.
 */
export const isZoned = (text: string): boolean => {
  const [address = '', zone, ...more] = text.split('%')
  return (
    more.length === 0 &&
    isLinkLocal(address) &&
    zone !== undefined &&
    /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(zone)
  )
}

/** The address, and the interface of one that has a zone. */
export function splitZone(host: string): { readonly address: string; readonly device?: string } {
  if (!isZoned(host)) return { address: host }
  const [address = '', device = ''] = host.split('%')
  return { address, device }
}

/** What somebody may listen on or dial. */
const isHost = (text: string): boolean => isAddress(text) || isZoned(text) || isHostName(text)

/** An address, or an address with /PREFIX: nothing else may reach a ruleset. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  if (more.length > 0 || !isAddress(address)) return false
  if (prefix === undefined) return true
  return /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128)
}

/** An address as it is, a network by its first address: sshd refuses one with further bits (addrmatch.c). Of a text that `isNetwork` lets through. */
export function asNetwork(text: string): string {
  if (!text.includes('/')) return text
  const [, bits = ''] = text.split('/')
  const family = isIPv4(text.split('/')[0] ?? '') ? ipaddr.IPv4 : ipaddr.IPv6
  return `${family.networkAddressFromCIDR(text).toString()}/${bits}`
}

/**
 * A DNS or /etc/hosts name, ASCII only. One that ends in a number would be read as an IPv4 address (inet_aton(3)), and
 * one that starts with a hyphen as an option of ssh.
 */
export function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/.test(text) &&
    !text.includes('..') &&
    !/(^|\.)\d+\.?$/.test(text)
  )
}

/**
 * The text itself. Throws where it is no address or network: the engine's own guard before a ruleset, whatever validation
 * has let through.
 */
export function requireNetwork(text: string): string {
  if (isNetwork(text)) return text
  throw new Error(`${JSON.stringify(text)} is not an IP address or network`)
}

/** The text itself. Throws where ssh could read it as something else than a host: the same guard before a unit. */
export function requireHost(text: string): string {
  if (isHost(text)) return text
  throw new Error(`${JSON.stringify(text)} is not a host name or IP address`)
}

export function isLoopback(text: string): boolean {
  return text === 'localhost' || (isAddress(text) && ipaddr.parse(text).range() === 'loopback')
}

/** ssh and sshd bind both loopback addresses for localhost, whatever the host's own files say of it (channel_fwd_bind_addr in channels.c). */
export const boundFor = (host: string): readonly string[] => (host === 'localhost' ? ['127.0.0.1', '::1'] : [host])

export function isWildcard(text: string): boolean {
  return ['*', '0.0.0.0', '::'].includes(canonical(text))
}

/** The address family of an address or network; null for names, and for '*', which means both. */
export function familyOf(text: string): 4 | 6 | null {
  if (isZoned(text)) return 6
  const address = text.split('/')[0] ?? ''
  return isAddress(address) ? (isIPv4(address) ? 4 : 6) : null
}

/** Whether two hosts are one, however their IPv6 addresses and the case of their names are spelled. */
export function sameHost(a: string, b: string): boolean {
  return canonical(a) === canonical(b)
}

/** One text for all spellings of an address or a name. Interfaces are told apart by case. */
export const canonical = byText(host => {
  const { address, device } = splitZone(host)
  if (!isAddress(address)) return host.toLowerCase()
  return `${isIPv4(address) ? address : shortest(ipaddr.IPv6.parse(address))}${device === undefined ? '' : `%${device}`}`
})

/** As inet_ntop(3) writes it, and with it ssh, for which known_hosts is letter by letter: the first of the longest runs of zeros is left out, and IPv4 in IPv6 has dots. */
function shortest(address: ipaddr.IPv6): string {
  if (address.isIPv4MappedAddress()) return `::ffff:${address.toIPv4Address().toString()}`
  const { parts } = address
  const runs = parts.map((_, at) => {
    const end = parts.findIndex((part, index) => index >= at && part !== 0)
    return (end < 0 ? parts.length : end) - at
  })
  const length = Math.max(...runs)
  const at = runs.indexOf(length)
  const words = parts.map(part => part.toString(16))
  return length < 2 ? words.join(':') : `${words.slice(0, at).join(':')}::${words.slice(at + length).join(':')}`
}

// Addresses and networks in one spelling, so that what was asked for compares with what nft prints. Pure.
import ipaddr from 'ipaddr.js'
import { byText } from '../../schemas/by-text'
import { familyOf, isNetwork } from '../../schemas/endpoint'

/** Without host bits, IPv6 lower-case and shortest, a single address without its length; other text as it is. */
export const canonicalNetwork = byText((network: string): string => {
  // Not left to ipaddr.js: it also takes 0x7f.1 and zones.
  if (!isNetwork(network)) return network
  const [address = '', length] = network.split('/')
  const [kind, width] = familyOf(address) === 4 ? ([ipaddr.IPv4, '32'] as const) : ([ipaddr.IPv6, '128'] as const)
  if (length === undefined || length === width) return ipaddr.parse(address).toString()
  return `${kind.networkAddressFromCIDR(network)}/${length}`
})

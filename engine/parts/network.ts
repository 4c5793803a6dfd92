// Addresses and networks in one spelling, so that what was asked for compares with what nft prints. Pure.
import { familyOf } from '../../schemas/endpoint'

/** Without host bits, IPv6 lower-case and shortest, a single address without its length; other text as it is. */
export function canonicalNetwork(network: string): string {
  const [address = '', length] = network.split('/')
  const family = familyOf(address)
  if (family === null) return network
  const width = family === 4 ? 32 : 128
  const bits = length === undefined ? width : Number(length)
  if (!Number.isInteger(bits) || bits < 0 || bits > width) return network
  const host = BigInt(width - bits)
  const number = (readAddress(address) >> host) << host
  return `${width === 32 ? writeV4(number) : writeV6(number)}${bits === width ? '' : `/${bits}`}`
}

function readAddress(address: string): bigint {
  if (familyOf(address) === 4) return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const [head = '', tail] = shorten(address).split('::')
  const groups = (text = '') => (text === '' ? [] : text.split(':'))
  const zeros = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)]
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n)
}

const writeV4 = (number: bigint) => [24n, 16n, 8n, 0n].map(shift => (number >> shift) & 255n).join('.')
const writeV6 = (number: bigint) =>
  shorten([7n, 6n, 5n, 4n, 3n, 2n, 1n, 0n].map(group => ((number >> (group * 16n)) & 0xffffn).toString(16)).join(':'))

/** The URL standard writes IPv6 as RFC 5952 does, but an IPv4 tail as groups. */
const shorten = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1)

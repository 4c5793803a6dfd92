// Whether an address is one of some networks'. Pure.
import { BlockList, isIP } from 'node:net'

/** False for what is no address; a network that is none holds nothing. */
export function isAmong(address: string, networks: readonly string[]): boolean {
  if (!isIP(address)) return false
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', bits] = network.split('/')
    if (!isIP(base)) continue
    if (bits === undefined) list.addAddress(base, familyOf(base))
    else if (Number(bits) <= (isIP(base) === 6 ? 128 : 32)) list.addSubnet(base, Number(bits), familyOf(base))
  }
  return list.check(address, familyOf(address))
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

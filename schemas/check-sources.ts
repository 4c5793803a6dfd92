// From where a port may be reached: a list of addresses and networks. Pure.
import { familyOf, isNetwork } from './endpoint'
import type { Finding } from './finding'
import type { IsUnknown } from './unknown'

/** Of an empty list: what it would mean can be read in two ways, and one of them is dangerous. */
export const emptySources = 'leave it out only if everybody may connect: without it the port is open to all'

/** Checks the list of sources that a firewall lets in to `listen`. */
export function checkSources(
  key: string,
  sources: readonly string[] | undefined,
  listen: string,
  isUnknown: IsUnknown,
): Finding[] {
  if (sources?.length === 0) {
    return [{ path: [key], code: 'empty', message: `${key} must not be empty`, hint: emptySources }]
  }
  return (sources ?? []).flatMap((source, index): Finding[] => {
    const path = [key, index]
    if (isUnknown(source)) return []
    if (!isNetwork(source)) {
      const hint = 'for example 198.51.100.0/24 or 2001:db8::/32'
      return [{ path, code: 'bad-network', message: `${source} is not an IP address or network`, hint }]
    }
    const [wanted, given] = [familyOf(listen), familyOf(source)]
    if (wanted === null || wanted === given) return []
    const hint = `IPv${given} clients never reach an IPv${wanted} address`
    return [{ path, code: 'other-family', message: `${source} cannot connect to ${listen}`, hint }]
  })
}

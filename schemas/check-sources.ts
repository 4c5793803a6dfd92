// From where a port may be reached: a list of addresses and networks. Pure.
import { familyOf, isNetwork, isUnknown } from './endpoint'
import type { Finding } from './finding'

/** Checks the list of sources that a firewall lets in to `listen`. */
export function checkSources(key: string, sources: readonly string[] | undefined, listen: string): Finding[] {
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

// What nft and iptables print, as one ruleset. Pure.
import { plain } from '../../schemas/plain'
import { type Saved, withIptables } from '../parts/firewall'

type Json = Readonly<Record<string, unknown>>

/**
 * `ruleset`: `nft -t -j list ruleset`, with its elements left out; `sets`: `nft -j list set` of each set and map that could be read whole; `chains`:
 * `nft list chains`, for not every version's JSON names the devices of a chain at ingress; `saved`: what iptables says of its tables. Null for what is
 * no JSON; `dormant`: tables, as family and name, whose chains no packet meets.
 */
export function readNft(
  ruleset: string,
  chains = '',
  sets: readonly string[] = [],
  saved: readonly Saved[] = [],
  dormant: readonly string[] = [],
): unknown {
  const json = ruleset.trim() === '' && saved.length > 0 ? { nftables: [] } : parseJson(ruleset)
  if (!isObject(json) || !Array.isArray(json.nftables)) return json
  const more = sets.flatMap(text => {
    const one = parseJson(text)
    return isObject(one) && Array.isArray(one.nftables)
      ? one.nftables.filter(item => isObject(item) && !item.metainfo)
      : []
  })
  const devices = readDevices(chains)
  return {
    ...json,
    nftables: withIptables([...json.nftables, ...more], saved).map(item => asleep(item, dormant)),
    ...(Object.keys(devices).length > 0 ? { devices } : {}),
  }
}

/** A chain of a dormant table is one like those that nothing leads to. */
function asleep(item: Json, dormant: readonly string[]): Json {
  const { chain } = item
  if (!isObject(chain) || !dormant.includes(`${String(chain.family)} ${String(chain.table)}`)) return item
  const { hook: _, ...rest } = chain
  return { chain: rest }
}

/** By family, table and chain. */
function readDevices(text: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {}
  let table = ''
  let chain = ''
  for (const line of text.split('\n')) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain
    const [, one, several] = /\bhook (?:in|e)gress (?:device (\S+)|devices = \{ ?([^}]*)\})/.exec(line) ?? []
    const names = one ? [one] : (several?.split(',') ?? [])
    if (names.length > 0) found[`${table} ${chain}`] = names.map(name => name.replace(/["\s]/g, ''))
  }
  return found
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Escapes bring what the text itself does not have. */
function parseJson(text: string): unknown {
  const read = text.includes('\\u')
    ? (_key: string, value: unknown) => (typeof value === 'string' ? plain(value) : value)
    : undefined
  try {
    return JSON.parse(text, read)
  } catch {
    return null
  }
}

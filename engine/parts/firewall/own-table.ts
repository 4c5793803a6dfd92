// What stands in the table of our own beside the fence: where ports below 1024 are redirected, and how much may come through a port. Pure.
import type { Limits } from '../../../schemas/limits'
import { canonicalNetwork } from '../network'
import { describeLimited, type FirewallAt, type Limited, type Redirect } from './ask'
import { dnatText, limitOf, ruleText } from './rule-text'
import { type Chain, isIn, type Ruleset } from './ruleset'

/** A chain of the table, as nft makes it, with its rules. */
export interface OwnChain {
  readonly name: string
  readonly type: string
  readonly hook: string
  readonly prio: number
  readonly rules: readonly string[]
}

/** Behind those of others (dstnat is -100), so that somebody else's redirect goes before ours, as the walk takes it. */
const redirecting = { type: 'nat', prio: -95 } as const
/** Behind those who filter (0): whom they keep out is not counted. */
const limiting = { type: 'filter', prio: 100 } as const

const version = (address: string) => (address.includes(':') ? 'ip6' : 'ip')

/** To an address of the host's own: what it only forwards is nobody's business here. */
function redirectRule({ address, family, from, to }: Redirect): string {
  if (address !== null) {
    const own = canonicalNetwork(address)
    return `${version(own)} daddr ${own} tcp dport ${from} ${dnatText(own, to)}`
  }
  const only = family === null ? '' : `meta nfproto ipv${family} `
  return `${only}fib daddr type local tcp dport ${from} redirect to :${to}`
}

/** Bytes beside those of one second, which nft's limit lets through at once too: a packet may have 64 kB before it is cut up, and has to fit in. */
const burst = 128 * 1024

type Way = { readonly device: 'iif' | 'oif'; readonly address: 'daddr' | 'saddr'; readonly port: 'dport' | 'sport' }
const way: Readonly<Record<'in' | 'out', Way>> = {
  in: { device: 'iif', address: 'daddr', port: 'dport' },
  out: { device: 'oif', address: 'saddr', port: 'sport' },
}

const isLoopback = (address: string | null) => address === '::1' || address?.startsWith('127.')

function limitRules({ connections, bandwidth, on }: Limited, { device, address, port }: Way): string[] {
  return on.flatMap(one => {
    const own = one.address && canonicalNetwork(one.address)
    const about = [
      // Visits from the host itself are nobody else's, but where nobody else can come.
      one.device !== undefined ? `${device}name "${one.device}"` : isLoopback(own) ? '' : `${device} != "lo"`,
      own === null ? '' : `${version(own)} ${address} ${own}`,
      `tcp ${port} ${one.port}`,
    ].filter(Boolean)
    const rules = [
      device === 'iif' && connections !== undefined
        ? `ct state new ct count over ${connections} reject with tcp reset`
        : '',
      bandwidth === undefined ? '' : `${limitOf(bandwidth, burst)} drop`,
    ]
    return rules.filter(Boolean).map(rule => [...about, rule].join(' '))
  })
}

/** Those beside the fence's; none where nothing is redirected or limited. */
export function ownChains({ redirects = [], limits = [] }: Pick<FirewallAt, 'redirects' | 'limits'>): OwnChain[] {
  const led = redirects.map(redirectRule)
  const chains: OwnChain[] = [
    { ...redirecting, name: 'redirects', hook: 'prerouting', rules: led },
    { ...redirecting, name: 'own_redirects', hook: 'output', rules: led },
    { ...limiting, name: 'limits_in', hook: 'input', rules: limits.flatMap(one => limitRules(one, way.in)) },
    { ...limiting, name: 'limits_out', hook: 'output', rules: limits.flatMap(one => limitRules(one, way.out)) },
  ]
  return chains.filter(({ rules }) => rules.length > 0)
}

const limiters = ['limits_in', 'limits_out']
export const isLimit = (chain: string): boolean => limiters.includes(chain)

export const describeRedirect = ({ address, family, from, to }: Redirect): string =>
  `${address === null ? `any ${family === null ? '' : `IPv${family} `}address` : canonicalNetwork(address)} tcp/${from} to tcp/${to}`

/** What of a chain stands as it should; its hook and priority too. */
function isThere({ name, type, hook, prio, rules }: OwnChain, ruleset: Ruleset, at: Chain): boolean {
  const chain = { ...at, chain: name }
  const base = ruleset.bases.find(one => isIn(one, chain))
  return (
    base?.type === type &&
    base.hook === hook &&
    base.prio === prio &&
    ruleset.rulesIn(chain).map(ruleText).join('\n') === rules.join('\n')
  )
}

/** The limits of which such rules are. */
function limitsIn(rules: readonly string[]): Limits {
  const numberIn = (pattern: RegExp) => rules.flatMap(rule => pattern.exec(rule)?.[1] ?? []).map(Number)[0]
  return {
    connections: numberIn(/ ct count over (\d+) /),
    bandwidth: numberIn(/ limit rate over (\d+) bytes\/second /),
  }
}

/** What the table redirects and limits: in the words of a plan where it does just that, else its rules as they are; null for nothing. */
export function ownState(ruleset: Ruleset, at: FirewallAt, table: Chain) {
  const rulesOf = (names: readonly string[]) =>
    names.flatMap(chain => ruleset.rulesIn({ ...table, chain }).map(ruleText))
  const tell = (names: readonly string[], as: Pick<FirewallAt, 'redirects' | 'limits'>, words: readonly string[]) => {
    const rules = rulesOf(names)
    const wanted = ownChains(as)
    const isSo = wanted.length > 0 && wanted.every(one => isThere(one, ruleset, table))
    if (isSo && rules.length === wanted.flatMap(one => one.rules).length) return words
    return rules.length > 0 ? rules : null
  }
  const { redirects = [], limits: wanted = [] } = at
  // Other numbers of the same limit are told as such.
  const limits = wanted.length === 1 ? wanted.map(one => ({ ...one, ...limitsIn(rulesOf(limiters)) })) : wanted
  return {
    redirects: tell(['redirects', 'own_redirects'], { redirects }, redirects.map(describeRedirect)),
    limits: tell(limiters, { limits }, describeLimited(limits)),
  }
}

// What stands in the table of our own beside the fence: where ports below 1024 are redirected, and how much may come through a port. Pure.
import { describeLimits } from '../../../schemas/limits'
import { canonicalNetwork } from '../network'
import type { FirewallAt, Limited, Redirect } from './ask'
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

/** Bytes of which one packet may have 64 kB before it is cut up, and a connection a few: less than that would stop it. */
const burstOf = (bytes: number): number => Math.max(256 * 1024, Math.ceil(bytes / 10))

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
      isLoopback(own) ? '' : `${device} != "lo"`,
      own === null ? '' : `${version(own)} ${address} ${own}`,
      `tcp ${port} ${one.port}`,
    ].filter(Boolean)
    const rules = [
      device === 'iif' && connections !== undefined
        ? `ct state new ct count over ${connections} reject with tcp reset`
        : '',
      bandwidth === undefined ? '' : `${limitOf(bandwidth, burstOf(bandwidth))} drop`,
    ]
    return rules.filter(Boolean).map(rule => [...about, rule].join(' '))
  })
}

/** Those beside the fence's; none where nothing is redirected or limited. */
export function ownChains({ redirects = [], limits }: FirewallAt): OwnChain[] {
  const led = redirects.map(redirectRule)
  const chains: OwnChain[] = [
    { ...redirecting, name: 'redirects', hook: 'prerouting', rules: led },
    { ...redirecting, name: 'own_redirects', hook: 'output', rules: led },
    { ...limiting, name: 'limits_in', hook: 'input', rules: limits ? limitRules(limits, way.in) : [] },
    { ...limiting, name: 'limits_out', hook: 'output', rules: limits ? limitRules(limits, way.out) : [] },
  ]
  return chains.filter(({ rules }) => rules.length > 0)
}

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

const namesOf = ({ redirects = [], limits }: FirewallAt) => ({
  redirects: redirects.length > 0 ? ['redirects', 'own_redirects'] : [],
  limits: limits ? ['limits_in', 'limits_out'] : [],
})

/** The chains that stand in the table, by what they are for. */
export function ownState(ruleset: Ruleset, at: FirewallAt, table: Chain) {
  const wanted = ownChains(at)
  const found = ruleset.bases
    .filter(one => isIn({ ...one, chain: '' }, { ...table, chain: '' }))
    .map(({ chain }) => chain)
  const state = (kind: 'redirects' | 'limits', words: readonly string[]): readonly string[] | null => {
    const names = namesOf(at)[kind]
    const right = wanted.filter(({ name }) => names.includes(name)).every(one => isThere(one, ruleset, table))
    if (names.length > 0 && right) return words
    const rules = found.filter(name => name.includes(kind)).flatMap(name => ruleset.rulesIn({ ...table, chain: name }))
    // What is not as it should be is told as it is.
    return rules.length > 0 ? rules.map(ruleText) : null
  }
  return {
    redirects: state('redirects', (at.redirects ?? []).map(describeRedirect)),
    limits: state('limits', at.limits ? describeLimits(at.limits) : []),
  }
}

// Plain nftables: a rule of ours at the head of every input chain that closes ports, and a file that brings it back.
import { familyOf, isLoopback } from '../../../schemas/endpoint'
import type { FaultCode } from '../../fault'
import type { Check } from '../check'
import { canonicalNetwork } from '../network'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import { type Ask, describeAsk, type FirewallAt } from './ask'
import { isBlocked } from './blocking'
import type { Manager } from './manager'
import { type Chain, findManager, isIn, type Opening, openingOf, readRuleset } from './ruleset'

const nftablesConf = '/etc/nftables.conf'
/** The line that remote/firewall.sh adds to nftables.conf. */
const includeLine = /^include "\/etc\/ssh-tunnels\/\*\/firewall\.nft" # ssh-tunnels/m

const isV6 = (address: string) => address.includes(':')

/** Each ask as openings that a chain of this family can hold; one a source, for sets of overlapping networks do not load. */
function openingsFor(ask: Ask, family: string): Opening[] {
  const fits = (address: string | null) => address === null || family === 'inet' || isV6(address) === (family === 'ip6')
  return (ask.from ?? [null])
    .map(source => ({
      address: ask.address && canonicalNetwork(ask.address),
      port: ask.port,
      source: source && canonicalNetwork(source),
    }))
    .filter(opening => fits(opening.address) && fits(opening.source))
}

const same = (a: Opening, b: Opening) => a.address === b.address && a.port === b.port && a.source === b.source
const describe = (opening: Opening) =>
  describeAsk({ ...opening, from: opening.source === null ? null : [opening.source] })

function ruleLine(chain: Chain, opening: Opening, tag: string): string {
  const version = (address: string) => (isV6(address) ? 'ip6' : 'ip')
  const words = [
    `insert rule ${chain.family} ${chain.table} ${chain.chain}`,
    opening.address && `${version(opening.address)} daddr ${opening.address}`,
    opening.source && `${version(opening.source)} saddr ${opening.source}`,
    `tcp dport ${opening.port} accept comment "${tag}"`,
  ]
  return `${words.filter(Boolean).join(' ')}\n`
}

/**
 * A kept file that names a chain which is no more would keep all of nftables.conf from loading, and the next boot without a firewall.
 * Of a chain that is there these lines change nothing (tried with 1.0.6).
 */
const chainLines = ({ family, table, chain }: Chain) =>
  `add table ${family} ${table}\nadd chain ${family} ${table} ${chain}\n`

/**
 * Asks for some networks only, on a host where nothing keeps the others out: no chain closes ports, or none for a family of addresses
 * that the ask is about. Nothing that we could open would change that.
 */
function unenforced(on: Snapshot, asks: readonly Ask[]): Ask[] {
  const { closing } = readRuleset(on.nft)
  const closes = (family: 4 | 6) =>
    closing.some(chain => chain.family === 'inet' || chain.family === (family === 6 ? 'ip6' : 'ip'))
  return asks.filter(ask => ask.from !== null && !familiesOf(on, ask).every(closes))
}

/** For any address: the families in which others can reach the host; both when it does not tell. */
function familiesOf(on: Snapshot, ask: Ask): (4 | 6)[] {
  const addresses = ask.address === null ? on.addresses.filter(address => !isLoopback(address)) : [ask.address]
  const families = ([4, 6] as const).filter(family => addresses.some(address => familyOf(address) === family))
  return families.length > 0 ? families : [4, 6]
}

function readFirewall(on: Snapshot, at: FirewallAt) {
  const { closing, rules } = readRuleset(on.nft)
  const ours = rules.filter(rule => rule.comment === at.tag)
  const lines = closing
    .map(chain => ({
      chain,
      rules: at.asks.flatMap(ask => openingsFor(ask, chain.family).map(opening => ruleLine(chain, opening, at.tag))),
    }))
    .filter(({ rules }) => rules.length > 0)
    .map(({ chain, rules }) => chainLines(chain) + rules.join(''))
    .join('')
  const kept = on.files[at.file]?.text ?? null
  return { closing, rules, ours, lines, kept }
}

const closeStep = ({ tag }: FirewallAt): Step => ({
  why: `remove the rules "${tag}"`,
  phase: 'firewall',
  verb: 'firewall_close',
  args: [tag],
})
const openStep = (lines: string, why: string): Step => ({
  why,
  phase: 'firewall',
  verb: 'firewall_open',
  args: [],
  content: lines,
})
const keepStep = ({ file }: FirewallAt, lines: string): Step => ({
  why: `keep that in ${file}`,
  phase: 'firewall',
  verb: 'firewall_keep',
  args: [file],
  content: lines,
})
const forgetStep = ({ file }: FirewallAt): Step => ({
  why: `remove ${file}`,
  phase: 'firewall',
  verb: 'firewall_forget',
  args: [file],
})

export const nftables: Manager = {
  name: 'nftables',
  unenforced,

  observe(on, at) {
    const { closing, rules, ours, lines, kept } = readFirewall(on, at)
    if (ours.length === 0 && kept === null && closing.length > 0 && lines !== '') return null
    const lets = (chain: Chain, opening: Opening) => {
      const inChain = rules.filter(rule => isIn(rule, chain))
      const first = inChain.findIndex(rule => {
        const found = rule.comment === at.tag ? openingOf(rule) : null
        return found !== null && same(found, opening)
      })
      // A foreign rule may stand before ours: somebody inserted it later.
      return first >= 0 && !isBlocked(inChain.slice(0, first), opening, rules)
    }
    const isOpen = (ask: Ask) =>
      on.filter === 'known' &&
      closing.every(chain => openingsFor(ask, chain.family).every(opening => lets(chain, opening)))
    const toAll = unenforced(on, at.asks)
    const asked = at.asks.flatMap(ask => openingsFor(ask, 'inet'))
    const strange = ours
      .map(openingOf)
      .filter(found => !found || !asked.some(opening => same(found, opening)))
      .map(found => (found ? describe(found) : 'a rule of another form'))
    return {
      opens: [
        ...at.asks.filter(isOpen).map(ask => describeAsk(toAll.includes(ask) ? { ...ask, from: null } : ask)),
        ...new Set(strange),
      ],
      open: at.asks.every(isOpen),
      persistent: lines === '' || (lines === kept && includeLine.test(on.files[nftablesConf]?.text ?? '')),
    }
  },

  plan(want, have, on, at) {
    const { ours, lines, kept } = readFirewall(on, at)
    const forget: Step[] = kept === null ? [] : [forgetStep(at)]
    const close: Step[] = ours.length === 0 ? [] : [closeStep(at)]
    if (!want || at.asks.length === 0) return [...close, ...forget]
    // Nothing closes ports at present; what is kept is for when the ruleset is back.
    if (lines === '') return []
    const right = have?.open && have.opens.length === want.opens.length
    return [
      ...(right ? [] : [...close, openStep(lines, `let in ${want.opens.join('; ')}`)]),
      ...(have?.persistent ? [] : [keepStep(at, lines)]),
    ]
  },

  inverse(on, at) {
    const { ours, kept } = readFirewall(on, at)
    const lines = ours.flatMap(rule => {
      const opening = openingOf(rule)
      return opening ? [chainLines(rule) + ruleLine(rule, opening, at.tag)] : []
    })
    return [
      // Where there is no nft, no plan has loaded anything.
      ...(on.nft === null ? [] : [closeStep(at)]),
      ...(lines.length > 0 ? [openStep(lines.reverse().join(''), 'bring back what was let in')] : []),
      kept === null ? forgetStep(at) : keepStep(at, kept),
    ]
  },

  checks(on, _at, host) {
    const link = 'firewall lets it'
    const not = (code: FaultCode, what: string, cure: string, evidence?: string): Check[] => [
      { link, host, status: 'fail', code, what, evidence, cure },
    ]
    if (readRuleset(on.nft).closing.length === 0) return []
    const manager = findManager(on.nft)
    if (manager !== 'nftables') {
      return not(
        'firewall-manager',
        `the firewall of ${host} is managed by ${manager}, which this version does not change`,
        'listen on a loopback address, or use plain nftables there',
      )
    }
    if (!on.files[nftablesConf]) {
      return not(
        'firewall-not-kept',
        `${host} closes ports with nftables but has no ${nftablesConf}, so an opening would not survive a reboot`,
        'keep the rules of that host in /etc/nftables.conf',
      )
    }
    return []
  },
}

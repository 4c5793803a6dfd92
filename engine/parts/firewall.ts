// Ports that the listening host's firewall lets in for us: a rule at the head of every input chain that closes them.
import type { Firewall } from '../../schemas/types'
import { canonicalNetwork } from './network'
import type { Part, Snapshot, Step } from './part'
import { type Chain, isIn, type Opening, openingOf, readRuleset } from './ruleset'

/** What should be let in: to one address of the host (null: any), from some networks (null: anywhere). */
export interface Ask {
  readonly address: string | null
  readonly port: number
  readonly from: readonly string[] | null
}

export interface FirewallAt {
  /** The comment of our rules, by which they are found again. */
  readonly tag: string
  /** The file that brings the rules back after a reload or a reboot. */
  readonly file: string
  readonly asks: readonly Ask[]
}

const nftablesConf = '/etc/nftables.conf'
/** The line that remote/firewall.sh adds to nftables.conf. */
const includeLine = /^include "\/etc\/ssh-tunnels\/\*\/firewall\.nft" # ssh-tunnels/m

export const describeAsk = (ask: Ask): string =>
  `${ask.address ?? 'any address'} tcp/${ask.port} from ${ask.from?.join(', ') ?? 'anywhere'}`

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

function look(on: Snapshot, at: FirewallAt) {
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
  return { closing, ours, lines, kept }
}

export const firewall: Part<Firewall, FirewallAt> = {
  kind: 'firewall',

  observe(on, at) {
    const { closing, ours, lines, kept } = look(on, at)
    if (ours.length === 0 && kept === null && closing.length > 0 && lines !== '') return null
    const isOpen = (ask: Ask) =>
      closing.every(chain => {
        const there = ours.filter(rule => isIn(rule, chain)).map(openingOf)
        return openingsFor(ask, chain.family).every(opening => there.some(found => found && same(found, opening)))
      })
    const asked = at.asks.flatMap(ask => openingsFor(ask, 'inet'))
    const strange = ours
      .map(openingOf)
      .filter(found => !found || !asked.some(opening => same(found, opening)))
      .map(found => (found ? describe(found) : 'a rule of another form'))
    return {
      opens: [...at.asks.filter(isOpen).map(describeAsk), ...new Set(strange)],
      open: at.asks.every(isOpen),
      persistent: lines === '' || (lines === kept && includeLine.test(on.files[nftablesConf]?.text ?? '')),
    }
  },

  plan(want, have, on, at) {
    const { ours, lines, kept } = look(on, at)
    const forget: Step[] =
      kept === null ? [] : [{ why: `remove ${at.file}`, phase: 'firewall', verb: 'firewall_forget', args: [at.file] }]
    const close: Step[] =
      ours.length === 0
        ? []
        : [{ why: `remove the rules "${at.tag}"`, phase: 'firewall', verb: 'firewall_close', args: [at.tag] }]
    if (!want || at.asks.length === 0) return [...close, ...forget]
    // Nothing closes ports at present; what is kept is for when the ruleset is back.
    if (lines === '') return []
    const right = have?.open && have.opens.length === want.opens.length
    return [
      ...(right
        ? []
        : [
            ...close,
            {
              why: `let in ${want.opens.join('; ')}`,
              phase: 'firewall',
              verb: 'firewall_open',
              args: [],
              content: lines,
            } as const,
          ]),
      ...(have?.persistent
        ? []
        : [
            {
              why: `keep that in ${at.file}`,
              phase: 'firewall',
              verb: 'firewall_keep',
              args: [at.file],
              content: lines,
            } as const,
          ]),
    ]
  },
}

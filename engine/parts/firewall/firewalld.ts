// firewalld: a policy of our own in a file, and until its next reload the same rules in every zone that is in use.
import type { Check } from '../check'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import { policyOf, policyPath, policyText, richRule } from './firewalld-policy'
import { loadedRules } from './known'
import type { Manager, Placed } from './manager'
import { type Opening, same } from './opening'
import { leadsTo } from './ruleset'

const unique = (openings: readonly Opening[]): Opening[] =>
  openings.filter((one, index) => openings.findIndex(other => same(one, other)) === index)
const openingsOf = (placed: readonly Placed[]) => unique(placed.map(({ opening }) => opening))
const linesOf = (openings: readonly Opening[]) => openings.map(opening => `${richRule(opening)}\n`).join('')

const put = ({ tag }: FirewallAt, content: string): Step => ({
  why: `keep that in ${policyPath(tag)}`,
  phase: 'firewall',
  verb: 'firewalld_keep',
  args: [policyPath(tag)],
  content,
})

const keptText = (on: Snapshot, { tag }: FirewallAt): string | null => on.files[policyPath(tag)]?.text ?? null

export const firewalld: Manager = {
  name: 'firewalld',
  // Before 0.6 it had iptables make its rules, and may still.
  owns: (chain, ruleset) => chain.table === 'firewalld' || leadsTo(chain, ruleset, /^INPUT_ZONES/),
  // Every zone's chain goes there first.
  headOf: chain => ({ ...chain, chain: 'filter_INPUT_POLICIES_pre' }),

  loaded: (on, at) => loadedRules(on, at, ({ table }) => table === 'firewalld'),
  hasKept: (on, at) => keptText(on, at) !== null,
  keeps: (on, at, placed) => keptText(on, at) === policyText(at.tag, openingsOf(placed)),

  close: at => [
    {
      why: `remove the rules "${at.tag}"`,
      phase: 'firewall',
      verb: 'firewalld_close',
      args: [policyOf(at.tag), policyPath(at.tag)],
    },
  ],
  open: (_at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'firewalld_open', args: [], content: linesOf(openingsOf(placed)) },
  ],
  keep: (_on, at, placed) => [put(at, policyText(at.tag, openingsOf(placed)))],
  forget: (_on, { tag }) => [
    { why: `remove ${policyPath(tag)}`, phase: 'firewall', verb: 'firewalld_forget', args: [policyPath(tag)] },
  ],
  keepAgain(on, at) {
    const kept = keptText(on, at)
    return kept === null ? [] : [put(at, kept)]
  },

  checks(_on, _at, placed, host): Check[] {
    const narrow = placed.find(({ opening }) => opening.device !== undefined)?.opening
    if (narrow) {
      return [
        {
          link: 'firewall lets it',
          host,
          status: 'fail',
          code: 'firewall-manager',
          what: `no rule of firewalld’s on ${host} is for one interface alone, and ${narrow.address} is on ${narrow.device}`,
          cure: 'listen on an address without a zone, or on a loopback address',
        },
      ]
    }
    const old = placed.find(({ chain }) => chain.table !== 'firewalld')
    if (!old) return []
    return [
      {
        link: 'firewall lets it',
        host,
        status: 'fail',
        code: 'firewall-manager',
        what: `the firewalld of ${host} is too old: it has no policies, or no nftables`,
        cure: 'use firewalld 0.9 or newer there with its backend nftables, or listen on a loopback address',
      },
    ]
  },

  explain: ({ tag }, openings) =>
    openings.map(one => ({
      text: `firewalld: ${richRule(one)}`,
      why: `in a policy of our own, ${policyPath(tag)}, before what the rules of a zone deny`,
      page: 'firewalld.richlanguage(5)',
    })),
}

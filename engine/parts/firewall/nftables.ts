// Plain nftables: a rule of ours at the head of every input chain that closes ports, and a file that brings it back.
import type { Check } from '../check'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import { knownRuleset } from './known'
import type { Manager, Placed } from './manager'
import { chainLines, openingOf, ruleLine } from './opening'
import { isIn } from './ruleset'

const nftablesConf = '/etc/nftables.conf'
/** The line that remote/firewall.sh adds to nftables.conf. */
const includeLine = /^include "\/etc\/ssh-tunnels\/\*\/firewall\.nft" # ssh-tunnels/m

/** What nft loads, and what the file holds. */
const linesOf = ({ tag }: FirewallAt, placed: readonly Placed[]): string =>
  placed
    .map(({ chain, opening }, index) => {
      const isNew = index === 0 || !isIn(chain, placed[index - 1]?.chain ?? chain)
      return (isNew ? chainLines(chain) : '') + ruleLine(chain, opening, tag)
    })
    .join('')

const keepText = ({ file }: FirewallAt, content: string): Step => ({
  why: `keep that in ${file}`,
  phase: 'firewall',
  verb: 'firewall_keep',
  args: [file],
  content,
})

const keptText = (on: Snapshot, at: FirewallAt): string | null => on.files[at.file]?.text ?? null

export const nftables: Manager = {
  name: 'nftables',
  owns: ({ by }) => by === 'nftables',
  headOf: chain => chain,
  needed: (_on, placed) => placed,

  loaded: (on, at) =>
    knownRuleset(on)
      .rules.filter(({ comment, by }) => comment === at.tag && by === 'nftables')
      .map(rule => ({ chain: rule, opening: openingOf(rule) })),

  hasKept: (on, at) => keptText(on, at) !== null,
  keeps: (on, at, placed) =>
    keptText(on, at) === linesOf(at, placed) && includeLine.test(on.files[nftablesConf]?.text ?? ''),

  close: ({ tag }) => [{ why: `remove the rules "${tag}"`, phase: 'firewall', verb: 'firewall_close', args: [tag] }],
  open: (at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'firewall_open', args: [], content: linesOf(at, placed) },
  ],
  keep: (_on, at, placed) => [keepText(at, linesOf(at, placed))],
  forget: (_on, { file }) => [{ why: `remove ${file}`, phase: 'firewall', verb: 'firewall_forget', args: [file] }],
  keepAgain(on, at) {
    const kept = keptText(on, at)
    return kept === null ? [] : [keepText(at, kept)]
  },

  checks(on, _at, placed, host): Check[] {
    if (placed.length === 0 || on.files[nftablesConf]) return []
    return [
      {
        link: 'firewall lets it',
        host,
        status: 'fail',
        code: 'firewall-not-kept',
        what: `${host} closes ports with nftables but has no ${nftablesConf}, so an opening would not survive a reboot`,
        cure: 'keep the rules of that host in /etc/nftables.conf',
      },
    ]
  },
}

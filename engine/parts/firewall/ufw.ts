// ufw: rules with our comment, before the others of its user, which it loads and keeps itself.
import type { Check } from '../check'
import { knownRuleset } from './known'
import type { Manager, Placed } from './manager'
import { type Opening, openingOf, same } from './opening'
import { leadsTo } from './ruleset'
import { keptRules } from './ufw-rules'

/** As ufw(8) takes it; one line for both families where it asks for no address. */
const wordsOf = ({ address, port, source }: Opening): string =>
  `from ${source ?? 'any'} to ${address ?? 'any'} port ${port}`

const linesOf = (placed: readonly Placed[]): string =>
  [...new Set(placed.map(({ opening }) => `${wordsOf(opening)}\n`))].join('')

/** Somebody's rule of these very words lets it in already; ufw has one of each, and it stays theirs. */
const isTheirs = (theirs: readonly Opening[], { opening }: Placed) => theirs.some(one => same(one, opening))

export const ufw: Manager = {
  name: 'ufw',
  owns: (chain, ruleset) => leadsTo(chain, ruleset, /^ufw6?-/),
  headOf: chain => ({ ...chain, chain: chain.family === 'ip6' ? 'ufw6-user-input' : 'ufw-user-input' }),
  needed(on, placed) {
    const theirs = keptRules(on).filter(({ tag }) => !tag.startsWith('ssh-tunnels '))
    return placed.filter(
      one =>
        !isTheirs(
          theirs.map(({ opening }) => opening),
          one,
        ),
    )
  },

  loaded: (on, at) =>
    knownRuleset(on)
      .rules.filter(({ comment, chain }) => comment === at.tag && /^ufw6?-/.test(chain))
      .map(rule => ({ chain: rule, opening: openingOf(rule) })),

  hasKept: (on, at) => keptRules(on).some(({ tag }) => tag === at.tag),
  keeps(on, at, placed) {
    const kept = keptRules(on).filter(({ tag }) => tag === at.tag)
    return (
      placed.every(({ opening }) => kept.some(one => same(one.opening, opening))) &&
      kept.every(one => placed.some(({ opening }) => same(one.opening, opening)))
    )
  },

  close: ({ tag }) => [{ why: `remove the rules "${tag}"`, phase: 'firewall', verb: 'ufw_close', args: [tag] }],
  open: (at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'ufw_open', args: [at.tag], content: linesOf(placed) },
  ],
  // What it loads it keeps.
  keep: (_on, at, placed) => [...ufw.close(at), ...ufw.open(at, placed)],
  forget: (_on, at) => ufw.close(at),
  keepAgain: () => [],
  checks: (): Check[] => [],
}

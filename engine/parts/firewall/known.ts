// A host's ruleset as we know it: rules that carry no comment, though they are ours, have their tag. Pure.
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import { keptRules as ofFirewalld } from './firewalld-policy'
import type { Loaded } from './manager'
import { openingOf, same } from './opening'
import { remember } from './remember'
import { type Rule, type Ruleset, readRuleset, rewrite } from './ruleset'
import { keptRules as ofUfw } from './ufw-rules'

export const knownRuleset = remember(tagged)

/** The rules that carry the tunnel's tag, of those that a manager makes. */
export const loadedRules = (on: Snapshot, { tag }: FirewallAt, isIts: (rule: Rule) => boolean): Loaded[] =>
  knownRuleset(on)
    .rules.filter(rule => rule.comment === tag && isIts(rule))
    .map(rule => ({ chain: rule, opening: openingOf(rule) }))

/** ufw and firewalld write no comments into the kernel: what their files say of us tells which rules are ours. */
function tagged(on: Snapshot): Ruleset {
  const ruleset = readRuleset(on.nft)
  const kept = [
    ...ofUfw(on).map(one => ({ ...one, isItsChain: ({ chain }: Rule) => /^ufw6?-user-input$/.test(chain) })),
    ...ofFirewalld(on).map(one => ({ ...one, isItsChain: ({ table }: Rule) => table === 'firewalld' })),
  ]
  if (kept.length === 0) return ruleset
  return rewrite(ruleset, rule => {
    const opening = openingOf(rule)
    const ours = opening && kept.find(one => one.isItsChain(rule) && same(one.opening, opening))
    return ours ? { ...rule, comment: ours.tag } : rule
  })
}

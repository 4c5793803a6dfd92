// A host's ruleset as we know it: rules that carry no comment, though they are ours, have their tag. Read once, however many tunnels ask. Pure.
import type { Snapshot } from '../snapshot'
import { keptRules as ofFirewalld } from './firewalld-policy'
import { openingOf, same } from './opening'
import { type Rule, type Ruleset, readRuleset, rewrite } from './ruleset'
import { keptRules as ofUfw } from './ufw-rules'

const known = new WeakMap<Snapshot, Ruleset>()

export function knownRuleset(on: Snapshot): Ruleset {
  const found = known.get(on) ?? tagged(on)
  known.set(on, found)
  return found
}

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

// A manager of a firewall knows how every plan of its own is taken back, before it is carried out.
import fc from 'fast-check'
import { type FirewallAt, firewall, inverse } from '../../engine/parts/firewall'
import { openingOf } from '../../engine/parts/firewall/opening'
import { readRuleset } from '../../engine/parts/firewall/ruleset'
import type { Snapshot } from '../../engine/parts/snapshot'
import type { Firewall } from '../../schemas/types'
import { tries } from '../tries'
import { type CaseSnapshot, namesIn, readCase, snapshotOf } from './cases'
import { runOn } from './fake-host'

interface Case {
  readonly on: CaseSnapshot
  readonly at: FirewallAt
  readonly want: Firewall | null
}

/** Our rules, chain by chain in their order, and what keeps them. */
const standing = (on: Snapshot, at: FirewallAt) => ({
  rules: readRuleset(on.nft)
    .rules.filter(({ comment }) => comment === at.tag)
    .map(rule => [rule.family, rule.table, rule.chain, openingOf(rule)]),
  kept: on.files[at.file]?.text ?? null,
})

const cases = namesIn('firewall').map(name => ({ name, ...(readCase('firewall', name) as Case) }))
/** Of a rule in another form than those that we write nobody can say how it comes back. */
const isInOurForm = (on: Snapshot, at: FirewallAt) => standing(on, at).rules.every(([, , , opening]) => opening)
const inOurForm = cases.filter(({ on, at }) => isInOurForm(snapshotOf(on), at))

test('most cases can be taken back', () => {
  expect(inOurForm.length).toBeGreaterThan(25)
})

function expectBack(before: Snapshot, at: FirewallAt, want: Firewall | null): void {
  const back = inverse(before, at)
  for (const wanted of [want, null]) {
    const after = runOn(before, firewall.plan(wanted, firewall.observe(before, at), before, at), {})
    expect(standing(runOn(after, back, {}), at)).toEqual(standing(before, at))
  }
}

test.each(inOurForm)('$name is back after its plan, and after its removal', ({ on, at, want }) => {
  expectBack(snapshotOf(on), at, want)
})

test('any host is back after any plan', () => {
  const one = fc.constantFrom(...cases)
  fc.assert(
    fc.property(one, one, ({ on }, { at, want }) => {
      const before = snapshotOf(on)
      fc.pre(isInOurForm(before, at))
      expectBack(before, at, want)
    }),
    tries(200),
  )
})

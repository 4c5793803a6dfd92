// Walks: whatever state a host is in, one round of steps makes it what it should be, and then there is nothing left to do.
import fc from 'fast-check'
import { differences } from '../../engine/look/differ'
import { type Kind, parts } from '../../engine/parts'
import type { FirewallAt } from '../../engine/parts/firewall'
import { unenforced } from '../../engine/parts/firewall/judge'
import type { Part, Step } from '../../engine/parts/part'
import type { Snapshot } from '../../engine/parts/snapshot'
import { chance, rarely } from '../arbitraries'
import { tries } from '../tries'
import { type CaseSnapshot, fromReadable, namesIn, readCase, snapshotOf } from './cases'
import { runOn } from './fake-host'

interface Case {
  readonly on: CaseSnapshot
  readonly at: Readonly<Record<string, unknown>> & { readonly text?: readonly string[] }
  readonly want: Readonly<Record<string, unknown>> | null
}

type AnyPart = Part<unknown, unknown>
const kinds = Object.keys(parts) as Kind[]

/** What sshd would say of a drop-in that nobody overrules. */
const effectiveOf = (want: Case['want']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(want ?? {}).map(([key, value]) => [
      key.toLowerCase(),
      Array.isArray(value) ? value.join(' ') : String(value),
    ]),
  )

/** Every case is a host that a walk may find, and a wish that it may be asked for. */
const casesOf = (kind: Kind): Case[] => namesIn(kind).map(name => readCase(kind, name) as Case)

/** With the unit's or drop-in's text in one piece. */
function read({ at: given, want }: Case) {
  const text = given.text?.join('\n') ?? ''
  const at: Readonly<Record<string, unknown>> = { ...given, ...(given.text ? { text } : {}) }
  return { at, want: fromReadable(want, text) as Case['want'] }
}

const isForeign = (have: unknown, at: { readonly owner?: unknown }) =>
  at.owner !== undefined && (have as { owner?: string } | null)?.owner !== at.owner

/** A firewall that lets everybody in, or that cannot be known, is nothing that a step can change: a look ahead refuses it. */
const isRefused = (kind: Kind, on: Snapshot, at: unknown) =>
  kind === 'firewall' &&
  (on.filter === 'unknown' || (on.nft === null && unenforced(on, (at as FirewallAt).asks).length > 0))

describe.each(kinds)('%s', kind => {
  const part = parts[kind] as unknown as AnyPart
  const cases = casesOf(kind)

  const oneCase = fc.constantFrom(...cases)
  const step = fc.record({
    asks: oneCase,
    removes: chance(4),
    /** Somebody makes the host what another case has. */
    becomes: rarely(3, oneCase),
    /** So many steps of a plan run, and then no more. */
    runsOnly: rarely(3, fc.nat(2)),
  })

  test('a walk always converges in one round', () => {
    const walk = fc.property(oneCase, fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (first, steps) => {
      let on: Snapshot = snapshotOf(first.on)
      for (const { asks, removes, becomes, runsOnly } of steps) {
        const { at, want: wanted } = read(asks)
        const want = removes ? null : wanted
        const effective = effectiveOf(want)
        if (becomes) on = snapshotOf(becomes.on)
        const plan = (): Step[] => part.plan(want, part.observe(on, at), on, at)
        if (runsOnly !== null) on = runOn(on, plan().slice(0, runsOnly), effective)
        on = runOn(on, plan(), effective)

        const have = part.observe(on, at)
        if (want !== null && isRefused(kind, on, at)) continue
        expect(plan()).toEqual([])
        if (want === null && kind !== 'firewall') expect(have === null || isForeign(have, at)).toBe(true)
        // Who overrules our drop-in is nothing that a step can change: converge tells the user.
        if (want !== null && kind !== 'sshd')
          expect(differences(want, have as Record<string, unknown> | null)).toEqual([])
      }
    })
    fc.assert(walk, tries(16))
  })

  test('what is as wanted needs no step, and nothing needs none to be removed', () => {
    for (const one of cases) {
      const { at, want } = read(one)
      // What the firewall has to do depends on the host: there only what was observed counts.
      const host = snapshotOf(kind === 'firewall' ? {} : one.on)
      if (want !== null) expect(part.plan(want, want, host, at)).toEqual([])
      // A trace is what somebody has left who took the rest away.
      expect(part.plan(null, null, host, at).filter(({ isTrace }) => !isTrace)).toEqual([])
    }
  })

  test('odd content of a host is a difference and never throws', () => {
    const odd: Snapshot[] = [
      snapshotOf({}),
      { ...snapshotOf({}), nft: { nftables: [null, 1, 'x', { rule: null }, { rule: { expr: 'x' } }, { chain: [] }] } },
      { ...snapshotOf({}), nft: { nftables: { rule: 1 } } },
      {
        ...snapshotOf({}),
        nft: {
          nftables: [
            { chain: { hook: 'input', family: 'inet', policy: 'drop' } },
            { rule: { comment: 'ssh-tunnels web me', expr: [{ match: { left: {}, right: {} } }, null, 7] } },
          ],
        },
      },
    ]
    for (const one of cases) for (const on of odd) expect(() => part.observe(on, read(one).at)).not.toThrow()
  })
})

// One change of a tunnel or a middle: what is declared against what its hosts show, or what of it is to go.
import { Fault } from '../fault'
import { cutsOf } from '../look/cuts'
import {
  doubtsAbout,
  findDoubts,
  isAbsent,
  type Look,
  type Observed,
  observePart,
  observeUnproved,
  wantOf,
} from '../look/look'
import { observe } from '../proof/observe'
import type { Declared } from '../wish/declared'
import { tellHanded } from '../wish/handover'
import { tellFormer } from './handed'
import type { Leftover, Named } from './leftovers'
import {
  compareCommand,
  comparePart,
  compareProof,
  describeLeftover,
  describeNew,
  describeNewProof,
  describeRotation,
  type PartChange,
  type ValueChange,
} from './part-changes'

export interface Change {
  readonly type: Declared['type']
  readonly name: string
  /** replace: nothing of it is where it should be, and something of it is elsewhere. */
  readonly action: 'none' | 'create' | 'update' | 'replace' | 'remove'
  readonly values: readonly ValueChange[]
  readonly parts: readonly PartChange[]
  /** null: it should not be there at all. */
  readonly declared: Declared | null
  readonly leftovers: readonly Leftover[]
  /** What the hosts show of it now; null for nothing. */
  readonly seen: Observed | null
  /** What the user should know of what is not there yet, or of what others have to remove. */
  readonly doubts?: readonly string[]
  /** It gets a new key, whatever its key was made for. */
  readonly rotates?: true
  /** Why connections that are open through it end. */
  readonly cuts?: readonly string[]
  /** For what should not be there: hosts that may have more of it and could not be looked at. */
  readonly unreached: readonly string[]
}

/** Throws a Fault where it cannot be told from where it will be proved. */
export async function planChange(look: Look, leftovers: readonly Leftover[], rotates = false): Promise<Change> {
  const { declared, derived, snapshotOf } = look
  const { type, input } = declared
  const absent = isAbsent(look)
  if (absent && rotates) throw notThere(look)
  const standing = derived.placed.flatMap(placed =>
    comparePart(
      { ...placed, want: wantOf(placed, snapshotOf) },
      absent ? null : observePart(placed, snapshotOf),
      doubtsAbout(placed, snapshotOf).some(({ code }) => code === 'firewall-unknown'),
    ),
  )
  // Where something differs far may well not answer, or not where it will: asking it would only take time.
  const differs = standing.length > 0 || leftovers.length > 0
  const seen = absent ? null : differs ? observeUnproved(look) : await observe(look)
  const proof = absent ? await describeNewProof(look) : compareProof(declared, seen)
  const rotated = rotates && !standing.some(({ attribute }) => attribute === 'key') ? describeRotation(look) : []
  const parts = [...standing, ...rotated, ...proof, ...leftovers.flatMap(describeLeftover)]
  const values = absent ? describeNew(look) : compareCommand(look)
  const action = parts.length === 0 ? 'none' : !absent ? 'update' : leftovers.length > 0 ? 'replace' : 'create'
  const doubts = [...(seen ? [] : findDoubts(look)), ...tellFormer(look, leftovers)]
  const cuts = action === 'update' ? cutsOf(look, rotates) : action === 'replace' ? ['it moves to another host'] : []
  const change = {
    type,
    name: input.name,
    action,
    values,
    parts,
    cuts,
    declared,
    leftovers,
    seen,
    doubts,
    unreached: [],
  } as const
  return rotates ? { ...change, rotates } : change
}

const notThere = ({ declared: { input } }: Look): Fault =>
  new Fault({
    code: 'not-listening',
    host: '',
    what: `there is no tunnel ${input.name} of ours to give a new key`,
    cure: 'apply makes it, with a key of its own',
  })

export function planRemoval({ type, name, leftovers }: Named, unreached: readonly string[]): Change {
  const parts = leftovers.flatMap(describeLeftover)
  return {
    type,
    name,
    action: 'remove',
    values: [],
    parts,
    declared: null,
    leftovers,
    seen: null,
    doubts: leftovers.flatMap(({ handed }) => (handed ? [tellHanded(name, handed)] : [])),
    unreached,
  }
}

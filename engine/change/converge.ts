// From what is there to what should be: rounds of batches, then the proof, then a look whether it is so.

import { loginId } from '../../schemas/machine'
import type { Host, Proof } from '../../schemas/types'
import { Fault } from '../fault'
import { type Difference, differences } from '../look/differ'
import { type Look, look, lookWherePossible, type Observed, observePart, planPart } from '../look/look'
import { lookAhead } from '../look/look-ahead'
import { findOtherOwner } from '../look/ownership'
import { type Step, unknown } from '../parts/part'
import { findWinner } from '../parts/sshd'
import { awaitProof, checkProof } from '../proof/prove'
import type { Declared } from '../wish/declared'
import type { Placed, Round } from '../wish/placed'
import { Interrupted, runSteps } from './batch'

/** Called with a sentence for each thing done, and where: for a step, its host and round. */
export type Tell = (what: string, at?: { readonly host: string; readonly round: Round }) => void

/** What the hosts show now; a tunnel's far service is asked too. */
export async function observe(declared: Declared): Promise<Observed> {
  const seen = await look(declared)
  const { proof, warning } = await checkProof(declared, seen)
  const unproved = observeUnproved(seen)
  return { ...unproved, proof, warnings: [...unproved.warnings, ...(warning ? [warning] : [])] }
}

/** The same, and far is not asked. */
export const observeUnproved = (seen: Look): Observed => ({
  ...observeAll(seen),
  proof: null,
  warnings: findWinners(seen),
})

function observeAll({ derived, on }: Look): Pick<Observed, 'parts' | 'outputs'> {
  const known = Object.entries(derived.outputs).filter((entry): entry is [string, string] => entry[1] !== unknown)
  return {
    parts: Object.fromEntries(derived.placed.map(placed => [placed.attribute, observePart(placed, on)])),
    outputs: Object.fromEntries(known),
  }
}

interface Wrong extends Difference {
  readonly placed: Placed
}

const findWrong = ({ derived, on }: Look): Wrong[] =>
  derived.placed.flatMap(placed =>
    placed.want === null
      ? []
      : differences(placed.want, observePart(placed, on)).map(difference => ({ placed, ...difference })),
  )

const winnerOver = ({ placed, name, have }: Wrong, on: Look['on']): string | null =>
  placed.kind === 'sshd' && have !== null ? findWinner(on(placed.host), name, String(have), placed.at.dropIn) : null

/** Foreign lines that win over our drop-in although it is there. */
const findWinners = (seen: Look): string[] =>
  findWrong(seen).flatMap((wrong, _, all) => {
    // Our drop-in says something else itself: nobody has to win over it.
    if (all.some(({ placed, name }) => placed === wrong.placed && name === 'dropInSha256')) return []
    const winner = winnerOver(wrong, seen.on)
    return winner ? [`${wrong.name} on ${wrong.placed.host.name} is ${JSON.stringify(wrong.have)}: ${winner} wins`] : []
  })

/** Whether something is wanted and nothing of it is on its hosts. */
export async function isAbsent(declared: Declared): Promise<boolean> {
  const seen = await look(declared)
  const { placed } = seen.derived
  return (
    placed.every(one => planRemoval(one, seen).length === 0) &&
    placed.some(one => planPart(one, false, seen.on).length > 0)
  )
}

/** What another owner has made under the same name since is not ours to remove. */
export const planRemoval = (placed: Placed, { derived, on }: Look): Step[] =>
  findOtherOwner(derived, placed, on) === undefined ? planPart(placed, true, on) : []

/**
 * Makes all parts what they should be and proves the tunnel. What was not there at all before is removed again when something fails.
 * Throws a Fault.
 */
export async function make(declared: Declared, tell: Tell): Promise<Observed> {
  const before = await look(declared)
  lookAhead(before.derived, before.on)
  const fresh = before.derived.placed.every(placed => planPart(placed, true, before.on).length === 0)
  try {
    for (const round of [0, 1, 2] as const) await runRound(declared, round, tell)
    // Where somebody else's line wins over ours, far cannot answer: say so, and do not wait for it.
    refuseWrong(await look(declared), ({ placed }) => placed.kind === 'sshd')
    const proof = await awaitProof(declared, tell)
    return await verify(declared, proof)
  } catch (why) {
    if (fresh) await undo(declared, tell, why)
    throw why
  }
}

export interface Removal {
  /** Default true. */
  readonly evenIfStopped?: boolean
  /** Default: all parts. */
  readonly only?: (placed: Placed) => boolean
}

/** Removes the parts, also where the other host cannot be reached: then throws its Fault at the end. */
export async function remove(declared: Declared, tell: Tell, removal: Removal = {}): Promise<void> {
  const { away } = await lookWherePossible(declared)
  for (const round of [2, 1, 0] as const) await runRound(declared, round, tell, { ...removal, away })
  for (const why of away.values()) throw why
}

async function undo(declared: Declared, tell: Tell, why: unknown): Promise<void> {
  tell('it failed: taking back what was made')
  try {
    await remove(declared, tell)
  } catch (second) {
    throw new Fault(
      {
        code: 'not-undone',
        host: second instanceof Fault ? second.host : '',
        what: why instanceof Error ? why.message : String(why),
        happened: `and taking back what was made failed too: ${second instanceof Error ? second.message : String(second)}`,
        cure: 'deploy again once that is mended: it goes on from what is there',
      },
      { cause: why },
    )
  }
}

/** All steps of one round, host by host in one batch each; again when somebody else's step broke the batch. */
async function runRound(
  declared: Declared,
  round: Round,
  tell: Tell,
  removal?: Removal & { readonly away: Look['away'] },
): Promise<void> {
  const { evenIfStopped = true, only = () => true, away } = removal ?? {}
  for (let tries = 1; ; tries++) {
    const seen = removal ? await lookWherePossible(declared, away) : await look(declared)
    const placed = seen.derived.placed.filter(one => one.round === round && only(one))
    const batches = groupByHost(removal ? [...placed].reverse() : placed, one =>
      removal ? planRemoval(one, seen) : planPart(one, false, seen.on),
    )
    const results = await Promise.allSettled(
      batches.map(({ host, steps }) => {
        for (const step of steps) tell(`${host.name}: ${step.why}`, { host: host.name, round })
        return runSteps(host, steps, { evenIfStopped: removal !== undefined && evenIfStopped })
      }),
    )
    const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
    const failure = failures.find(why => !(why instanceof Interrupted)) ?? failures[0]
    if (failure === undefined) return
    // Others' failures end with those others: there are at most as many as resources in this run.
    if (!(failure instanceof Interrupted) || tries === 100) throw failure
  }
}

function groupByHost(placed: readonly Placed[], plan: (one: Placed) => Step[]): { host: Host; steps: Step[] }[] {
  const groups = new Map<string, { host: Host; steps: Step[] }>()
  for (const one of placed) {
    const group = groups.get(loginId(one.host)) ?? { host: one.host, steps: [] }
    group.steps.push(...plan(one))
    groups.set(loginId(one.host), group)
  }
  return [...groups.values()].filter(({ steps }) => steps.length > 0)
}

/** After all rounds nothing may be left to do. */
async function verify(declared: Declared, proof: Proof | null): Promise<Observed> {
  const seen = await look(declared)
  refuseWrong(seen, () => true)
  return { ...observeAll(seen), proof, warnings: [] }
}

/** Says what differs although all was done, and who wins over us where that can be told. */
function refuseWrong(seen: Look, counts: (one: Wrong) => boolean): void {
  const wrong = findWrong(seen).filter(counts)
  const [first] = wrong
  if (!first) return
  const lines = wrong.map(one => {
    const winner = winnerOver(one, seen.on)
    return `${one.placed.attribute}.${one.name} on ${one.placed.host.name} is ${JSON.stringify(one.have)}, not ${JSON.stringify(one.want)}${winner ? `: ${winner} wins` : ''}`
  })
  throw new Fault({
    code: 'not-converged',
    host: first.placed.host.name,
    what: `all steps were done, yet ${first.placed.host.name} is not as it should be`,
    happened: lines.join('\n'),
    cure: 'see who else sets that on the host',
  })
}

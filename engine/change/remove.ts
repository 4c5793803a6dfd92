// Removing: one look, then the rounds backwards, each batch's output being the next look.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { checkCarried } from '../look/carried'
import { asFault } from '../look/checks'
import { companies } from '../look/company'
import { lookAt, planRemoval } from '../look/look'
import { firstFailure } from '../parts/check'
import type { Step } from '../parts/part'
import type { Declared } from '../wish/declared'
import type { Placed, Round } from '../wish/placed'
import { clearLeft } from './clear'
import { asKnown, type Job, type Known, loginsOf, lookOf, type Tell } from './job'
import { isMadeSince } from './made'
import { runRound } from './rounds'

export interface Removal {
  /** Default true. */
  readonly evenIfStopped?: boolean
  /** Default: all parts. */
  readonly only?: (placed: Placed) => boolean
  /** What this process has made under the same name since stays. */
  readonly sparesMade?: boolean
}

interface RemoveJob extends Job {
  readonly removal: Removal
}

interface Arrival extends RemoveJob {
  readonly done: () => void
  readonly fail: (why: unknown) => void
}

const arrive = companies<Arrival>(loginsOf, async together => {
  try {
    await removeAll(together)
    for (const { failed, done, fail } of together) {
      const [why] = failed.values()
      if (why === undefined) done()
      else fail(why)
    }
  } catch (why) {
    for (const { fail } of together) fail(why)
  }
})

/** Removes the parts, also where another host cannot be reached: then throws its Fault at the end. */
export const remove = (declared: Declared, tell: Tell, removal: Removal = {}): Promise<void> =>
  new Promise((done, fail) => arrive({ declared, tell, removal, failed: new Map(), done, fail }))

/** Never rejects for a host: who is away, or where a step failed, stands in each job's `failed`. */
export async function removeAll(jobs: readonly RemoveJob[]): Promise<void> {
  const known = asKnown(await lookAt(jobs.map(({ declared }) => declared)))
  await clearLeft(jobs, known)
  for (const job of jobs) for (const [login, why] of lookOf(job, known).away) job.failed.set(login, why)
  for (const job of jobs) {
    const cutsOff = firstFailure(checkCarried(lookOf(job, known), true))
    if (cutsOff) for (const login of loginsOf(job)) job.failed.set(login, asFault(cutsOff))
  }
  const groups = [true, false].map(evenIfStopped =>
    jobs.filter(({ removal }) => (removal.evenIfStopped ?? true) === evenIfStopped),
  )
  for (const round of [2, 1, 0] as const) {
    await Promise.all(
      groups.map((group, index) =>
        runRound(group, known, {
          round,
          plan: (job, host) => planOn(job, host, round, known),
          // What fails on one host does not keep the other from being cleared.
          goesOn: (job, host) => !job.failed.has(loginId(host)),
          evenIfStopped: index === 0,
          company: jobs,
        }),
      ),
    )
  }
  for (const job of jobs) if (job.failed.size === 0) verifyGone(job, known)
}

function planOn(job: RemoveJob, host: Host, round: Round | null, known: Known): Step[] {
  const seen = lookOf(job, known)
  const { only = () => true, sparesMade = false } = job.removal
  return seen.derived.placed
    .filter(one => (round === null || one.round === round) && loginId(one.host) === loginId(host))
    .filter(one => only(one) && !(sparesMade && isMadeSince(seen, one)))
    .reverse()
    .flatMap(one => planRemoval(one, seen))
}

/** After all rounds nothing may be left to do. */
function verifyGone(job: RemoveJob, known: Known): void {
  for (const host of lookOf(job, known).derived.placed.map(one => one.host)) {
    const left = planOn(job, host, null, known)
    const [first] = left
    if (!first) continue
    const fault = new Fault({
      code: 'not-converged',
      host: host.name,
      what: `all steps were done, yet something of ${job.declared.input.name} is still on ${host.name}`,
      happened: left.map(({ why }) => `still to do: ${why}`).join('\n'),
      cure: 'see who else makes that on the host, and run the same again',
    })
    job.failed.set(loginId(host), fault)
    return
  }
}

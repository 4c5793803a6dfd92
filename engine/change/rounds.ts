// One round: on each host one batch with the steps of all jobs, whose output is the new look at it.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import type { Step } from '../parts/part'
import { hostsOf } from '../wish/declared'
import type { Round } from '../wish/placed'
import { runSteps } from './batch'
import { isOn, type Job, type Known, lookAgain, requestsOn } from './job'

export interface RoundOptions<J extends Job> {
  readonly round: Round
  /** The steps that this job has to do on this host, as the host is known now. */
  readonly plan: (job: J, host: Host) => readonly Step[]
  /** Which jobs still go on there. */
  readonly goesOn: (job: J, host: Host) => boolean
  readonly evenIfStopped?: boolean
  /** Another deploy is making the same: what stands there is not this one's alone. */
  readonly meetsAnother?: (job: J) => void
  /** All who travel together, when these are only some of them: no look may forget the others. */
  readonly company?: readonly Job[]
}

/** Exit statuses of remote/batch.sh: another deploy holds its lock, or has made since our look what was to be made. */
export const lockedByAnother = 75
const madeByAnother = 76

/** Never rejects: whose step has failed, or whose host was lost, has it in `failed`. Resolves to those that had steps. */
export async function runRound<J extends Job>(
  jobs: readonly J[],
  known: Known,
  options: RoundOptions<J>,
): Promise<ReadonlySet<J>> {
  const busy = new Set<J>()
  const hosts = eachLogin(jobs.flatMap(({ declared }) => hostsOf(declared)))
  await Promise.all(
    hosts
      .filter(host => !known.away.has(loginId(host)))
      .map(host =>
        runOnHost(
          host,
          jobs.filter(job => isOn(host, job)),
          options.company ?? jobs,
          known,
          options,
          busy,
        ),
      ),
  )
  return busy
}

const told = new WeakMap<Job, Set<string>>()

/** A step may come again: in another round, as the end of sessions does, or where a batch is planned again. */
function tellOnce(job: Job, what: string, at: Parameters<Job['tell']>[1]): void {
  const before = told.get(job) ?? new Set()
  told.set(job, before)
  if (before.has(what)) return
  before.add(what)
  job.tell(what, at)
}

async function runOnHost<J extends Job>(
  host: Host,
  there: readonly J[],
  all: readonly Job[],
  known: Known,
  { round, plan, goesOn, evenIfStopped = false, meetsAnother }: RoundOptions<J>,
  busy: Set<J>,
): Promise<void> {
  const id = loginId(host)
  // A batch that somebody else's step has stopped is planned again without him. There are at most as many of those as resources in a run.
  for (let tries = 0; tries <= there.length + 100; tries++) {
    const steps = there
      .filter(job => goesOn(job, host))
      .flatMap(job => plan(job, host).map(step => ({ owner: job, step })))
    if (steps.length === 0) return
    for (const { owner, step } of steps) tellOnce(owner, `${host.name}: ${step.why}`, { host: host.name, round })
    for (const { owner } of steps) busy.add(owner)
    const owners = [...new Set(steps.map(({ owner }) => owner))]
    const requests = requestsOn(host, all)
    try {
      const { snapshot, fault, guilty } = await runSteps(host, { steps, requests, evenIfStopped })
      const met = fault?.exitStatus === madeByAnother && snapshot !== null && meetsAnother !== undefined
      for (const [job, why] of guilty) {
        if (met) meetsAnother(job)
        else job.failed.set(id, why)
      }
      if (snapshot) known.snapshots.set(id, snapshot)
      // Who waited for another deploy for two minutes would wait for as long again.
      else if (fault?.exitStatus !== lockedByAnother) await lookAgain(host, all, known)
      if (!fault) return
    } catch (why) {
      for (const job of owners) if (!job.failed.has(id)) job.failed.set(id, why)
      return
    }
  }
}

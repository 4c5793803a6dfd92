// Ports that the hosts choose come first: nearly all else says them.
import { loginId } from '../../schemas/machine'
import { planPart } from '../look/look'
import type { Step } from '../parts/part'
import { derive } from '../wish/declared'
import { allForwards, isTcp, isUnchosen } from '../wish/placed'
import { type Known, lookOf } from './job'
import type { MakeJob } from './make-job'
import { runRound } from './rounds'

/** Of those that have none yet. Never rejects: who gets none has why in `failed`. */
export async function choosePorts(
  all: readonly MakeJob[],
  known: Known,
  goesOn: (job: MakeJob) => boolean,
): Promise<void> {
  const wanted = all.flatMap(({ declared }) =>
    allForwards(derive(declared, {}))
      .filter(isTcp)
      .flatMap(one => (isUnchosen(one) ? [] : [one.port])),
  )
  await runRound(all, known, {
    round: 0,
    goesOn: job => goesOn(job) && openIn(job, known).length > 0,
    plan: (job, host) => {
      const { snapshotOf } = lookOf(job, known)
      const there = openIn(job, known).filter(one => loginId(one.host) === loginId(host))
      job.began ||= there.length > 0
      return there.flatMap(one => planPart(one, false, snapshotOf)).map(step => besides(step, wanted))
    },
  })
}

const openIn = (job: MakeJob, known: Known) =>
  lookOf(job, known).derived.placed.filter(one => one.kind === 'ports' && one.at.open.length > 0)

/** Not those that others of this deploy are about to listen on. */
const besides = (step: Step, wanted: readonly number[]): Step =>
  step.verb === 'port_choose'
    ? { ...step, args: [...step.args.slice(0, 2), [step.args[2], ...wanted].join(' ')] }
    : step

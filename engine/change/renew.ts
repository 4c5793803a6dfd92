// A session keeps the rights that sshd had when it began: one that stands as wanted and through which far does not answer is begun anew, once.
import { isOurs, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { startAnew } from '../parts/service'
import { stepsToEnd } from '../parts/sshd'
import { type Checked, checkProofs } from '../proof/prove'
import { type Job, type Known, lookOf } from './job'
import { runRound } from './rounds'
import { startAndSettle } from './settle'

/**
 * Of these jobs, whose session may be older than this run, those that do not answer get a new session: ended on the server, begun by the client.
 * Never rejects: whose step fails has it in `failed`.
 */
export async function renewSilent<J extends Job>(
  jobs: readonly J[],
  all: readonly J[],
  known: Known,
  goesOn: (job: J) => boolean,
): Promise<void> {
  const asked = await Promise.all(
    jobs.map(async job => {
      const checked = await checkProofs(lookOf(job, known)).catch((): Checked[] => [])
      // What leads to far on its own host is not what is stale; on one that is not ours nobody has looked.
      const isBlind = job.declared.type === 'tunnel' && !isOurs(job.declared.input.server)
      return checked.some(({ proof, link }) => proof?.answered === false && (isBlind || link !== 'port reached'))
        ? [job]
        : []
    }),
  )
  const silent = asked.flat()
  if (silent.length === 0) return
  for (const job of silent) job.tell('far does not answer: beginning a new session')
  const there = (job: J, host: Host) =>
    lookOf(job, known).derived.placed.filter(one => loginId(one.host) === loginId(host))
  const options = { goesOn, company: all }
  await runRound(silent, known, {
    ...options,
    round: 1,
    plan: (job, host) => there(job, host).flatMap(one => (one.kind === 'sshd' ? stepsToEnd(one.at.user) : [])),
  })
  await startAndSettle(silent, known, goesOn, () =>
    runRound(silent, known, {
      ...options,
      round: 2,
      plan: (job, host) => there(job, host).flatMap(one => (one.kind === 'service' ? startAnew(one.at) : [])),
    }),
  )
}

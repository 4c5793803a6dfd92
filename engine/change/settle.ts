// Waiting, on the hosts themselves, until those that were started are listened to.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { unlessStopped } from '../host/stop'
import { allBound } from '../look/listeners'
import { accountOf } from '../parts/paths'
import { nameOf } from '../wish/declared'
import { type Job, type Known, lookAgain, lookOf } from './job'

/** Of these jobs, what this host should listen on. */
export function awaitedOn(jobs: readonly Job[], host: Host, known: Known): { account: string; port: number }[] {
  return jobs.flatMap(job =>
    lookOf(job, known)
      .derived.listening.filter(one => loginId(one.host) === loginId(host))
      .map(({ port }) => ({ account: accountOf(nameOf(job.declared)), port })),
  )
}

/** The services are started, while their listening hosts wait already for those that nobody listens for yet. */
export async function startAndSettle<J extends Job>(
  jobs: readonly J[],
  known: Known,
  goesOn: (job: J) => boolean,
  start: () => Promise<ReadonlySet<J>>,
): Promise<void> {
  const before = jobs.filter(goesOn)
  const none: ReadonlySet<Job> = new Set()
  const unbound = before.filter(job => !listensAtItsClient(job, known) && !allBound(lookOf(job, known)))
  let superseded = false
  const early = settle(unbound, none, jobs, known, () => superseded)
  const started = await start()
  // Nobody waits for the listener of a service that was not started.
  const all = before.every(goesOn)
  if (all) await early
  superseded = true
  // The early look may have lost patience before the last service was started.
  const isSettled = (job: J) => all && unbound.includes(job) && allBound(lookOf(job, known))
  await settle(
    before.filter(job => goesOn(job) && !isSettled(job)),
    started,
    jobs,
    known,
  )
}

const listensAtItsClient = (job: Job, known: Known): boolean => {
  const { declared } = job
  return (
    declared.type === 'tunnel' &&
    lookOf(job, known).derived.listening.every(({ host }) => loginId(host) === loginId(declared.input.client))
  )
}

/** Waits on the listening hosts, in one look at each, until all that were started are listened to. */
async function settle(
  jobs: readonly Job[],
  started: ReadonlySet<Job>,
  all: readonly Job[],
  known: Known,
  isSuperseded: () => boolean = () => false,
): Promise<void> {
  const hosts = new Map<string, { host: Host; jobs: Job[] }>()
  for (const job of jobs) {
    const { declared } = job
    const seen = lookOf(job, known)
    for (const { host } of seen.derived.listening) {
      // The batch that started it has waited already.
      const waited = started.has(job) && declared.type === 'tunnel' && loginId(host) === loginId(declared.input.client)
      if (waited || (!started.has(job) && allBound(seen))) continue
      const entry = hosts.get(loginId(host)) ?? { host, jobs: [] }
      hosts.set(loginId(host), { host, jobs: [...entry.jobs, job] })
    }
  }
  await Promise.all(
    [...hosts.values()].map(async ({ host, jobs: waiting }) => {
      // What a look says that nobody waits for any more must not overwrite what is known by now.
      const own: Known = { snapshots: new Map(), away: new Map() }
      try {
        await unlessStopped(lookAgain(host, all, own, { awaits: awaitedOn(waiting, host, known) }))
        const snapshot = own.snapshots.get(loginId(host))
        if (snapshot && !isSuperseded()) known.snapshots.set(loginId(host), snapshot)
      } catch (why) {
        if (!isSuperseded()) for (const job of waiting) job.failed.set(loginId(host), why)
      }
    }),
  )
}

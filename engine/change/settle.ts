// Waiting, on the hosts themselves, until those that were started are listened to.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { unlessStopped } from '../host/stop'
import { allBound } from '../look/listeners'
import { readHost } from '../look/snapshot'
import { accountOf } from '../parts/paths'
import { nameOf } from '../wish/declared'
import { type Job, type Known, lookOf } from './job'

/** The services are started, while their listening hosts wait already for those that nobody listens for yet. */
export async function startAndSettle<J extends Job>(
  jobs: readonly J[],
  known: Known,
  goesOn: (job: J) => boolean,
  start: () => Promise<ReadonlySet<J>>,
): Promise<void> {
  const before = jobs.filter(goesOn)
  let superseded = false
  const unbound = before.filter(job => !allBound(lookOf(job, known)))
  const early = settle(unbound, known, () => superseded)
  const started = await start()
  // Nobody waits for the listener of a service that was not started.
  if (before.every(goesOn)) await early
  superseded = true
  // The early look may have lost patience before the last service was started, and what listened before may have been started anew.
  const isSettled = (job: J) => allBound(lookOf(job, known)) && (unbound.includes(job) || !started.has(job))
  await settle(
    before.filter(job => goesOn(job) && !isSettled(job)),
    known,
  )
}

/** Waits on the listening hosts, in one look at each, until all are listened to. */
async function settle(jobs: readonly Job[], known: Known, isSuperseded: () => boolean = () => false): Promise<void> {
  const hosts = new Map<string, { host: Host; jobs: Job[]; awaits: { account: string; port: number }[] }>()
  for (const job of jobs) {
    for (const { host, port } of lookOf(job, known).derived.listening) {
      const id = loginId(host)
      const entry = hosts.get(id) ?? { host, jobs: [], awaits: [] }
      entry.jobs.push(job)
      entry.awaits.push({ account: accountOf(nameOf(job.declared)), port })
      hosts.set(id, entry)
    }
  }
  await Promise.all(
    [...hosts.values()].map(async ({ host, jobs: waiting, awaits }) => {
      try {
        const seen = await unlessStopped(readHost(host, { names: [], awaits, onlyListeners: true }))
        const before = known.snapshots.get(loginId(host))
        // What nobody waits for any more must not overwrite what is known by now.
        if (seen && before && !isSuperseded()) {
          known.snapshots.set(loginId(host), { ...before, listeners: seen.listeners })
        }
      } catch (why) {
        if (!isSuperseded()) for (const job of waiting) job.failed.set(loginId(host), why)
      }
    }),
  )
}

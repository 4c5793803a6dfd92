// Waiting, on the hosts themselves, until those that were started are listened to.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { unlessStopped } from '../host/stop'
import { allBound } from '../look/listeners'
import { observePart, questionOfSocket } from '../look/look'
import { readHost } from '../look/snapshot'
import { accountOf } from '../parts/paths'
import { nameOf } from '../wish/declared'
import { isTcp, type SocketAsked } from '../wish/placed'
import { type Job, type Known, lookOf } from './job'

/** Milliseconds from the last start on in which a wait was long enough: ssh's ConnectTimeout, and one restart. */
const longEnough = 12_000

/** The services are started, while their listening hosts wait already for those that nobody listens for yet. Resolves to who was started. */
export async function startAndSettle<J extends Job>(
  jobs: readonly J[],
  known: Known,
  goesOn: (job: J) => boolean,
  start: () => Promise<ReadonlySet<J>>,
): Promise<ReadonlySet<J>> {
  const before = jobs.filter(job => goesOn(job) && !lookOf(job, known).derived.disabled)
  const unbound = before.filter(job => !listensAtItsClient(job, known) && !allBound(lookOf(job, known)))
  // Who listens may be the ssh of before, which the start is about to end.
  const anew = new Set(before.filter(job => !hasService(job, known)))
  let superseded = false
  const early = settle(unbound, known, () => superseded)
  const started = await start()
  const startedAt = Date.now()
  // Nobody waits for the listener of a service that was not started.
  if (before.every(goesOn)) await early
  superseded = true
  const hadItsTime = Date.now() - startedAt > longEnough
  const isSettled = (job: J) =>
    unbound.includes(job)
      ? hadItsTime || (allBound(lookOf(job, known)) && (anew.has(job) || !started.has(job)))
      : allBound(lookOf(job, known)) && !started.has(job)
  await settle(
    before.filter(job => goesOn(job) && !isSettled(job)),
    known,
  )
  return started
}

/** One that listens where ssh runs is there at once, and a host that takes one session at a time has enough to do. */
const listensAtItsClient = (job: Job, known: Known): boolean => {
  const { declared } = job
  return (
    declared.type === 'tunnel' &&
    lookOf(job, known).derived.listening.every(({ host }) => loginId(host) === loginId(declared.input.client))
  )
}

const hasService = (job: Job, known: Known): boolean => {
  const { derived, snapshotOf } = lookOf(job, known)
  return derived.placed.some(one => one.kind === 'service' && observePart(one, snapshotOf) !== null)
}

/** Waits on the listening hosts, in one look at each, until all are listened to. */
export async function settle(
  jobs: readonly Job[],
  known: Known,
  isSuperseded: () => boolean = () => false,
): Promise<void> {
  const hosts = new Map<
    string,
    { host: Host; jobs: Job[]; awaits: { account: string; at: number | string }[]; sockets: SocketAsked[] }
  >()
  for (const job of jobs) {
    const { listening, sockets } = lookOf(job, known).derived
    for (const one of listening) {
      const { host } = one
      const id = loginId(host)
      const entry = hosts.get(id) ?? { host, jobs: [], awaits: [], sockets: [] }
      entry.jobs.push(job)
      entry.awaits.push({ account: accountOf(nameOf(job.declared)), at: isTcp(one) ? one.port : one.path })
      entry.sockets = [...new Set([...entry.sockets, ...sockets.filter(other => loginId(other.host) === id)])]
      hosts.set(id, entry)
    }
  }
  await Promise.all(
    [...hosts.values()].map(async ({ host, jobs: waiting, awaits, sockets }) => {
      try {
        const seen = await unlessStopped(
          readHost(host, { names: [], awaits, onlyListeners: true, questions: sockets.map(questionOfSocket) }),
        )
        const before = known.snapshots.get(loginId(host))
        // What nobody waits for any more must not overwrite what is known by now.
        if (seen && before && !isSuperseded()) {
          known.snapshots.set(loginId(host), { ...before, listeners: seen.listeners, sockets: seen.sockets })
        }
      } catch (why) {
        if (!isSuperseded()) for (const job of waiting) job.failed.set(loginId(host), why)
      }
    }),
  )
}

// Making: one look, the checks, then round by round, each batch's output being the next look; then the proofs, all together.
import { few } from '../../schemas/few'
import { isOurs, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { isStopped } from '../host/stop'
import { checkCarried, isCarried } from '../look/carried'
import { asFault, refuse } from '../look/checks'
import { companies } from '../look/company'
import { checkJumps } from '../look/jumps'
import { allBound } from '../look/listeners'
import {
  findDoubts,
  findWrong,
  type Look,
  lookAt,
  type Observed,
  observePart,
  observeParts,
  planPart,
  winnerOver,
} from '../look/look'
import { provenBy } from '../look/proven'
import { yieldsFor } from '../look/socket-held'
import { firstFailure } from '../parts/check'
import { startAnew } from '../parts/service'
import { explain, goesUnproved } from '../proof/explain'
import { awaitProofs, type Checked, isRunning, type Proved } from '../proof/prove'
import type { Declared } from '../wish/declared'
import { choosePorts } from './choose-ports'
import { clearLeft } from './clear'
import { asKnown, type Known, loginsOf, lookAgain, lookOf, type Tell } from './job'
import { rememberMade } from './made'
import { checksBefore, type MakeJob, type Making, notOurs, refuseAlone, rotation, withYield } from './make-job'
import { removeAll } from './remove'
import { renewSilent } from './renew'
import { runRound } from './rounds'
import { settle, startAndSettle } from './settle'

interface Arrival extends MakeJob {
  readonly done: (made: Observed) => void
  readonly fail: (why: unknown) => void
}

const arrive = companies<Arrival>(loginsOf, async together => {
  try {
    await makeAll(together)
    for (const job of together) {
      if (job.made) job.done(job.made)
      else job.fail(whyOf(job))
    }
  } catch (why) {
    for (const job of together) {
      if (job.made) job.done(job.made)
      else job.fail(why)
    }
  }
})

/**
 * Makes all parts what they should be and proves the tunnel; who calls it at the same time is served together. What was not there at
 * all before is removed again when something fails. Throws a Fault.
 */
export const make = (declared: Declared, tell: Tell, making: Making = {}): Promise<Observed> =>
  new Promise((done, fail) =>
    arrive({
      declared,
      tell,
      making,
      failed: new Map(),
      fresh: false,
      began: false,
      met: false,
      made: null,
      oldKey: null,
      done,
      fail,
    }),
  )

const whyOf = ({ failed, declared }: MakeJob): unknown =>
  [...failed.values()][0] ?? new Error(`${declared.input.name} was neither made nor refused`)

async function makeAll(jobs: readonly MakeJob[]): Promise<void> {
  const known = asKnown(await lookAt(jobs.map(({ declared }) => declared)))
  await clearLeft(jobs, known)
  const goesOn = (job: MakeJob) => job.failed.size === 0
  /** Those that still go on, each through a question that may end its way. */
  const each = async (ask: (job: MakeJob) => void | Promise<void>) => {
    await Promise.all(
      jobs.filter(goesOn).map(async job => {
        try {
          await ask(job)
        } catch (why) {
          job.failed.set('', why)
        }
      }),
    )
  }
  await each(job => {
    const seen = lookOf(job, known)
    for (const why of seen.away.values()) throw why
    refuse([...checksBefore(job, seen), ...notOurs(job, seen), ...checkCarried(seen, false), ...checkJumps(seen)])
    job.oldKey = keyOf(seen)
    job.fresh = seen.derived.placed.every(one => planPart(one, true, seen.snapshotOf).every(({ isTrace }) => isTrace))
  })
  await choosePorts(jobs, known, goesOn)
  /** Which did not listen before anything was changed. */
  const unbound = new Set(
    jobs.filter(job => goesOn(job) && !lookOf(job, known).derived.disabled && !allBound(lookOf(job, known))),
  )
  /** Where somebody listened although ssh did not run: a session of sshd whose client is gone. */
  const orphaned = new Set(jobs.filter(job => goesOn(job) && isOrphaned(lookOf(job, known))))
  const round = (number: 0 | 1 | 2) =>
    runRound(jobs, known, {
      round: number,
      goesOn,
      meetsAnother: job => {
        job.tell('another deploy is making it too: going on from what it has made')
        job.fresh = false
        job.met = true
      },
      plan: (job, host) => {
        const seen = lookOf(job, known)
        const theirs = job.met ? firstFailure(notOurs(job, seen)) : undefined
        if (theirs) {
          job.failed.set(loginId(host), asFault(theirs))
          return []
        }
        const { derived, snapshotOf } = seen
        const there = derived.placed.filter(one => one.round === number && loginId(one.host) === loginId(host))
        const planned = there.flatMap(one => {
          const anew = rotation(job, one, seen)
          const own = anew.length > 0 ? anew : planPart(one, false, snapshotOf)
          // Its ssh may be between two tries that are far apart, or hold a session that nothing comes of.
          return own.length === 0 && one.kind === 'service' && unbound.has(job) ? startAnew(one.at) : own
        })
        const steps = withYield(job, planned)
        job.began ||= steps.length > 0
        return isCarried(seen) ? steps.map(step => ({ ...step, cutsOff: true as const })) : steps
      },
    })
  /** One whose ssh others begin is waited for where it had begun before. */
  const comes = (job: MakeJob) => !beginsElsewhere(job.declared) || !unbound.has(job)
  await round(0)
  await round(1)
  // A key that takes another's place is let in beside it first, then it is the one, and then the other is let in no more.
  await round(0)
  const renewed = await round(1)
  await settle(
    [...renewed].filter(job => goesOn(job) && isRunning(lookOf(job, known))),
    known,
  )
  // Where somebody else's line wins over ours, far cannot answer: say so, and do not start.
  await each(job => refuse(checksBefore(job, lookOf(job, known))))
  await each(job => refuseAlone(job, jobs))
  await runRound(jobs, known, { round: 2, goesOn, plan: (job, host) => yieldsFor(lookOf(job, known), host) })
  const started = await startAndSettle(jobs, known, goesOn, () => round(2), comes)
  await renewSilent(
    jobs.filter(job => goesOn(job) && (!started.has(job) || orphaned.has(job))),
    jobs,
    known,
    goesOn,
  )
  await proveAll(jobs.filter(goesOn), jobs, known, each)
  await each(job => {
    if (!job.making.orNothing || !job.fresh || !job.began || !isStopped()) return
    job.made = null
    throw new Fault({ code: 'stopped', host: '', what: 'stopped when it was made' })
  })
  await each(job => refuseAlone(job, jobs))
  await takeBack(jobs.filter(job => !goesOn(job) && job.fresh && job.began))
}

const beginsElsewhere = ({ type, input }: Declared): boolean => type === 'tunnel' && !isOurs(input.client)

function keyOf({ derived, snapshotOf }: Look): string | null {
  const key = derived.placed.find(one => one.kind === 'key')
  return (key?.kind === 'key' && snapshotOf(key.host).keys[key.at.path]) || null
}

const isOrphaned = (seen: Look): boolean => !seen.derived.disabled && !isRunning(seen) && allBound(seen)

async function proveAll(
  jobs: readonly MakeJob[],
  all: readonly MakeJob[],
  known: Known,
  each: (ask: (job: MakeJob) => void | Promise<void>) => Promise<void>,
): Promise<void> {
  /** Of each forward, in their order. */
  const proved = new Map<MakeJob, readonly Proved[]>()
  const silencesOf = (job: MakeJob) =>
    (proved.get(job) ?? []).flatMap(one => (one.kind === 'silent' ? one.silence : []))
  await each(async job => void proved.set(job, await awaitProofs(lookOf(job, known), job.tell)))
  const silent = jobs.filter(job => silencesOf(job).length > 0)
  await lookAfter(jobs, silent, all, known)
  // Whose ssh has come a moment too late is asked after all.
  await each(async job => {
    const seen = lookOf(job, known)
    if (!silencesOf(job).some(({ place }) => place === null) || !allBound(seen)) return
    proved.set(job, await awaitProofs(seen, job.tell))
  })
  await each(async job => {
    const seen = lookOf(job, known)
    const checked = await Promise.all((proved.get(job) ?? []).map(one => unlessMissing(one, seen, job.tell)))
    refuseWrong(seen)
    rememberMade(seen)
    const proofs = checked.map(({ proof }) => proof)
    const doubts = findDoubts(seen, proofs)
    for (const doubt of doubts) job.tell(doubt)
    const warnings = checked.flatMap(({ warning }) => warning ?? [])
    job.made = { ...observeParts(seen), ...provenBy(proofs), warnings: [...warnings, ...doubts] }
  })
}

/** Throws a Fault for a forward that is not proved, and has to be. */
async function unlessMissing(one: Proved, seen: Look, tell: Tell): Promise<Checked> {
  if (one.kind === 'proved') return one
  const missing = await explain(seen, one.silence)
  const unproved = goesUnproved(one.silence, missing)
  if (!unproved) throw asFault(missing)
  tell(`not proved: ${missing.what}`)
  return unproved
}

/** One more look where the last one was too early: at clients whose ssh had to come back once, and at the hosts of those that are silent. */
async function lookAfter(
  jobs: readonly MakeJob[],
  silent: readonly MakeJob[],
  all: readonly MakeJob[],
  known: Known,
): Promise<void> {
  const hosts = new Map<string, { host: Host; units: string[] }>()
  const add = (host: Host, units: readonly string[] = []) => {
    const entry = hosts.get(loginId(host)) ?? { host, units: [] }
    hosts.set(loginId(host), { host, units: [...entry.units, ...units] })
  }
  for (const job of jobs) {
    const { derived, snapshotOf } = lookOf(job, known)
    for (const placed of derived.placed) {
      if (placed.kind !== 'service') continue
      if (silent.includes(job)) add(placed.host, [placed.at.unit])
      else if (observePart(placed, snapshotOf)?.active === false) add(placed.host)
    }
    if (silent.includes(job)) for (const { host } of derived.listening) if (isOurs(host)) add(host)
  }
  await Promise.all(
    [...hosts.values()].map(({ host, units }) =>
      // What cannot be read now stays as it was last seen: the explanation is then the poorer.
      lookAgain(host, all, known, { journals: units }).catch(() => {}),
    ),
  )
}

/** After all rounds nothing may be left to do. Says what differs although all was done, and who wins over us where that can be told. */
function refuseWrong(seen: Look): void {
  const wrong = findWrong(seen)
  const [first] = wrong
  if (!first) return
  const lines = wrong.map(({ placed, name, have, want }) => {
    const winner = winnerOver(placed, name, have, seen)
    return `${placed.attribute}.${name} on ${placed.host.name} is ${beside(have, want)}, not ${beside(want, have)}${winner ? `: ${winner} wins` : ''}`
  })
  throw new Fault({
    code: 'not-converged',
    host: first.placed.host.name,
    what: `all steps were done, yet ${first.placed.host.name} is not as it should be`,
    happened: lines.join('\n'),
    cure: 'see who else sets that on the host',
  })
}

/** Of a list that does not have what another has, only that which the other has not. */
const beside = (value: unknown, other: unknown): string =>
  Array.isArray(value) && Array.isArray(other)
    ? `[${few(value.filter(one => !other.includes(one)).map(one => JSON.stringify(one))).join(', ')}]`
    : JSON.stringify(value)

/** Nobody knows what such a batch has done. */
const isLost = (why: unknown): boolean =>
  !(why instanceof Fault) || ['connection-lost', 'took-too-long', 'undoing-unknown'].includes(why.code)

/** At once, or before the first step that takes something back: where there is none, nothing was begun. */
function tellTakingBack(tell: Tell, atOnce: boolean): Tell {
  const say = () => tell('it failed: taking back what was made')
  let isTold = atOnce
  if (atOnce) say()
  return (what, at) => {
    if (at && !isTold) say()
    isTold ||= at !== undefined
    tell(what, at)
  }
}

async function takeBack(jobs: readonly MakeJob[]): Promise<void> {
  if (jobs.length === 0) return
  const removals = jobs.map(({ declared, tell, failed }) => ({
    declared,
    tell: tellTakingBack(tell, [...failed.values()].some(isLost)),
    removal: {},
    failed: new Map<string, unknown>(),
  }))
  await removeAll(removals)
  for (const [index, { failed }] of removals.entries()) {
    const [second] = failed.values()
    const job = jobs[index]
    if (second === undefined || !job) continue
    const why = whyOf(job)
    const fault = new Fault(
      {
        code: 'not-undone',
        host: second instanceof Fault ? second.host : '',
        what: why instanceof Error ? why.message : String(why),
        happened: `and taking back what was made failed too: ${second instanceof Error ? second.message : String(second)}`,
        cure: 'deploy again once that is mended: it goes on from what is there',
      },
      { cause: why },
    )
    job.failed.clear()
    job.failed.set('', fault)
  }
}

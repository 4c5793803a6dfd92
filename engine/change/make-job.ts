// A job that is made: what is asked of its making, and what it has come to.
import { Fault } from '../fault'
import { checksOf } from '../look/checks'
import type { Look, Observed } from '../look/look'
import { checkTakeover } from '../look/takeover'
import { type Check, isTaken } from '../parts/check'
import { makeNext, readyNext } from '../parts/key'
import type { Step } from '../parts/part'
import { tunnelOfUnit } from '../parts/paths'
import type { Placed } from '../wish/placed'
import type { Job } from './job'
import { isMadeHere } from './made'
import type { Replaced } from './replace'

export interface Making {
  /** Nobody remembers having made it: what stands there with other arguments is refused, for it may be another configuration's. */
  readonly isNew?: boolean
  /** Who asked is gone at Ctrl-C and takes it for not made: what was not there before is then taken back, though it came to its end. */
  readonly orNothing?: boolean
  /** It gets a new key, whatever its key was made for. */
  readonly rotates?: boolean
  /** A unit of ours that has its port, and stops right before its own starts: the same tunnel under the name that it had. */
  readonly follows?: string
  /** Runs in its place by hand, and holds its port until everything else is ready. */
  readonly replaces?: Replaced
}

export interface MakeJob extends Job {
  readonly making: Making
  /** Nothing of it was there before: then a failure takes it back. */
  fresh: boolean
  began: boolean
  /** Another deploy has been met on the way. */
  met: boolean
  made: Observed | null
  /** The key that it had before anything was changed; null for none. */
  oldKey: string | null
}

/** A new key is asked for, and nobody has made one yet. */
export function rotation({ making, oldKey }: MakeJob, placed: Placed, { snapshotOf }: Look): Step[] {
  if (!making.rotates || placed.kind !== 'key' || oldKey === null) return []
  const on = snapshotOf(placed.host)
  const isOld = on.keys[placed.at.path] === oldKey && readyNext(on, placed.at) === null
  return isOld ? [makeNext(placed.at)] : []
}

/** What this process has made is no other's: with create_before_destroy the old one stands while the new one is made. */
export const notOurs = ({ making }: MakeJob, seen: Look): Check[] =>
  making.isNew && !isMadeHere(seen) ? checkTakeover(seen) : []

/** As it is asked before the start: who makes way for it is not in its way. */
export const checksBefore = ({ making }: MakeJob, seen: Look): Check[] =>
  checksOf(seen).filter(({ code }) => !(making.replaces && isTaken(code)))

/** One that serves several goes for all of them, or for none: before its end, and after it when one of them has not come up. */
export function refuseAlone(job: MakeJob, jobs: readonly MakeJob[]): void {
  const { making, declared } = job
  const { replaces } = making
  const other = replaces && jobs.find(one => one.failed.size > 0 && one.making.replaces === replaces)
  if (!other || declared.type !== 'tunnel') return
  job.made = null
  const what = `${replaces.unit} is not replaced: it serves ${other.declared.input.name} too, which failed`
  throw new Fault({ code: 'not-replaced', host: declared.input.client.name, what })
}

/** Its own start, right after the old one's end. */
export function withYield({ making: { replaces, follows } }: MakeJob, steps: readonly Step[]): readonly Step[] {
  const start = steps.find(({ verb }) => verb === 'unit_start' || verb === 'service_start')
  if (!start) return steps
  return [...(replaces ? [replaces.yields] : []), ...(follows ? [leave(follows, start)] : []), ...steps]
}

/** By what starts its own. */
const leave = (unit: string, { verb, args: [supervisor = ''] }: Step): Step => ({
  why: `stop ${unit}`,
  phase: 'start',
  ...(verb === 'unit_start'
    ? { verb: 'unit_leave', args: [unit] }
    : { verb: 'service_leave', args: [supervisor, tunnelOfUnit(unit)] }),
})

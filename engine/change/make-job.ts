// A job that is made: what is asked of its making, and what it has come to.
import type { Look, Observed } from '../look/look'
import { checkTakeover } from '../look/takeover'
import type { Check } from '../parts/check'
import type { Job } from './job'
import { isMadeHere } from './made'

export interface Making {
  /** Nobody remembers having made it: what stands there with other arguments is refused, for it may be another configuration's. */
  readonly isNew?: boolean
  /** Who asked is gone at Ctrl-C and takes it for not made: what was not there before is then taken back, though it came to its end. */
  readonly orNothing?: boolean
}

export interface MakeJob extends Job {
  readonly making: Making
  /** Nothing of it was there before: then a failure takes it back. */
  fresh: boolean
  began: boolean
  /** Another deploy has been met on the way. */
  met: boolean
  made: Observed | null
}

/** What this process has made is no other's: with create_before_destroy the old one stands while the new one is made. */
export const notOurs = ({ making }: MakeJob, seen: Look): Check[] =>
  making.isNew && !isMadeHere(seen) ? checkTakeover(seen) : []

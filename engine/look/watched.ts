// What a resident proof has seen of a tunnel, and whether it still looks. Pure.
import type { Host } from '../../schemas/types'
import { parts } from '../parts'
import type { Check } from '../parts/check'
import type { Snapshot } from '../parts/snapshot'
import { isLate } from '../parts/watcher'
import type { Derived, Placed } from '../wish/placed'
import { describeTimes, type Unproven, unprovenSince } from './history'

const day = 24 * 3600 * 1000

/** As a look has it. */
interface Shown {
  readonly derived: Derived
  readonly snapshotOf: (host: Host) => Snapshot
}

export interface Watched {
  /** The host that proves. */
  readonly host: string
  /** When it has proved last, in milliseconds since 1970; null for never. */
  readonly checked: number | null
  /** Of the last day. */
  readonly unproven: readonly Unproven[]
  /** Why nobody knows what came after that: the timer does not run, or its last proof is old; null where it proves. */
  readonly doubt: Pick<Check, 'what' | 'cure'> | null
  /** It has not proved for so long that a plan tells. */
  readonly isLate: boolean
}

/** What a resident proof has seen; null where there is none, or its host was not read. */
export function watchedOf({ derived, snapshotOf }: Shown, now: number): Watched | null {
  const placed = derived.placed.find(
    (one): one is Extract<Placed, { kind: 'watcher' }> => one.kind === 'watcher' && one.want !== null,
  )
  if (!placed?.want) return null
  const { host, at, want } = placed
  const on = snapshotOf(host)
  const history = on.histories[at.tunnel]
  return {
    host: host.name,
    checked: history?.checked ?? null,
    unproven: history ? unprovenSince(history, now - day) : [],
    doubt: parts.watcher.checks(want, on, at, host.name).find(({ status }) => status !== 'ok') ?? null,
    isLate: parts.watcher.observe(on, at) !== null && isLate(on, at, now),
  }
}

/** In words, for a plan. */
export function tellWatched(name: string, shown: Shown): string[] {
  const now = Date.now()
  const watched = watchedOf(shown, now)
  if (!watched) return []
  const { host, unproven, doubt } = watched
  return [
    ...(unproven.length > 0
      ? [`${name}: ${describeTimes(unproven, now)}\nlast seen on ${host}: ${unproven.at(-1)?.why}`]
      : []),
    // Since then nobody knows.
    ...(watched.isLate && doubt ? [`${name}: ${doubt.what}\n${doubt.cure}`] : []),
  ]
}

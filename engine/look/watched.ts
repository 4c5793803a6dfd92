// What a resident proof has seen of a tunnel, and whether it still looks. Pure.
import type { Host, Watcher } from '../../schemas/types'
import type { Check } from '../parts/check'
import type { Snapshot } from '../parts/snapshot'
import { doubtOf, historyOf, isLate, watcher } from '../parts/watcher'
import type { Derived } from '../wish/placed'
import { describeTimes, type Unproven, unprovenSince } from './history'

const day = 24 * 3600 * 1000

/** As a look has it. */
interface Shown {
  readonly derived: Derived
  readonly snapshotOf: (host: Host) => Snapshot
}

export interface Watched {
  /** What the forward is called; null where it is the tunnel. */
  readonly label: string | null
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

/** Of each forward that a resident proof is of, and whose host was read. */
export const watchedOf = ({ derived, snapshotOf }: Shown, now: number): Watched[] =>
  derived.placed.flatMap(placed => {
    if (placed.kind !== 'watcher' || placed.want === null) return []
    const { host, at, want } = placed
    const on = snapshotOf(host)
    return at.proofs.map((one): Watched => {
      const history = on.histories[historyOf(at.tunnel, one)]
      return {
        label: one.label,
        host: host.name,
        checked: history?.checked ?? null,
        unproven: history ? unprovenSince(history, now - day) : [],
        doubt: doubtOf(want as Watcher, on, at, one, host.name),
        isLate: watcher.observe(on, at) !== null && isLate(on, at, one, now),
      }
    })
  })

/** In words, for a plan. */
export function tellWatched(name: string, shown: Shown): string[] {
  const now = Date.now()
  return watchedOf(shown, now).flatMap(({ label, host, unproven, doubt, isLate: late }) => [
    ...(unproven.length > 0
      ? [`${label ?? name}: ${describeTimes(unproven, now)}\nlast seen on ${host}: ${unproven.at(-1)?.why}`]
      : []),
    // Since then nobody knows.
    ...(late && doubt ? [`${label ?? name}: ${doubt.what}\n${doubt.cure}`] : []),
  ])
}

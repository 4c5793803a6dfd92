// Looking ahead: what a deploy would stumble over, before anything is touched; one read a host for all who ask at the same time.
import { loginId } from '../../schemas/machine'
import { companies } from '../look/company'
import { cutsOf } from '../look/cuts'
import { learn } from '../look/learn'
import { type Seen, see } from '../look/look'
import { type Beside, findObstacles, type Obstacle } from '../look/obstacles'
import { checkTakeover } from '../look/takeover'
import type { Check } from '../parts/check'
import { type Declared, hostsOf } from '../wish/declared'
import type { Known } from '../wish/placed'
import { readFor } from './observe'

export interface Foreseen {
  readonly obstacles: readonly Obstacle[]
  /** What only the hosts can tell; null where one of them could not be read. */
  readonly known: Known | null
  /** Why connections that are open through it end with the deploy. */
  readonly cuts: readonly string[]
  /** What stands under its name with other arguments. */
  readonly takesOver: Check | null
}

interface Arrival {
  readonly declared: Declared
  readonly beside: Beside
  readonly done: (foreseen: Foreseen) => void
  readonly fail: (why: unknown) => void
}

const arrive = companies<Arrival>(
  ({ declared }) => hostsOf(declared).map(loginId),
  async arrivals => {
    try {
      const seen = await readFor(arrivals.map(({ declared }) => declared))
      for (const { declared, beside, done } of arrivals) done(judge(declared, seen, beside))
    } catch (why) {
      for (const { fail } of arrivals) fail(why)
    }
  },
)

/** Changes nothing, and does not ask far. Hosts that cannot be read are obstacles too. */
export const foresee = (declared: Declared, beside: Beside): Promise<Foreseen> =>
  new Promise((done, fail) => arrive({ declared, beside, done, fail }))

function judge(declared: Declared, seen: Seen, beside: Beside): Foreseen {
  const look = see(declared, seen)
  return {
    obstacles: findObstacles(look, beside),
    known: look.away.size > 0 ? null : learn(declared, seen.snapshots),
    cuts: look.away.size > 0 ? [] : cutsOf(look),
    takesOver: checkTakeover(look)[0] ?? null,
  }
}

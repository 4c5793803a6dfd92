// What stands of a tunnel or a middle, and whether far answers: one read a host for all who ask at the same time.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { companies } from '../look/company'
import { learn } from '../look/learn'
import {
  isAbsent,
  type Look,
  lookAt,
  type Observed,
  observeProved,
  questionsFor,
  readHosts,
  type Seen,
  see,
} from '../look/look'
import { type Declared, hostsOf } from '../wish/declared'
import type { Known } from '../wish/placed'
import { checkProofs } from './prove'

interface Arrival {
  readonly declared: Declared
  readonly done: (observed: Observed | null) => void
  readonly fail: (why: unknown) => void
}

/** Terraform's default -parallelism: who brings so many at once has more of them. */
const many = 10

/** Whole hosts, read for many; they hold until something is changed. */
let whole: Seen = { snapshots: new Map(), away: new Map() }
/** What was asked there beyond names, by login. */
let asked = new Map<string, ReadonlySet<string>>()
let changes = 0

/** A host was changed: what was read before is no longer so. */
export function forgetReadings(): void {
  changes++
  whole = { snapshots: new Map(), away: new Map() }
  asked = new Map()
}

const arrive = companies<Arrival>(
  ({ declared }) => hostsOf(declared).map(loginId),
  async arrivals => {
    const seen = await readFor(arrivals.map(({ declared }) => declared))
    await Promise.all(
      arrivals.map(async ({ declared, done, fail }) => {
        try {
          const look = see(declared, seen)
          for (const why of look.away.values()) throw why
          done(await judge(look))
        } catch (why) {
          fail(why)
        }
      }),
    )
  },
)

/** One read of each host; for many, of everything of ours there, which holds for those who come next. */
export async function readFor(all: readonly Declared[]): Promise<Seen> {
  const hosts = eachLogin(all.flatMap(hostsOf))
  const isKnown = (host: Host) => {
    const answered = asked.get(loginId(host))
    return answered !== undefined && questionsFor(host, all).every(one => answered.has(one.join(' ')))
  }
  if (all.length < many && !hosts.every(isKnown)) return lookAt(all)
  const before = changes
  const fresh = await readHosts(
    hosts.filter(host => !isKnown(host)),
    host => ({ names: 'whole', questions: questionsFor(host, all) }),
  )
  const snapshots = new Map([...whole.snapshots, ...fresh.snapshots])
  // What was read while somebody changed a host is good for those who asked, and for nobody later.
  if (changes === before) {
    whole = { snapshots, away: new Map() }
    for (const host of hosts) {
      if (fresh.snapshots.has(loginId(host)))
        asked.set(loginId(host), new Set(questionsFor(host, all).map(one => one.join(' '))))
    }
  }
  return { snapshots, away: fresh.away }
}

const judge = async (seen: Look): Promise<Observed | null> => (isAbsent(seen) ? null : observe(seen))

/** As the look shows it; a tunnel's far services are asked. */
export async function observe(seen: Look): Promise<Observed> {
  const checked = await checkProofs(seen)
  const observed = observeProved(
    seen,
    checked.map(({ proof }) => proof),
  )
  return { ...observed, warnings: [...observed.warnings, ...checked.flatMap(({ warning }) => warning ?? [])] }
}

/** What the hosts show now; null where something is wanted and nothing of it is there. Throws a Fault for a host that cannot be read. */
export const read = (declared: Declared): Promise<Observed | null> =>
  new Promise((done, fail) => arrive({ declared, done, fail }))

/** What only the hosts tell of it. Throws a Fault for a host that cannot be read. */
export async function knownOf(declared: Declared): Promise<Known> {
  const { snapshots, away } = await lookAt([declared])
  for (const why of away.values()) throw why
  return learn(declared, snapshots)
}

// What the hosts show of what a user declares.
import { loginId } from '../../schemas/machine'
import type { Host, Proof } from '../../schemas/types'
import { parts } from '../parts'
import type { Part, Snapshot, Step } from '../parts/part'
import { type Declared, derive, hostsOf } from '../wish/declared'
import type { Derived, Known, Placed } from '../wish/placed'
import { takeSnapshot } from './snapshot'

export type State = Readonly<Record<string, unknown>>

/** What the hosts show: the state of each part by attribute, null for none; the proof of a tunnel. */
export interface Observed {
  readonly parts: Readonly<Record<string, State | null>>
  readonly outputs: Readonly<Record<string, string>>
  readonly proof: Proof | null
  /** What the user should know beyond the values: which foreign line wins over ours, why far does not answer. */
  readonly warnings: readonly string[]
}

/** A look at all its hosts, and what it derives to with what they tell. */
export interface Look {
  readonly derived: Derived
  readonly on: (host: Host) => Snapshot
  /** By loginId why a host could not be read; then nothing is placed on it. Empty but for `lookWherePossible`. */
  readonly away: ReadonlyMap<string, unknown>
}

/** Throws a Fault when one of the hosts cannot be read. */
export async function look(declared: Declared): Promise<Look> {
  const seen = await lookWherePossible(declared)
  for (const why of seen.away.values()) throw why
  return seen
}

/** The same, of those hosts that can be read; those that are known to be away are not tried again. */
export async function lookWherePossible(declared: Declared, knownAway: Look['away'] = new Map()): Promise<Look> {
  const snapshots = new Map<string, Snapshot>()
  const away = new Map(knownAway)
  const read = async (host: Host) => {
    try {
      snapshots.set(loginId(host), await takeSnapshot(host))
    } catch (why) {
      away.set(loginId(host), why)
    }
  }
  await Promise.all(
    hostsOf(declared)
      .filter(host => !away.has(loginId(host)))
      .map(read),
  )
  const derived = derive(declared, learn(declared, snapshots))
  const on = (host: Host): Snapshot => {
    const snapshot = snapshots.get(loginId(host))
    if (!snapshot) throw new Error(`no snapshot of ${host.name}`)
    return snapshot
  }
  return {
    derived: { ...derived, placed: derived.placed.filter(({ host }) => snapshots.has(loginId(host))) },
    on,
    away,
  }
}

/** ssh prefers these types in this order, and one pinned key is enough. */
const preferred = ['ssh-ed25519', 'ecdsa-sha2-', 'rsa-', 'ssh-rsa']

function learn(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  if (declared.type === 'middle') return {}
  const { client, server } = declared.input
  const key = derive(declared, {}).placed.find(placed => placed.kind === 'key')
  const hostKeys = snapshots.get(loginId(server))?.hostKeys ?? []
  // Over SSH the first is the one that our own connection has verified.
  const [verified] = server.local ? [] : hostKeys
  const serverHostKey = verified ?? preferred.flatMap(type => hostKeys.find(one => one.startsWith(type)) ?? [])[0]
  const publicKey = key?.kind === 'key' ? snapshots.get(loginId(client))?.keys[key.at.path] : undefined
  return { publicKey: publicKey || undefined, serverHostKey }
}

/** The types of `kind`, `at` and `want` of one placed part belong together; across the union TypeScript cannot see that. */
const partOf = (placed: Placed) => parts[placed.kind] as unknown as Part<State, Placed['at']>

/** A part that should not be, and of which nothing is there, shows as null. */
export function observePart(placed: Placed, on: Look['on']): State | null {
  const have = partOf(placed).observe(on(placed.host), placed.at)
  return placed.want === null && planPart(placed, true, on).length === 0 ? null : have
}

/** The steps that make the part what it should be, or remove it. */
export function planPart(placed: Placed, remove: boolean, on: Look['on']): Step[] {
  const snapshot = on(placed.host)
  const part = partOf(placed)
  const want = remove ? null : (placed.want as State | null)
  return part.plan(want, part.observe(snapshot, placed.at), snapshot, placed.at)
}

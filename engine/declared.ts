// What a user declares, a tunnel or a middle, and what the hosts show of it.
import type { Host, Middle, Proof, Tunnel } from '../schemas/types'
import { type Derived, deriveTunnel, type Known, type Placed } from './derive'
import { deriveMiddle } from './derive-middle'
import { parts } from './parts'
import type { Part, Snapshot, Step } from './parts/part'
import { hostId, takeSnapshot } from './snapshot'

export type Declared =
  | { readonly type: 'tunnel'; readonly input: Tunnel }
  | { readonly type: 'middle'; readonly input: Middle }

export type State = Readonly<Record<string, unknown>>

/** What the hosts show: the state of each part by attribute, null for none; the proof of a tunnel. */
export interface Observed {
  readonly parts: Readonly<Record<string, State | null>>
  readonly outputs: Readonly<Record<string, string>>
  readonly proof: Proof | null
  /** What the user should know beyond the values: which foreign line wins over ours, why far does not answer. */
  readonly warnings: readonly string[]
}

export const derive = (declared: Declared, known: Known): Derived =>
  declared.type === 'tunnel' ? deriveTunnel(declared.input, known) : deriveMiddle(declared.input)

/** Its hosts, each once. */
export function hostsOf(declared: Declared): Host[] {
  const hosts = declared.type === 'tunnel' ? [declared.input.client, declared.input.server] : [declared.input.host]
  return [...new Map(hosts.map(host => [hostId(host), host])).values()]
}

/** A look at all its hosts, and what it derives to with what they tell. */
export interface Look {
  readonly derived: Derived
  readonly on: (host: Host) => Snapshot
  /** By hostId why a host could not be read; then nothing is placed on it. Empty but for `lookWherePossible`. */
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
      snapshots.set(hostId(host), await takeSnapshot(host))
    } catch (why) {
      away.set(hostId(host), why)
    }
  }
  await Promise.all(
    hostsOf(declared)
      .filter(host => !away.has(hostId(host)))
      .map(read),
  )
  const derived = derive(declared, learn(declared, snapshots))
  const on = (host: Host): Snapshot => {
    const snapshot = snapshots.get(hostId(host))
    if (!snapshot) throw new Error(`no snapshot of ${host.name}`)
    return snapshot
  }
  return { derived: { ...derived, placed: derived.placed.filter(({ host }) => snapshots.has(hostId(host))) }, on, away }
}

/** ssh prefers these types in this order, and one pinned key is enough. */
const preferred = ['ssh-ed25519', 'ecdsa-sha2-', 'rsa-', 'ssh-rsa']

function learn(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  if (declared.type === 'middle') return {}
  const { client, server } = declared.input
  const key = derive(declared, {}).placed.find(placed => placed.kind === 'key')
  const hostKeys = snapshots.get(hostId(server))?.hostKeys ?? []
  // Over SSH the first is the one that our own connection has verified.
  const [verified] = server.local ? [] : hostKeys
  const serverHostKey = verified ?? preferred.flatMap(type => hostKeys.find(one => one.startsWith(type)) ?? [])[0]
  const publicKey = key?.kind === 'key' ? snapshots.get(hostId(client))?.keys[key.at.path] : undefined
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

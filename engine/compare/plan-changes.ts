// What an apply would do, attribute by attribute: what is declared against what the hosts show, and what is left over there.
import { listeningHost } from '../../schemas/check-listen'
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { isAbsent, observe, observeUnproved } from '../change/converge'
import { Fault } from '../fault'
import { type Look, look, type Observed, observePart, type State } from '../look/look'
import { lookAhead } from '../look/look-ahead'
import { takeSnapshot } from '../look/snapshot'
import { unknown } from '../parts/part'
import { unitPath } from '../parts/paths'
import { type Declared, hostsOf } from '../wish/declared'
import type { Placed } from '../wish/placed'
import {
  divideLeftovers,
  findLeftovers,
  groupByName,
  groupMachines,
  isNamesake,
  type Leftover,
  type Named,
} from './leftovers'

export interface Wish {
  readonly owner: string
  /** The spec itself says who the owner is: then all of that owner is the spec's, also what it no longer names. */
  readonly ownsAll: boolean
  /** Where leftovers are looked for. */
  readonly hosts: readonly Host[]
  readonly declared: readonly Declared[]
  /** Names of tunnels: only those, and no middle. */
  readonly only?: readonly string[]
  /** Nothing of it is to stay. */
  readonly destroy?: boolean
}

export interface ValueChange {
  readonly name: string
  readonly have: unknown
  /** The symbol `unknown` for what is known only after apply. */
  readonly want: unknown
}

export interface PartChange {
  readonly action: 'create' | 'update' | 'remove'
  readonly attribute: string
  /** The host's name. */
  readonly host: string
  readonly values: readonly ValueChange[]
}

export interface Change {
  readonly type: Declared['type']
  readonly name: string
  /** replace: nothing of it is where it should be, and something of it is elsewhere. */
  readonly action: 'none' | 'create' | 'update' | 'replace' | 'remove'
  readonly values: readonly ValueChange[]
  readonly parts: readonly PartChange[]
  /** null: it should not be there at all. */
  readonly declared: Declared | null
  readonly leftovers: readonly Leftover[]
  /** What the hosts show of it now; null for nothing. */
  readonly seen: Observed | null
  /** For what should not be there: hosts that may have more of it and could not be looked at. */
  readonly unreached: readonly string[]
}

/** What could not be looked at, or will not work. */
export interface Trouble {
  readonly about: string
  readonly why: unknown
}

export interface Planned {
  readonly changes: readonly Change[]
  /** Of the owner, but not named in a spec that leaves the owner to its file's name. */
  readonly leftAlone: readonly Named[]
  readonly troubles: readonly Trouble[]
}

/** Never throws: what is not known because of a host is left out, and the trouble is told. */
export async function planChanges(wish: Wish): Promise<Planned> {
  const troubles: Trouble[] = []
  const wanted = ({ type, name }: { type: string; name: string }) =>
    !wish.only || (type === 'tunnel' && wish.only.includes(name))
  const stays = wish.destroy ? [] : wish.declared
  const kept = stays.filter(one => wanted({ type: one.type, name: one.input.name }))
  const hosts = new Map([...wish.hosts, ...kept.flatMap(hostsOf)].map(host => [loginId(host), host]))
  const seen = await inParallel(20, [...hosts.values()], async host => {
    try {
      return { host, on: await takeSnapshot(host) }
    } catch (why) {
      troubles.push({ about: `host ${host.name}`, why })
      return null
    }
  })
  const readable = seen.filter(one => one !== null)
  const ids = new Set(readable.map(({ host }) => loginId(host)))
  const found = await findLeftovers(wish.owner, groupMachines(readable), stays, wish.declared)
  const { mayGo, leftAlone } = divideLeftovers(
    found.filter(({ standIn: { type, input } }) => wanted({ type, name: input.name })),
    wish,
  )

  const changes = await inParallel(20, kept, async declared => {
    const { type, input } = declared
    if (!hostsOf(declared).every(host => ids.has(loginId(host)))) return []
    try {
      const elsewhere = mayGo.filter(({ standIn }) => isNamesake(standIn, declared))
      return [await planOne(declared, elsewhere, mayGo.length > 0)]
    } catch (why) {
      troubles.push({ about: `${type} ${input.name}`, why })
      return []
    }
  })
  const gone = groupByName(mayGo.filter(({ standIn }) => !stays.some(one => isNamesake(one, standIn))))
  const removals = gone.map(one => {
    const declared = wish.declared.find(({ type, input }) => type === one.type && input.name === one.name)
    const unread = (declared ? hostsOf(declared) : wish.hosts).filter(host => !ids.has(loginId(host)))
    return planRemovalOf(one, [...new Set(unread.map(({ name }) => name))])
  })
  return { changes: [...changes.flat(), ...removals], leftAlone, troubles }
}

async function planOne(declared: Declared, leftovers: readonly Leftover[], frees: boolean): Promise<Change> {
  const { type, input } = declared
  const found = await look(declared)
  const absent = await isAbsent(declared)
  const standing = found.derived.placed.flatMap(placed =>
    comparePart(placed, absent ? null : observePart(placed, found.on)),
  )
  // Where something differs far may well not answer, or not where it will: asking it would only take time.
  const differs = standing.length > 0 || leftovers.length > 0
  const seen = absent ? null : differs ? observeUnproved(found) : await observe(declared)
  const parts = [...standing, ...compareProof(declared, seen), ...leftovers.flatMap(describeLeftover)]
  if (parts.length > 0) foresee(found, frees)
  const values = absent ? describeNew(declared, found) : compareCommand(found)
  const action = parts.length === 0 ? 'none' : !absent ? 'update' : leftovers.length > 0 ? 'replace' : 'create'
  return { type, name: input.name, action, values, parts, declared, leftovers, seen, unreached: [] }
}

function planRemovalOf({ type, name, leftovers }: Named, unreached: readonly string[]): Change {
  const parts = leftovers.flatMap(describeLeftover)
  return { type, name, action: 'remove', values: [], parts, declared: null, leftovers, seen: null, unreached }
}

/** A port may be taken by a tunnel that is removed first. */
function foresee({ derived, on }: Look, frees: boolean): void {
  try {
    lookAhead(derived, on)
  } catch (why) {
    if (!(frees && why instanceof Fault && why.code === 'port-taken')) throw why
  }
}

function comparePart({ attribute, host, want }: Placed, have: State | null): PartChange[] {
  const at = { attribute, host: host.name }
  if (want === null) return have === null ? [] : [{ ...at, action: 'remove', values: allOf(have, 'have') }]
  if (have === null) return [{ ...at, action: 'create', values: allOf(want, 'want') }]
  const values = Object.entries(want)
    .map(([name, value]) => ({ name, have: have[name] ?? null, want: value as unknown }))
    .filter(value => value.want === unknown || JSON.stringify(value.have) !== JSON.stringify(value.want))
  return values.length > 0 ? [{ ...at, action: 'update', values }] : []
}

const allOf = (state: object, side: 'have' | 'want'): ValueChange[] =>
  Object.entries(state).map(([name, value]) => ({ name, have: null, want: null, [side]: value }))

/** A far that did not answer is asked again by an apply. */
function compareProof(declared: Declared, seen: Observed | null): PartChange[] {
  if (declared.type !== 'tunnel' || !seen?.proof || seen.proof.answered) return []
  const host = listeningHost(declared.input).name
  return [{ action: 'update', attribute: 'proof', host, values: [{ name: 'answered', have: false, want: unknown }] }]
}

const describeLeftover = ({ host, parts }: Leftover): PartChange[] =>
  parts.map(({ placed: { attribute }, have }) => ({
    action: 'remove',
    attribute,
    host: host.name,
    values: allOf(have ?? {}, 'have').filter(({ name }) => !untold.includes(`${attribute}.${name}`)),
  }))

/** What a stand-in cannot know: it pins no server and opens no port. */
const untold = ['key.hostKey', 'firewall.open', 'firewall.persistent']

/** What a new tunnel is; a new middle's settings are all in its parts. */
function describeNew(declared: Declared, { derived }: Look): ValueChange[] {
  if (declared.type === 'middle') return []
  const { forward, listen, far, allowFrom, client, server } = declared.input
  const { command, endpoint } = derived.outputs
  const given = { forward, listen, far, allowFrom, client: client.name, server: server.name, command, endpoint }
  return Object.entries(given).flatMap(([name, want]) => (want === undefined ? [] : [{ name, have: null, want }]))
}

/** What the unit on the host runs against what it should: of the unit itself a plan shows only the checksum. */
function compareCommand({ derived, on }: Look): ValueChange[] {
  const service = derived.placed.find(placed => placed.kind === 'service')
  if (service?.kind !== 'service') return []
  const have = readCommand(on(service.host).files[unitPath(service.at.unit)]?.text ?? '')
  const want = derived.outputs.command
  return have === null || have === want ? [] : [{ name: 'command', have, want }]
}

/** The words that count of ssh's command line, as parts/unit-text.ts writes it. */
function readCommand(unit: string): string | null {
  const forward = /^ {2}(-[LR] \S+) \\$/m.exec(unit)?.[1]
  const login = /^ {2}([^\s@]+@\S+)$/m.exec(unit)?.[1]
  const port = /^ {2}(-p \d+) \\$/m.exec(unit)?.[1]
  return forward && login ? ['ssh -N', forward, ...(port ? [port] : []), login].join(' ') : null
}

/** Each item's answer, in order; so many at a time. */
export async function inParallel<Item, Answer>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = []
  const queue = items.entries()
  const take = async () => {
    for (const [index, item] of queue) answers[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, take))
  return answers
}

// What an apply would do, attribute by attribute: what is declared against what the hosts show, and what is left over there.
import { listeningHost } from '../../schemas/check-listen'
import { loginId } from '../../schemas/machine'
import { isToMend } from '../../schemas/probe'
import type { Host } from '../../schemas/types'
import { checksOf, refuse } from '../look/checks'
import { fits, isUntold } from '../look/differ'
import { heldBy } from '../look/listeners'
import {
  doubtsAbout,
  findDoubts,
  isAbsent,
  type Look,
  type Observed,
  observePart,
  observeUnproved,
  readHosts,
  type State,
  see,
  tellLeft,
} from '../look/look'
import { readMark } from '../parts/mark'
import { knownAfterApply } from '../parts/part'
import { unitPath } from '../parts/paths'
import { observe } from '../proof/observe'
import { findPlace } from '../proof/prove'
import { type Declared, hostsOf } from '../wish/declared'
import type { Placed } from '../wish/placed'
import { type Owners, underStandingOwner } from './former-owner'
import {
  divideLeftovers,
  findLeftovers,
  groupByName,
  groupMachines,
  isNamesake,
  type Leftover,
  markedNames,
  type Named,
} from './leftovers'
import { findOutOfReach, type OutOfReach } from './out-of-reach'

export interface Estate extends Owners {
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
  /** The symbol `knownAfterApply` for what only an apply can tell. */
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
  /** What the user should know of what is not there yet. */
  readonly doubts?: readonly string[]
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
  readonly outOfReach: readonly OutOfReach[]
  readonly troubles: readonly Trouble[]
  /** Hosts on which a killed program has left what is ours to clear; what the user should know of that stands in `warnings`. */
  readonly littered: readonly Host[]
  readonly warnings: readonly string[]
}

/** Never throws: what is not known because of a host is left out, and the trouble is told. */
export async function planChanges(estate: Estate): Promise<Planned> {
  const troubles: Trouble[] = []
  const wanted = ({ type, name }: { type: string; name: string }) =>
    !estate.only || (type === 'tunnel' && estate.only.includes(name))
  const isWanted = (one: Declared) => wanted({ type: one.type, name: one.input.name })
  const asked = estate.destroy ? [] : estate.declared.filter(isWanted)
  const hosts = new Map([...estate.hosts, ...asked.flatMap(hostsOf)].map(host => [loginId(host), host]))
  const seen = await readHosts([...hosts.values()], () => estate.only ?? 'whole')
  for (const [login, why] of seen.away) troubles.push({ about: `host ${hosts.get(login)?.name}`, why })
  const readable = [...hosts].flatMap(([login, host]) => {
    const snapshot = seen.snapshots.get(login)
    return snapshot ? [{ host, snapshot }] : []
  })
  const ids = new Set(seen.snapshots.keys())
  const stays = estate.destroy ? [] : estate.declared.map(one => underStandingOwner(one, estate, seen))
  const kept = stays.filter(isWanted)
  const machines = groupMachines(readable)
  const owners = [estate.owner, ...(estate.formerOwner === undefined ? [] : [estate.formerOwner])]
  // Where a name stands under the owner's present name, the same name under the former one is another project's.
  const present = new Set(machines.flatMap(({ snapshot }) => [...markedNames(estate.owner, snapshot)]))
  const found = owners.flatMap(owner =>
    findLeftovers(owner, machines, stays, estate.declared).filter(
      ({ standIn: { type, input } }) => owner === estate.owner || type !== 'tunnel' || !present.has(input.name),
    ),
  )
  const { mayGo, leftAlone } = divideLeftovers(
    found.filter(({ standIn: { type, input } }) => wanted({ type, name: input.name })),
    estate,
  )
  const outOfReach = owners
    .flatMap(owner => findOutOfReach(owner, { machines, hosts: [...hosts.values()] }))
    .filter(({ name }) => wanted({ type: 'tunnel', name }))

  const staying = leftAlone.filter(({ type }) => type === 'tunnel').map(({ name }) => name)
  const planned = kept.map(async declared => {
    const { type, input } = declared
    if (!hostsOf(declared).every(host => ids.has(loginId(host)))) return []
    try {
      const elsewhere = mayGo.filter(({ standIn }) => isNamesake(standIn, declared))
      const look = see(declared, seen)
      refuse(heldBy(look, staying))
      return [await planOne(look, elsewhere, mayGo.length > 0)]
    } catch (why) {
      troubles.push({ about: `${type} ${input.name}`, why })
      return []
    }
  })
  const changes = await Promise.all(planned)
  const gone = groupByName(mayGo.filter(({ standIn }) => !stays.some(one => isNamesake(one, standIn))))
  const removals = gone.map(one => {
    const declared = estate.declared.find(({ type, input }) => type === one.type && input.name === one.name)
    const unread = (declared ? hostsOf(declared) : estate.hosts).filter(host => !ids.has(loginId(host)))
    return planRemovalOf(one, [...new Set(unread.map(({ name }) => name))])
  })
  return {
    changes: [...changes.flat(), ...removals],
    leftAlone,
    outOfReach,
    troubles,
    littered: readable.flatMap(({ host, snapshot }) => (snapshot.left.length > 0 ? [host] : [])),
    warnings: readable.flatMap(({ host, snapshot }) => tellLeft(host, snapshot)),
  }
}

async function planOne(look: Look, leftovers: readonly Leftover[], frees: boolean): Promise<Change> {
  const { declared, derived, snapshotOf } = look
  const { type, input } = declared
  const absent = isAbsent(look)
  const standing = derived.placed.flatMap(placed =>
    comparePart(placed, absent ? null : observePart(placed, snapshotOf), doubtsAbout(placed, snapshotOf).length > 0),
  )
  // Where something differs far may well not answer, or not where it will: asking it would only take time.
  const differs = standing.length > 0 || leftovers.length > 0
  const seen = absent ? null : differs ? observeUnproved(look) : await observe(look)
  const proof = absent ? await describeNewProof(look) : compareProof(declared, seen)
  const parts = [...standing, ...proof, ...leftovers.flatMap(describeLeftover)]
  if (parts.length > 0) foresee(look, frees)
  const values = absent ? describeNew(look) : compareCommand(look)
  const action = parts.length === 0 ? 'none' : !absent ? 'update' : leftovers.length > 0 ? 'replace' : 'create'
  const doubts = seen ? [] : findDoubts(look)
  return { type, name: input.name, action, values, parts, declared, leftovers, seen, doubts, unreached: [] }
}

function planRemovalOf({ type, name, leftovers }: Named, unreached: readonly string[]): Change {
  const parts = leftovers.flatMap(describeLeftover)
  return {
    type,
    name,
    action: 'remove',
    values: [],
    parts,
    declared: null,
    leftovers,
    seen: null,
    unreached,
  }
}

/**
 * Throws the first failure as a Fault. A port may be taken by a tunnel that is removed first; and who overrules sshd's values is shown as a
 * difference, with a warning that names the line.
 */
function foresee(look: Look, frees: boolean): void {
  refuse(checksOf(look).filter(({ code }) => code !== 'sshd-overruled' && !(frees && code === 'port-taken')))
}

function comparePart({ attribute, host, want }: Placed, have: State | null, isUnsure: boolean): PartChange[] {
  const at = { attribute, host: host.name }
  if (want === null) return have === null ? [] : [{ ...at, action: 'remove', values: allOf(have, 'have') }]
  if (have === null) {
    return [
      { ...at, action: 'create', values: allOf({ ...want, ...(isUnsure ? { open: knownAfterApply } : {}) }, 'want') },
    ]
  }
  const values = Object.entries(want)
    .map(([name, value]) => ({ name, have: have[name] ?? null, want: value as unknown }))
    .filter(
      ({ want: wanted, have: found }) =>
        wanted === knownAfterApply || !(isUntold(wanted, found) || fits(wanted, found)),
    )
  return values.length > 0 ? [{ ...at, action: 'update', values }] : []
}

const allOf = (state: object, side: 'have' | 'want'): ValueChange[] =>
  Object.entries(state).map(([name, value]) => ({ name, have: null, want: null, [side]: value }))

/** A far that did not answer is asked again by an apply, unless its silence is only a warning. */
function compareProof(declared: Declared, seen: Observed | null): PartChange[] {
  if (declared.type !== 'tunnel' || !seen?.proof || !isToMend(declared.input, seen.proof)) return []
  const host = listeningHost(declared.input).name
  return [
    { action: 'update', attribute: 'proof', host, values: [{ name: 'answered', have: false, want: knownAfterApply }] },
  ]
}

/** From where it will be proved. */
async function describeNewProof(look: Look): Promise<PartChange[]> {
  const place = await findPlace(look)
  const [listening] = look.derived.listening
  if (!place || !listening) return []
  const { name: from, pastFirewall } = place
  return [
    {
      action: 'create',
      attribute: 'proof',
      host: listening.host.name,
      values: allOf({ from, pastFirewall, answered: knownAfterApply }, 'want'),
    },
  ]
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
function describeNew({ declared, derived }: Look): ValueChange[] {
  if (declared.type === 'middle') return []
  const { forward, listen, far, allowFrom, client, server } = declared.input
  const { command, endpoint } = derived.outputs
  const given = { forward, listen, far, allowFrom, client: client.name, server: server.name, command, endpoint }
  return Object.entries(given).flatMap(([name, want]) => (want === undefined ? [] : [{ name, have: null, want }]))
}

/** What the unit on the host runs, as its mark says, against what it should: of the unit itself a plan shows only the checksum. */
function compareCommand({ derived, snapshotOf }: Look): ValueChange[] {
  const service = derived.placed.find(placed => placed.kind === 'service')
  if (service?.kind !== 'service') return []
  const text = snapshotOf(service.host).files[unitPath(service.at.unit)]?.text ?? ''
  const have = readMark(text)?.notes.command
  const want = derived.outputs.command
  return have === undefined || have === want ? [] : [{ name: 'command', have, want }]
}

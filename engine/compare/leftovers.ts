// What an owner has on the hosts although nothing declared puts it there: found by our marks, removed as the parts of a stand-in.
import { isOneMachine, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { runSteps } from '../change/batch'
import type { Tell } from '../change/job'
import { remove } from '../change/remove'
import { lookAt, observePart, planRemoval, type State, see } from '../look/look'
import { knownRuleset } from '../parts/firewall/known'
import { hostsOwn, ownerOfAccount, readMark, readRuleMark } from '../parts/mark'
import { dropInOf, initScript, ownScript, tunnelOfAccount, unitOf, unitPath } from '../parts/paths'
import type { Snapshot } from '../parts/snapshot'
import { stepsToEnd } from '../parts/sshd'
import { type Declared, derive } from '../wish/declared'
import type { Placed } from '../wish/placed'
import { makeStandIn } from '../wish/stand-in'

/** One machine, however many hosts of the spec it is. */
export interface Machine {
  readonly hosts: readonly Host[]
  readonly snapshot: Snapshot
}

/** Parts of one name on one machine. */
export interface Leftover {
  readonly host: Host
  /** A tunnel or middle that would have all parts of that name on that one host. */
  readonly standIn: Declared
  /** Those of its parts that have to go. */
  readonly parts: readonly { readonly placed: Placed; readonly have: State | null }[]
  /** Which side of it is not ours, as its mark says. */
  readonly handed?: string
}

/** Hosts that are one machine go together, also `local` and the address of this very machine. */
export function groupMachines(seen: readonly { readonly host: Host; readonly snapshot: Snapshot }[]): Machine[] {
  const machines: { hosts: Host[]; snapshot: Snapshot }[] = []
  for (const { host, snapshot } of seen) {
    // Two hosts may have one private address behind two jump hosts: the machines' own word counts first.
    const known = machines.find(machine =>
      snapshot.machine !== null && machine.snapshot.machine !== null
        ? snapshot.machine === machine.snapshot.machine
        : machine.hosts.some(other => isOneMachine(host, other)),
    )
    if (known) known.hosts.push(host)
    else machines.push({ hosts: [host], snapshot })
  }
  return machines
}

/** What of this owner is on the machines and not to stay there. A host's settings are called as in the spec, whichever of its names that is. */
export function findLeftovers(
  owner: string,
  machines: readonly Machine[],
  stays: readonly Declared[],
  inSpec: readonly Declared[],
): Leftover[] {
  const middles = inSpec.flatMap(({ type, input }) => (type === 'middle' ? [input.name] : []))
  const found = machines.map(({ hosts, snapshot }) => ({
    snapshot,
    hosts: [...hosts].sort((a, b) => Number(middles.includes(b.name)) - Number(middles.includes(a.name))),
  }))
  return found
    .flatMap(machine => [...markedNames(owner, machine.snapshot)].map(name => findOne(name, owner, machine, stays)))
    .filter(({ parts }) => parts.length > 0)
}

/** What one owner has under one name, on all hosts. */
export interface Named {
  readonly type: Declared['type']
  readonly name: string
  readonly leftovers: readonly Leftover[]
}

export function groupByName(leftovers: readonly Leftover[]): Named[] {
  const groups = new Map<string, Named>()
  for (const one of leftovers) {
    const { type, input } = one.standIn
    const { name, owner } = input
    const id = JSON.stringify([type, owner, name])
    const group = groups.get(id) ?? { type, name, leftovers: [] }
    groups.set(id, { ...group, leftovers: [...group.leftovers, one] })
  }
  return [...groups.values()]
}

/**
 * What may go, and what is left alone. An owner that is only the file's name may be another file's too: then nothing goes that the spec
 * does not name.
 */
export function divideLeftovers(
  leftovers: readonly Leftover[],
  {
    ownsAll,
    declared,
    formerly = [],
  }: { readonly ownsAll: boolean; readonly declared: readonly Declared[]; readonly formerly?: readonly string[] },
): { mayGo: Leftover[]; leftAlone: Named[] } {
  const isNamed = ({ type, input }: Declared) => type === 'tunnel' && formerly.includes(input.name)
  const mayGo = leftovers.filter(
    ({ standIn }) => ownsAll || isNamed(standIn) || declared.some(one => isNamesake(one, standIn)),
  )
  return { mayGo, leftAlone: groupByName(leftovers.filter(one => !mayGo.includes(one))) }
}

export const isNamesake = (a: Declared, b: Declared): boolean => a.type === b.type && a.input.name === b.input.name

function findOne(name: string, owner: string, { hosts, snapshot }: Machine, declared: readonly Declared[]): Leftover {
  const [host] = hosts
  if (!host) throw new Error('a machine without a host')
  const standIn = makeStandIn(name, owner, host)
  const ids = hosts.map(loginId)
  const kept = new Set(
    declared
      .filter(one => one.type === standIn.type && (one.type === 'middle' || one.input.name === name))
      .flatMap(one => derive(one, {}).placed)
      .filter(placed => ids.includes(loginId(placed.host)))
      .map(({ kind }) => kind),
  )
  const seen = see(standIn, { snapshots: new Map([[loginId(host), snapshot]]), away: new Map() })
  const stale = seen.derived.placed.filter(placed => !kept.has(placed.kind) && planRemoval(placed, seen).length > 0)
  // Of what stays somebody knows.
  const marks =
    kept.size > 0 ? [] : [unitPath(unitOf(name)), dropInOf(name), initScript(unitOf(name)), ownScript(unitOf(name))]
  const [handed] = marks.flatMap(path => readMark(snapshot.files[path]?.text ?? '')?.notes.handed ?? [])
  const parts = stale.map(placed => ({ placed, have: observePart(placed, seen.snapshotOf) }))
  return { host, standIn, parts, ...(handed && { handed }) }
}

const tunnelName = /^[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?$/

/** The names under which this owner's mark stands on a host. */
export function markedNames(owner: string, on: Snapshot): Set<string> {
  const accounts = Object.entries(on.accounts).flatMap(([account, { comment }]) => {
    const name = tunnelOfAccount(account)
    return name === null ? [] : [{ name, owner: ownerOfAccount(comment) }]
  })
  const files = Object.values(on.files).flatMap(({ text }) => {
    const mark = readMark(text)
    return mark ? [{ name: mark.tunnel ?? hostsOwn, owner: mark.owner }] : []
  })
  const kept = Object.values(on.files).flatMap(({ text }) =>
    [...text.matchAll(/[ -]comment "([^"]*)"/g)].map(([, comment = '']) => readRuleMark(comment)),
  )
  const loaded = knownRuleset(on).rules.map(({ comment = '' }) => readRuleMark(comment))
  const ours = [...accounts, ...files, ...kept, ...loaded].filter(mark => mark?.owner === owner)
  return new Set(
    ours.flatMap(mark => (mark && (mark.name === hostsOwn || tunnelName.test(mark.name)) ? [mark.name] : [])),
  )
}

/**
 * Ends what still runs under a tunnel's account where it stays: a session of a client that was just removed may hold the tunnel's port.
 * Throws a Fault.
 */
export async function endSessions(declared: Declared): Promise<void> {
  const seen = see(declared, await lookAt([declared]))
  for (const why of seen.away.values()) throw why
  const accounts = seen.derived.placed.flatMap(placed => (placed.kind === 'account' ? [placed] : []))
  const ours = accounts.filter(
    ({ host, at }) => ownerOfAccount(seen.snapshotOf(host).accounts[at.name]?.comment ?? '') === at.owner,
  )
  await Promise.all(
    ours.map(async ({ host, at: { name } }) => {
      const steps = stepsToEnd(name).map(step => ({ owner: declared, step }))
      const { fault } = await runSteps(host, { steps, requests: { names: [] } })
      if (fault) throw fault
    }),
  )
}

/** Throws a Fault. A tunnel's client comes first: a service whose server refuses it would try for ever. */
export async function removeLeftovers(leftovers: readonly Leftover[], tell: Tell): Promise<void> {
  const runsClient = ({ parts }: Leftover) => parts.some(({ placed }) => placed.kind === 'service')
  for (const { standIn, parts } of [...leftovers].sort((a, b) => Number(runsClient(b)) - Number(runsClient(a)))) {
    const kinds = parts.map(({ placed }) => placed.kind)
    await remove(standIn, tell, { evenIfStopped: false, only: ({ kind }) => kinds.includes(kind) })
  }
}

// What an apply would do: what is declared against what the hosts show, and what is left over there.
import { loginId } from '../../schemas/machine'
import { isNamed, titleOf } from '../../schemas/shared'
import type { Host } from '../../schemas/types'
import { questionsFor, readHosts, see, tellLeft } from '../look/look'
import { type Beside, findObstacles, onHostsRead } from '../look/obstacles'
import { type Declared, hostsOf } from '../wish/declared'
import { type Change, planChange, planRemoval } from './change'
import { type Owners, underStandingOwner } from './former-owner'
import {
  divideLeftovers,
  findLeftovers,
  groupByName,
  groupMachines,
  isNamesake,
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
  /** Names that are declared within another tunnel now: what stands under one of them goes. */
  readonly formerly?: readonly string[]
  /** Names of tunnels: only those, and no middle. */
  readonly only?: readonly string[]
  /** The same as somebody has said them: of those that share a connection these alone are meant. */
  readonly named?: readonly string[]
  /** Tunnels for which whoever has their port makes way. */
  readonly replacing?: readonly string[]
  /** Tunnels that get a new key, whatever theirs was made for. */
  readonly rotating?: readonly string[]
  /** Nothing of it is to stay. */
  readonly destroy?: boolean
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
  const seen = await readHosts([...hosts.values()], host => ({
    names: estate.only ?? 'whole',
    questions: questionsFor(host, estate.destroy ? [] : estate.declared),
  }))
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
  const isOurs = (name: string, owner: string) => owner === estate.owner || !present.has(name)
  const found = owners.flatMap(owner =>
    findLeftovers(owner, machines, stays, estate.declared).filter(
      ({ standIn: { type, input } }) => type !== 'tunnel' || isOurs(input.name, owner),
    ),
  )
  const { mayGo, leftAlone } = divideLeftovers(
    found.filter(({ standIn: { type, input } }) => wanted({ type, name: input.name })),
    estate,
  )
  const outOfReach = owners
    .flatMap(owner => findOutOfReach(owner, { machines, hosts: [...hosts.values()] }))
    .filter(({ name, owner }) => wanted({ type: 'tunnel', name }) && isOurs(name, owner))
    // What is on a side that others run is for them to remove.
    .filter(
      ({ name, end }) =>
        !isTheirs(
          estate.declared.find(({ input }) => input.name === name),
          end,
        ),
    )

  const staying = leftAlone.filter(({ type }) => type === 'tunnel').map(({ name }) => name)
  const gone = groupByName(mayGo.filter(({ standIn }) => !stays.some(one => isNamesake(one, standIn))))
  const removals = gone.map(one => {
    const declared = estate.declared.find(({ type, input }) => type === one.type && input.name === one.name)
    const unread = (declared ? hostsOf(declared) : estate.hosts).filter(host => !ids.has(loginId(host)))
    return planRemoval(one, [...new Set(unread.map(({ name }) => name))])
  })
  const takesPort = ({ type, input }: Declared) => type === 'tunnel' && (estate.replacing ?? []).includes(input.name)
  const planAll = async (type: Declared['type'], settles: Beside['settles']): Promise<Change[]> => {
    const all = kept.map(async declared => {
      if (declared.type !== type) return []
      const look = see(declared, seen)
      const elsewhere = mayGo.filter(({ standIn }) => isNamesake(standIn, declared))
      try {
        const rotates = declared.type === 'tunnel' && isNamed(declared.input, estate.rotating ?? [])
        const change = look.away.size === 0 ? await planChange(look, elsewhere, rotates) : null
        const obstacles =
          change?.parts.length === 0
            ? []
            : findObstacles(look, { ...alone, settles, staying, takesPort: takesPort(declared) })
        // Which hosts are away is told once for all.
        const final = onHostsRead(obstacles, look).filter(({ isFinal }) => isFinal)
        troubles.push(...final.map(({ fault }) => ({ about: titleOfDeclared(declared), why: fault })))
        return change && final.length === 0 ? [change] : []
      } catch (why) {
        troubles.push({ about: titleOfDeclared(declared), why })
        return []
      }
    })
    return (await Promise.all(all)).flat()
  }
  const middles = await planAll('middle', () => false)
  const changed = [...middles, ...removals].filter(({ type, action }) => type === 'middle' && action !== 'none')
  const machineOf = (host: Host) => machines.find(({ hosts: own }) => own.some(one => loginId(one) === loginId(host)))
  const settled = new Set(changed.flatMap(hostsOfChange).map(machineOf))
  const tunnels = await planAll('tunnel', host => settled.has(machineOf(host)))
  return {
    changes: [...middles, ...tunnels, ...removals],
    leftAlone,
    outOfReach,
    troubles,
    littered: readable.flatMap(({ host, snapshot }) => (snapshot.left.length > 0 ? [host] : [])),
    warnings: readable.flatMap(({ host, snapshot }) => tellLeft(host, snapshot)),
  }
}

const isTheirs = (declared: Declared | undefined, end: 'client' | 'server'): boolean =>
  declared?.type === 'tunnel' && declared.input[end].managed === false

const titleOfDeclared = (one: Declared): string =>
  one.type === 'tunnel' ? titleOf(one.input) : `middle ${one.input.name}`

/** What the command changes it makes itself, and of other owners it removes nothing. */
const alone = { others: false, mayLeave: () => false } as const

const hostsOfChange = ({ declared, leftovers }: Change): Host[] => [
  ...(declared ? hostsOf(declared) : []),
  ...leftovers.map(({ host }) => host),
]

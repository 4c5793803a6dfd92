// How each host is reached today: a state remembers logins that may have been changed since, and Terraform reads and destroys by the state.
import { isDeepStrictEqual } from 'node:util'
import { keepPasswords } from '../engine'
import { runsAsUser } from '../schemas/as-user'
import { isSameWay, loginId, movedBy } from '../schemas/machine'
import type { Host } from '../schemas/types'
import { fromTerraform, hasUnknown, toTerraform } from './names'
import type { Obj, Value } from './plugin'

let logins: readonly Host[] = []

/** From the provider block; who has a value that is not known yet is left out. */
export function useLogins(given: Value | undefined): void {
  const known = Array.isArray(given) ? given.filter(one => !hasUnknown(one)) : []
  logins = known.map(one => fromTerraform(one, '') as Host)
  keepPasswords(logins)
}

/** The same machine by today's login; by the one of the state where the provider block knows none, or cannot tell which. */
function currentLogin(host: Host): Host {
  // At the end of another way one address may be another machine's.
  const isSame = (one: Host) =>
    isSameWay(host, one) || one.name === host.name || (one.hostKey !== undefined && one.hostKey === host.hostKey)
  const ways = logins.filter(one => movedBy(host, one).length === 0 && isSame(one))
  const narrower = [
    (one: Host) => loginId(one) === loginId(host),
    (one: Host) => (one.port ?? 22) === (host.port ?? 22),
    (one: Host) => one.name === host.name,
  ].reduce((left, fits) => (left.some(fits) ? left.filter(fits) : left), ways)
  const [only, ...others] = narrower
  return only && others.length === 0 ? only : host
}

/** A tunnel with its forwards' own probers reached by today's logins. */
export function withCurrentProbers(object: Obj): Obj {
  const { forwards } = object
  if (!Array.isArray(forwards)) return withCurrentLogins(object, ['probe_from'])
  const now = forwards.map(one => withCurrentLogins(one as Obj, ['probe_from']))
  return withCurrentLogins({ ...object, forwards: now }, ['probe_from'])
}

/** The resource with its sides reached by today's logins; a side may be a list of hosts. */
export function withCurrentLogins(object: Obj, sides: readonly string[]): Obj {
  const moved = sides.flatMap(side => {
    const given = object[side] ?? null
    const now = Array.isArray(given) ? given.map(asToday) : asToday(given)
    if (side === 'client' && changesHands(given, now)) return []
    return isDeepStrictEqual(now, given) ? [] : [[side, now] as const]
  })
  return { ...object, ...Object.fromEntries(moved) }
}

/** What stands on a client is root's to read and to remove, or a user's, as it was made. */
function changesHands(given: Value, now: Value): boolean {
  const isUsers = (side: Value) => side !== null && runsAsUser(fromTerraform(side, '') as Host)
  return isUsers(given) !== isUsers(now)
}

/** Itself where nothing has changed. */
function asToday(given: Value): Value {
  const host = fromTerraform(given, '') as Host | null
  const current = host && currentLogin(host)
  // Who makes its firewall, what keeps its services, and how long it waits to be confirmed, is no matter of how it is reached.
  const { firewallManager: _, guardWindow: __, supervisor: ___, ...login } = { ...current }
  const { firewallManager, guardWindow, supervisor } = { ...host }
  const kept = {
    ...login,
    ...(firewallManager && { firewallManager }),
    ...(guardWindow && { guardWindow }),
    ...(supervisor && { supervisor }),
  }
  return host && !isDeepStrictEqual(kept, host) ? toTerraform(kept) : given
}

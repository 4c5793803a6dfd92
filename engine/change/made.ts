// What this process has made: with create_before_destroy Terraform removes the old resource of a name after it has made the new one.
import { loginId } from '../../schemas/machine'
import type { Look } from '../look/look'
import { type Declared, hostsOf } from '../wish/declared'
import type { Placed } from '../wish/placed'

const made = new Map<string, ReadonlySet<string>>()

const keyOf = ({ type, input }: Declared): string => JSON.stringify([type, input.owner ?? null, input.name])

/** The machine, however we log in to it; the login where it does not tell. */
const machineOf = ({ snapshotOf }: Look, host: Placed['host']): string => snapshotOf(host).machine ?? loginId(host)

export function rememberMade(seen: Look): void {
  made.set(keyOf(seen.declared), new Set(hostsOf(seen.declared).map(host => machineOf(seen, host))))
}

/** Parts on a machine where this process has made the same name belong to the new resource, and stay. */
export const isMadeSince = (seen: Look, { host }: Placed): boolean =>
  made.get(keyOf(seen.declared))?.has(machineOf(seen, host)) ?? false

/** Whether this process has made it, on one of its machines at least. */
export const isMadeHere = (seen: Look): boolean => seen.derived.placed.some(placed => isMadeSince(seen, placed))

// What this process has made: with create_before_destroy Terraform removes the old resource of a name after it has made the new one.

import { loginId } from '../../schemas/machine'
import type { Declared } from '../wish/declared'
import { hostsOf } from '../wish/declared'
import type { Placed } from '../wish/placed'

const made = new Map<string, ReadonlySet<string>>()

const keyOf = ({ type, input }: Declared): string => JSON.stringify([type, input.owner ?? null, input.name])

export function rememberMade(declared: Declared): void {
  made.set(keyOf(declared), new Set(hostsOf(declared).map(loginId)))
}

/** Parts on a host where the same name was made by this process belong to the new resource, and stay. */
export function notMadeSince(declared: Declared): (placed: Placed) => boolean {
  const hosts = made.get(keyOf(declared))
  return ({ host }) => !hosts?.has(loginId(host))
}

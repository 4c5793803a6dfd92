// What stands under the name that an owner had before the default name carried its project: still ours, and called as it is marked.
import { loginId } from '../../schemas/machine'
import type { Seen } from '../look/look'
import { type Declared, hostsOf, nameOf } from '../wish/declared'
import { markedNames } from './leftovers'

export interface Owners {
  readonly owner: string
  /** What the owner was called before; its marks may still say so. */
  readonly formerOwner?: string
}

/** Another owner could not change it: what is marked with the former name alone is declared under that. */
export function underStandingOwner(declared: Declared, { owner, formerOwner }: Owners, { snapshots }: Seen): Declared {
  if (formerOwner === undefined) return declared
  const isMarkedAs = (name: string) =>
    hostsOf(declared).some(host => {
      const snapshot = snapshots.get(loginId(host))
      return snapshot !== undefined && markedNames(name, snapshot).has(nameOf(declared))
    })
  if (isMarkedAs(owner) || !isMarkedAs(formerOwner)) return declared
  return declared.type === 'tunnel'
    ? { type: 'tunnel', input: { ...declared.input, owner: formerOwner } }
    : { type: 'middle', input: { ...declared.input, owner: formerOwner } }
}

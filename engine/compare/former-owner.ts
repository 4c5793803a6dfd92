// What stands under the name that an owner had before the default name carried its project: still ours, and called as it is marked.
import { loginId } from '../../schemas/machine'
import { lookAt, type Seen } from '../look/look'
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
  return withOwner(declared, formerOwner)
}

/** What is declared under a former name, under the owner's own; but as it stands, where it stands under the former one. */
export async function underOwner(declared: Declared, owner: string): Promise<Declared> {
  const formerOwner = declared.input.owner
  return underStandingOwner(withOwner(declared, owner), { owner, formerOwner }, await lookAt([declared]))
}

const withOwner = ({ type, input }: Declared, owner: string): Declared =>
  type === 'tunnel' ? { type, input: { ...input, owner } } : { type, input: { ...input, owner } }

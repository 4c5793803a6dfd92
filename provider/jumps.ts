// The jump hosts of a tunnel from one state to the next: which are new, which are taken out, and what is known of those that stay.
import { movedBy } from '../schemas/machine'
import type { Host } from '../schemas/types'
import { fromTerraform } from './names'
import type { Obj, Value } from './plugin'

const listOf = (value: Value | undefined): readonly Obj[] => (Array.isArray(value) ? (value as readonly Obj[]) : [])
export const jumpsOf = (object: Obj | null): readonly Obj[] => listOf(object?.jumps)

const asHost = (jump: Obj) => fromTerraform(jump, '') as Host

/** Those of before that are no machine of the tunnel any more. */
export function takenOut(prior: Obj | null, now: Obj): readonly Obj[] {
  const hosts = [now.client, now.server, ...jumpsOf(now)].map(host => asHost(host as Obj))
  return jumpsOf(prior).filter(jump => !hosts.some(host => movedBy(asHost(jump), host).length === 0))
}

/** As Terraform is to remember it when not all has come to its end: neither a new one nor one that may still stand is forgotten. */
export function withAllJumps(state: Obj, out: readonly Obj[]): Obj {
  return out.length > 0 ? { ...state, jumps: [...jumpsOf(state), ...out] } : state
}

/** By jump host what the last read has told of its host key; undefined for one that `isSame` does not know again. */
export function knownJumpKeys(
  prior: Obj,
  inputs: Obj,
  isSame: (before: Obj, now: Obj) => boolean,
): readonly (string | undefined)[] {
  const [before, logins] = [jumpsOf(prior), listOf(prior.jump_logins)]
  return jumpsOf(inputs).map(jump => {
    const key = logins[before.findIndex(one => isSame(one, jump))]?.host_key
    return typeof key === 'string' && key !== '' ? key : undefined
  })
}

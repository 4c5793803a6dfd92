// Whose a resource is that names no owner itself: what the provider block says, unless it stands under an older default already.
import { handWritten, isFormerName } from '../schemas/owner'
import { type Obj, unknown, type Value } from './plugin'

/** Null for none; unknown until an apply. */
let byDefault: string | null | typeof unknown = null

/** From the provider block. */
export function useOwner(given: Value | undefined): void {
  byDefault = typeof given === 'string' || given === unknown ? given : null
}

/**
 * What was made under an older default keeps its owner: another one would replace it. An owner that the configuration has named, and names
 * no longer, is no default.
 */
export function ownerOf(prior: Obj | null, config: Obj | null): Value {
  const named = config?.owner ?? null
  if (named !== null || !prior) return named ?? byDefault
  const before = prior.owner ?? null
  if (byDefault === unknown) return before
  const now = byDefault ?? handWritten
  return before === null || before === now || isFormerName(String(before), now) ? before : byDefault
}

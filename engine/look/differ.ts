// Attribute by attribute: where what is there differs from what should be.
import { isDeepStrictEqual } from 'node:util'
import { knownAfterApply } from '../parts/part'

export interface Difference {
  /** The attribute within the part, in camelCase. */
  readonly name: string
  readonly have: unknown
  readonly want: unknown
}

export function differences(
  want: Readonly<Record<string, unknown>>,
  have: Readonly<Record<string, unknown>> | null,
): Difference[] {
  return Object.entries(want)
    .filter(([name, value]) => value !== knownAfterApply && !isDeepStrictEqual(value, have?.[name]))
    .map(([name, value]) => ({ name, have: have?.[name] ?? null, want: value }))
}

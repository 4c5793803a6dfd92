// Attribute by attribute: where what is there differs from what should be.
import { knownAfterApply } from '../parts/part'

export interface Difference {
  /** The attribute within the part, in camelCase. */
  readonly name: string
  readonly have: unknown
  readonly want: unknown
}

/** Whether what is there is what should be, however deep; what only an apply can tell fits everything. */
export function fits(want: unknown, have: unknown): boolean {
  if (want === knownAfterApply) return true
  if (typeof want !== 'object' || want === null || typeof have !== 'object' || have === null)
    return (want ?? null) === have
  if (Array.isArray(want) !== Array.isArray(have)) return false
  const [a, b] = [want, have] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(name => fits(a[name] ?? null, b[name] ?? null))
}

/** A truth that shows as null nobody can tell: that is no difference. */
export const isUntold = (want: unknown, have: unknown): boolean => typeof want === 'boolean' && have === null

export function differences(
  want: Readonly<Record<string, unknown>>,
  have: Readonly<Record<string, unknown>> | null,
): Difference[] {
  return Object.entries(want)
    .filter(([name, value]) => !isUntold(value, have?.[name]) && !fits(value, have?.[name] ?? null))
    .map(([name, value]) => ({ name, have: have?.[name] ?? null, want: value }))
}

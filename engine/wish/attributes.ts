// The resource's attributes that show parts: one a part, and of each jump host an entry with its own. Pure.
import type { Derived, Placed } from './placed'

/** `show` says what of a part stands there. */
export function attributesOf<Shown>(
  { placed, jumps = [] }: Derived,
  show: (placed: Placed) => Shown,
): Readonly<Record<string, Shown | readonly object[]>> {
  const shownAt = (at: number | undefined) =>
    Object.fromEntries(placed.flatMap(one => (one.jump === at ? [[one.attribute, show(one)]] : [])))
  const entries = jumps.map(({ host, hostKey }, at) => ({ host: host.name, hostKey, ...shownAt(at) }))
  return { ...shownAt(undefined), ...(entries.length > 0 && { jumpLogins: entries }) }
}

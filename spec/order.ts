// The order in which tunnels are made: each after those that it depends on. Pure.
import { carriersOf } from '../schemas/shared'
import type { Resolved } from './resolve'

type Order = Readonly<Record<string, readonly string[]>>

/** How many tunnels have to be up, one after the other, before this one; a spec that is right has no circles. Without recursion, as in circles.ts. */
export function depths(dependsOn: Order): (name: string) => number {
  const known = new Map<string, number>()
  const beforeOf = (name: string) => (Object.hasOwn(dependsOn, name) ? (dependsOn[name] ?? []) : [])
  for (const start of Object.keys(dependsOn)) {
    const way = [start]
    const begun = new Set<string>()
    for (let name = way.at(-1); name !== undefined; name = way.at(-1)) {
      const first = !begun.has(name)
      begun.add(name)
      const open = first ? beforeOf(name).filter(one => !known.has(one) && !begun.has(one)) : []
      if (open.length > 0) way.push(...open)
      else {
        known.set(
          name,
          beforeOf(name).reduce((most, one) => Math.max(most, (known.get(one) ?? 0) + 1), 0),
        )
        way.pop()
      }
    }
  }
  return name => known.get(name) ?? 0
}

/** The same of the resources: what a tunnel waits for, its connection does. */
export function orderOfCarriers({ declared, dependsOn }: Pick<Resolved, 'declared' | 'dependsOn'>): Order {
  const carrierOf = carriersOf(declared)
  const order: Record<string, string[]> = {}
  for (const [name, before] of Object.entries(dependsOn)) {
    const carrier = carrierOf(name)
    const others = before.map(carrierOf).filter(other => other !== carrier)
    order[carrier] = [...new Set([...(order[carrier] ?? []), ...others])]
  }
  return order
}

export function inOrder({ declared, dependsOn }: Pick<Resolved, 'declared' | 'dependsOn'>): Resolved['declared'] {
  const depthOf = depths(dependsOn)
  return [...declared].sort((a, b) => depthOf(a.name) - depthOf(b.name))
}

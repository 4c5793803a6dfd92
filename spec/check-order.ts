// Which tunnels are to be up before others: does each exist, and does none wait for itself?
import type { Spec } from '../schemas/types'
import { findCircles, tellCircle } from './circles'
import { suggest } from './did-you-mean'
import type { Flaw } from './flaw'
import { isUnknown } from './mend'

export function* checkOrder({ tunnels = {} }: Spec): Generator<Flaw> {
  const names = Object.keys(tunnels)
  const beforeOf = (name: string) => (Object.hasOwn(tunnels, name) ? (tunnels[name]?.dependsOn ?? []) : [])
  for (const name of names) {
    for (const [index, other] of beforeOf(name).entries()) {
      if (isUnknown(other) || names.includes(other)) continue
      const hint = suggest(other, names.slice(0, 1000)) ?? `known tunnels: ${names.slice(0, 8).join(', ')}`
      const message = `there is no tunnel ${other}`
      yield { path: ['tunnels', name, 'dependsOn', index], code: 'unknown-tunnel', message, hint }
    }
  }
  for (const { name, index, circle } of findCircles(names, beforeOf)) {
    const message = `tunnel ${circle[0]} would wait for itself`
    yield { path: ['tunnels', name, 'dependsOn', index], code: 'circle', message, hint: tellCircle(circle, ' after ') }
  }
}

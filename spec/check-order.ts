// Which tunnels are to be up before others: does each exist, and does none wait for itself?
import { carriersOf, isSharing } from '../schemas/shared'
import type { Spec } from '../schemas/types'
import { findCircles, tellCircle } from './circles'
import { suggest } from './did-you-mean'
import type { Flaw } from './flaw'
import { isUnknown } from './mend'
import { orderOfCarriers } from './order'
import type { Resolved } from './resolve'

export function* checkOrder({ tunnels = {} }: Spec, resolved: Resolved): Generator<Flaw> {
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
  if (resolved.declared.some(isSharing)) yield* checkCarriers(resolved)
}

/** Tunnels that share a connection come and go together. */
function* checkCarriers(resolved: Resolved): Generator<Flaw> {
  const [order, carrierOf] = [orderOfCarriers(resolved), carriersOf(resolved.declared)]
  const beforeOf = (name: string) => (Object.hasOwn(order, name) ? (order[name] ?? []) : [])
  for (const { circle } of findCircles(Object.keys(order), beforeOf)) {
    const member = resolved.declared.find(one => isSharing(one) && circle.includes(carrierOf(one.name)))
    if (!member) continue
    const message = `the shared connection ${carrierOf(member.name)} would wait for itself`
    const hint = `${tellCircle(circle, ' after ')}; say connection: own in one of its tunnels`
    yield { path: ['tunnels', member.name], at: 'key', code: 'circle', message, hint }
  }
}

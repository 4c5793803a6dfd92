// What a deploy has to cut: why connections that are open through a tunnel end with it. Pure.
import { parts } from '../parts'
import { knownAfterApply } from '../parts/part'
import type { Derived } from '../wish/placed'
import { type Look, planPart } from './look'

/** One reason each; none where nothing is cut, or the tunnel does not run. `rotates`: it gets a new key, whatever its key was made for. */
export function cutsOf({ derived, snapshotOf }: Look, rotates = false): readonly string[] {
  const services = derived.placed.flatMap(one => (one.kind === 'service' ? [one] : []))
  const runs =
    // Whether a client that others run does nobody can look.
    (services.length === 0 && derived.listening.length > 0) ||
    services.some(
      one => parts.service.observe(snapshotOf(one.host), { ...one.at, disabled: undefined })?.active !== false,
    )
  if (!runs) return []
  // What waits for a new key has steps when that is there.
  const known = derived.placed.filter(({ want }) => !Object.values(want ?? {}).includes(knownAfterApply))
  const cuts = known.flatMap(one => planPart(one, false, snapshotOf).flatMap(step => step.cuts ?? []))
  return [...new Set([...cuts, ...unknownCuts(derived, snapshotOf, rotates)])]
}

/** Of what only an apply can tell: a new key, or a port that is to be chosen, begins ssh anew. */
function unknownCuts(derived: Derived, snapshotOf: Look['snapshotOf'], rotates: boolean): string[] {
  return derived.placed.flatMap(one => {
    const isNew = one.kind === 'key' && (rotates || one.want?.publicKey === knownAfterApply)
    if (isNew && snapshotOf(one.host).keys[one.at.path]) return ['it gets a new key, with which ssh begins anew']
    return one.kind === 'ports' && one.want?.chosen === knownAfterApply ? ['a port is chosen, and ssh begins anew'] : []
  })
}

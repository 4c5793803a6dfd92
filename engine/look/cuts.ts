// What a deploy has to cut: why connections that are open through a tunnel end with it. Pure.
import { parts } from '../parts'
import { knownAfterApply } from '../parts/part'
import { type Look, planPart } from './look'

/** One reason each; none where nothing is cut, or the tunnel does not run. */
export function cutsOf({ derived, snapshotOf }: Look): readonly string[] {
  const runs = derived.placed.some(
    one => one.kind === 'service' && parts.service.observe(snapshotOf(one.host), one.at)?.active !== false,
  )
  if (!runs) return []
  // What waits for a new key has steps when that is there.
  const known = derived.placed.filter(({ want }) => !Object.values(want ?? {}).includes(knownAfterApply))
  const cuts = known.flatMap(one => planPart(one, false, snapshotOf).flatMap(step => step.cuts ?? []))
  return [...new Set(cuts)]
}

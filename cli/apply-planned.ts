// What follows when a plan is agreed to, whoever has asked for it: it is carried out, with progress on standard error.
import { clearHosts, type planChanges, type Replaced, type Trouble } from '../engine'
import { carryOut, type Result } from './carry-out'
import { makeProgress } from './progress'
import { troublesOf } from './render-results'
import type { Stop } from './stop'

export type Planned = Awaited<ReturnType<typeof planChanges>>

export interface Applied {
  readonly results: readonly Result[]
  /** Those of the plan too. */
  readonly troubles: readonly Trouble[]
}

/** `replaced`: what makes way for a tunnel, by its name. */
export async function applyPlanned(
  planned: Planned,
  stop: Stop,
  replaced: ReadonlyMap<string, Replaced> = new Map(),
): Promise<Applied> {
  stop.beginChanging()
  await clearHosts(planned.littered)
  const progress = makeProgress(process.stderr)
  const results = await carryOut(planned.changes, progress, stop.isAsked, replaced)
  progress.end()
  return { results, troubles: [...planned.troubles, ...troublesOf(results)] }
}

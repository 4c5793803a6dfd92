// What follows when a plan is agreed to, whoever has asked for it: it is carried out, with progress on standard error.
import { clearHosts, type planChanges, type Trouble } from '../engine'
import { carryOut, type How, type Result } from './carry-out'
import { makeProgress } from './progress'
import { troublesOf } from './render-results'
import type { Stop } from './stop'

export type Planned = Awaited<ReturnType<typeof planChanges>>

export interface Applied {
  readonly results: readonly Result[]
  /** Those of the plan too. */
  readonly troubles: readonly Trouble[]
}

export async function applyPlanned(
  planned: Planned,
  stop: Stop,
  { replaced = new Map(), dependsOn = {} }: Partial<How> = {},
): Promise<Applied> {
  stop.beginChanging()
  await clearHosts(planned.littered)
  const progress = makeProgress(process.stderr)
  const results = await carryOut(planned.changes, progress, stop.isAsked, { replaced, dependsOn })
  progress.end()
  return { results, troubles: [...planned.troubles, ...troublesOf(results)] }
}

// `plan`, `apply` and `destroy`: look, show, and carry out.
import { clearHosts, planChanges, type Trouble } from '../engine'
import { plain } from '../schemas/plain'
import type { Host } from '../schemas/types'
import { SpecError } from '../spec'
import { carryOut } from './carry-out'
import type { OptionName } from './commands'
import { makeProgress } from './progress'
import { readEstate, UnknownTunnel } from './read-estate'
import { renderFailure, renderJson, warningsAfter, warningsOf } from './render-json'
import { renderOutOfReach, tellOutOfReach } from './render-out-of-reach'
import { colourPlan, renderLeftAlone, renderNotPast, renderPlan } from './render-plan'
import { renderResults, renderTroubles, troublesOf } from './render-results'
import { listenForStop, stoppedCode } from './stop'

export interface Order {
  readonly command: 'plan' | 'apply' | 'destroy'
  readonly spec: string
  readonly flags: ReadonlySet<OptionName>
  readonly only: readonly string[]
  /** Where leftovers are looked for beside the spec's hosts. */
  readonly hosts: readonly Host[]
}

/** Resolves to the exit status. */
export async function changeHosts({ command, spec, flags, only, hosts }: Order): Promise<number> {
  const json = flags.has('json')
  const print = (text: string) => process.stdout.write(text)
  const stop = listenForStop()
  const estate = readOrSay({ command, spec, flags, only, hosts })
  if (!estate) return 1

  const planned = await planChanges({ ...estate, destroy: command === 'destroy' })
  const { changes, leftAlone } = planned
  const due = changes.some(({ action }) => action !== 'none')
  const outOfReach = tellOutOfReach(planned.outOfReach, { command, spec, estate })
  const warnings = [...new Set([...warningsOf(changes), ...planned.warnings])]
  const document = { command, spec, owner: estate.owner, changes, leftAlone, outOfReach, warnings }
  if (!json) {
    sayWarnings(warnings)
    if (due || planned.troubles.length === 0) print(inColour(renderPlan(changes)))
    print(renderNotPast(changes))
    print(renderLeftAlone(leftAlone, estate.owner))
    print(renderOutOfReach(outOfReach))
  }
  if (command === 'plan' || flags.has('dry-run')) {
    if (json) print(renderJson({ ...document, results: null, troubles: planned.troubles }))
    else sayTroubles(planned.troubles)
    if (planned.troubles.length > 0) return 1
    return due && flags.has('detailed-exitcode') ? 2 : 0
  }

  stop.beginChanging()
  await clearHosts(planned.littered)
  const progress = makeProgress(process.stderr)
  const results = await carryOut(changes, progress, stop.isAsked)
  progress.end()
  const troubles = [...planned.troubles, ...troublesOf(results)]
  if (json) print(renderJson({ ...document, results, troubles }))
  else {
    print(`\n${renderResults(results, planned.troubles)}`)
    sayWarnings(warningsAfter(results))
    sayTroubles(troubles)
  }
  if (results.some(({ status }) => status === 'stopped' || status === 'skipped') && stop.isAsked()) return stoppedCode
  return troubles.length > 0 ? 1 : 0
}

function readOrSay({ command, spec, flags, only, hosts }: Order): ReturnType<typeof readEstate> | null {
  try {
    return readEstate(spec, only, hosts)
  } catch (why) {
    if (!(why instanceof SpecError || why instanceof UnknownTunnel)) throw why
    const problems = why instanceof SpecError ? why.problems : []
    if (flags.has('json')) process.stdout.write(renderFailure(command, spec, why.message, problems))
    else process.stderr.write(`${plain(why.message)}\n`)
    return null
  }
}

function sayWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`Warning: ${plain(warning)}\n`)
}

function sayTroubles(troubles: readonly Trouble[]): void {
  for (const text of renderTroubles(troubles)) process.stderr.write(`\n${text}`)
}

/** See no-color.org. */
const inColour = (text: string) => (process.stdout.isTTY && !process.env.NO_COLOR ? colourPlan(text) : text)

// `plan`, `apply` and `destroy`: look, show, and carry out.
import { type Declared, planChanges, type Replaced, type Trouble, tellRemoval, theirSide } from '../engine'
import { plain } from '../schemas/plain'
import { isNamed } from '../schemas/shared'
import type { Host, Tunnel } from '../schemas/types'
import { applyPlanned, type Planned } from './apply-planned'
import { applyWaiting } from './apply-waiting'
import type { Result } from './carry-out'
import { type Words, WrongWords } from './command'
import { reading, waitingFor } from './progress'
import { readEstate } from './read-estate'
import { readLogin } from './read-login'
import { readOrSay } from './read-or-say'
import { renderJson, warningsAfter, warningsOf } from './render-json'
import { renderOutOfReach, tellOutOfReach } from './render-out-of-reach'
import { colourPlan, renderLeftAlone, renderNotPast, renderPlan } from './render-plan'
import { renderResults, renderTroubles } from './render-results'
import { listenForStop, type Stop, stoppedCode } from './stop'
import { takesColour } from './terminal'

export const interrupted = `Ctrl-C lets the batch that runs on each host end, starts nothing new, and says what is done and what is not
(exit status 130). A second Ctrl-C ends at once.`

type Verb = 'plan' | 'apply' | 'destroy' | 'rotate'

/** Resolves to the exit status. */
export const changeHosts = async (command: Verb, words: Words): Promise<number> =>
  (await changeUntil(listenForStop(), command, words)).code

export interface Came {
  /** The exit status. */
  readonly code: number
  /** Empty where nothing was begun. */
  readonly results: readonly Result[]
}

/** What was planned before, and what makes way for a tunnel, by its name. */
export interface Replacing {
  readonly planned: Planned
  readonly replaced: ReadonlyMap<string, Replaced>
}

/** For who has begun to change something before, and has to know what came of each. */
export async function changeUntil(stop: Stop, command: Verb, words: Words, replacing?: Replacing): Promise<Came> {
  const [spec, json, hosts] = [words.argument('SPEC'), words.has('json'), words.valuesOf('host').map(loginOf)]
  const print = (text: string) => process.stdout.write(text)
  const rotating = command === 'rotate' ? words.argumentsOf('TUNNEL') : []
  const estate = readOrSay(command, spec, json, () => ({
    ...readEstate(spec, [...words.valuesOf('only'), ...rotating], hosts),
    rotating,
  }))
  if (!estate) return { code: 1, results: [] }
  refuseTheirs(estate.declared, rotating)

  const planned =
    replacing?.planned ??
    (await waitingFor(reading(estate.hosts), () => planChanges({ ...estate, destroy: command === 'destroy' })))
  const { changes, leftAlone } = planned
  const due = changes.some(({ action }) => action !== 'none')
  const outOfReach = tellOutOfReach(planned.outOfReach, { command, spec, estate })
  const theirs = command === 'destroy' ? tellTheirs(estate.declared, words.valuesOf('only')) : []
  const warnings = [...new Set([...warningsOf(changes), ...planned.warnings, ...theirs])]
  const document = { command, spec, owner: estate.owner, changes, leftAlone, outOfReach, warnings }
  if (!json) {
    sayWarnings(warnings)
    if (due || planned.troubles.length === 0) print(inColour(renderPlan(changes)))
    print(renderNotPast(changes))
    print(renderLeftAlone(leftAlone, estate.owner))
    print(renderOutOfReach(outOfReach))
  }
  const show = (next: Planned) => {
    if (!json) print(inColour(renderPlan(next.changes)))
  }
  if (command === 'plan' || words.has('dry-run')) {
    if (json) print(renderJson({ ...document, results: null, troubles: planned.troubles }))
    else sayTroubles(planned.troubles)
    const code = planned.troubles.length > 0 ? 1 : due && words.has('detailed-exitcode') ? 2 : 0
    return { code, results: [] }
  }

  const how = { replaced: replacing?.replaced, dependsOn: estate.dependsOn }
  const first = await applyPlanned(planned, stop, how)
  const whole = command === 'apply' ? await applyWaiting({ planned, applied: first, estate, stop, show }) : null
  const { results, troubles } = whole?.applied ?? first
  if (json) print(renderJson({ ...document, changes: whole?.changes ?? changes, results, troubles }))
  else {
    print(`\n${renderResults(results, whole?.troublesBefore ?? planned.troubles)}`)
    sayWarnings(warningsAfter(results))
    sayTroubles(troubles)
  }
  const isStopped = results.some(({ status }) => status === 'stopped' || status === 'skipped') && stop.isAsked()
  return { code: isStopped ? stoppedCode : troubles.length > 0 ? 1 : 0, results }
}

/** A new key is let in before the old one goes: on a side that is not ours nobody does that. */
function refuseTheirs(declared: readonly Declared[], rotating: readonly string[]): void {
  for (const { type, input } of declared) {
    const side = type === 'tunnel' && isNamed(input as Tunnel, rotating) ? theirSide(input as Tunnel) : null
    if (side) throw new WrongWords(`the key of ${input.name} cannot be rotated: ${side.name} is not ours`)
  }
}

/** What stays on sides that are not ours. */
const tellTheirs = (declared: readonly Declared[], only: readonly string[]): string[] =>
  declared.flatMap(({ type, input }) =>
    type === 'tunnel' && (only.length === 0 || isNamed(input as Tunnel, only))
      ? (tellRemoval(input as Tunnel) ?? [])
      : [],
  )

function loginOf(text: string): Host {
  const login = readLogin(text)
  if (!login) throw new WrongWords(`--host ${text} is no login; as in --host root@203.0.113.20:22`)
  return login
}

function sayWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`Warning: ${plain(warning)}\n`)
}

function sayTroubles(troubles: readonly Trouble[]): void {
  for (const text of renderTroubles(troubles)) process.stderr.write(`\n${text}`)
}

const inColour = (text: string) => (takesColour(process.stdout) ? colourPlan(text) : text)

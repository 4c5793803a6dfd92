// What `doctor --fix` does: an apply of the tunnels that are not well and that an apply can cure, shown before it is asked about.
import { createInterface } from 'node:readline/promises'
import { type Estate, planChanges, type Trouble } from '../engine'
import { plain } from '../schemas/plain'
import { applyPlanned, type Planned } from './apply-planned'
import type { Result } from './carry-out'
import { warningsOf } from './render-json'
import { colourPlan, renderPlan } from './render-plan'
import { renderResults, renderTroubles } from './render-results'
import type { Stop } from './stop'
import { takesColour } from './terminal'

export interface Fix {
  /** What came of it; null for what was only shown, or not to be done. */
  readonly results: readonly Result[] | null
  readonly troubles: readonly Trouble[]
  /** For the JSON document: what an apply would change. */
  readonly changes: Planned['changes']
}

export interface How {
  /** Nobody is asked. */
  readonly yes: boolean
  /** Nothing is shown; the document tells it. */
  readonly json: boolean
  readonly stop: Stop
}

/** `estate` is about the tunnels alone that are to be cured. */
export async function fix(estate: Estate, { yes, json, stop }: How): Promise<Fix> {
  const say = (text: string) => (json ? undefined : process.stdout.write(text))
  const planned = await planChanges(estate)
  const { changes } = planned
  const due = changes.some(({ action }) => action !== 'none')
  const only = (troubles: readonly Trouble[]): Fix => ({ results: null, troubles, changes })
  if (!due) {
    say('\n--fix: an apply would change nothing\n')
    return only(planned.troubles)
  }
  const shown = renderPlan(changes)
  say(`\n--fix would do this:\n\n${takesColour(process.stdout) ? colourPlan(shown) : shown}`)
  for (const warning of json ? [] : warningsOf(changes)) process.stderr.write(`Warning: ${plain(warning)}\n`)
  if (!yes && !(await isAgreed(say))) return only(planned.troubles)
  const { results, troubles } = await applyPlanned(planned, stop)
  say(`\n${renderResults(results, planned.troubles)}`)
  for (const text of json ? [] : renderTroubles(troubles)) process.stderr.write(`\n${text}`)
  return { results, troubles, changes }
}

async function isAgreed(say: (text: string) => unknown): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    say('nothing was changed: there is no terminal to ask on; --yes does it\n')
    return false
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout })
  // On a terminal in raw mode Ctrl-C is no signal but a key.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const agreed = /^y(es)?$/i.test((await asking.question('Do this? [y/N] ')).trim())
    if (!agreed) say('nothing was changed\n')
    return agreed
  } finally {
    asking.close()
  }
}

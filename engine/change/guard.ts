// The guard of a batch that changes sshd or the firewall: the host is armed before the first step, and takes all back by itself unless the run
// is confirmed (conclude.ts).
import { randomBytes } from 'node:crypto'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import type { Ran } from '../host'
import { encode } from '../host/quote'
import { divider } from '../look/requests'
import type { Step } from '../parts/part'
import { lineOf, orderLines } from './order-lines'
import { describeTried } from './undone'

/** Seconds from the end of its batch in which a run is to be confirmed, where the host does not say it. */
export const windowOf = ({ guardWindow = 60 }: Host): number => guardWindow

/** Whether a step can cut off who comes by ssh. */
export const isRisky = ({ phase, cutsOff }: Step): boolean => phase === 'sshd' || phase === 'firewall' || !!cutsOff

export interface Guard {
  readonly run: string
  /** Seconds. */
  readonly window: number
  /** What could cut us off, in words. */
  readonly tried: string
  /** Whether a step ends the very connection by which it is told, and brings it back. */
  readonly cutsOff: boolean
  /** The line of a batch that arms it, before all steps; `limit`: seconds that the batch may take. */
  arm(limit: number): string
}

/** Exit status of a batch that is not begun on a host which could not undo it (remote/rehearsal.sh). */
const cannotUndo = 77

/** Null for a batch that was begun, however it ended. */
export const asUnable = (host: Host, { code, stdout, stderr }: Ran): Fault | null =>
  code === cannotUndo && /^failed 0$/m.test(stdout)
    ? new Fault({
        code: 'cannot-undo',
        host: host.name,
        what: `${host.name} could not undo a change by itself, so nothing was changed`,
        happened: stderr.trim(),
        cure: `mend that on ${host.name}: a change of sshd or the firewall may lock us out`,
      })
    : null

/** The line of a batch that arms it; `rules`: the steps that bring back the firewall's, as a batch reads them. */
export const armLine = (run: string, limit: number, seconds: number, rules = 'end\n'): string =>
  ['guard_arm', run, `${limit}:${seconds}`, encode(rules)].join(divider)

export const newRun = (): string => randomBytes(8).toString('hex')

/** Null where nothing is risky, and for this machine: nobody logs in to it. */
export function makeGuard(host: Host, steps: readonly Step[]): Guard | null {
  if (host.local || !steps.some(isRisky)) return null
  const run = newRun()
  const window = windowOf(host)
  const back = orderLines(steps.flatMap(({ undo = [] }) => undo).map(step => ({ owner: null, step })))
  const rules = [...back.map(({ step }) => lineOf(step)), 'end', ''].join('\n')
  return {
    run,
    window,
    tried: describeTried(steps.filter(step => isRisky(step) && !step.verb.endsWith('_commit'))),
    cutsOff: steps.some(({ cutsOff }) => cutsOff),
    arm: limit => armLine(run, limit, window, rules),
  }
}

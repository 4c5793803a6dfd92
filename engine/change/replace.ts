// Taking the place of a unit that somebody else made: it stops right before ours starts, and comes back where ours does not.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import type { Step } from '../parts/part'
import { scripts } from '../remote/texts'

export interface Replaced {
  readonly unit: string
  /** Stops it, in the batch that starts ours. Fails where the host would not start it again. */
  readonly yields: Step
  /**
   * The old one stays stopped, and disabled where it was enabled. Throws a Fault where ours does not run, and where the host has not heard of
   * us in time and has put the old one back.
   */
  keep(): Promise<void>
  /** It runs, and those of ours that did not run before do not. */
  back(): Promise<void>
  /** Starts it anew: the first time its port may not have been free yet. */
  again(): Promise<void>
}

/** Seconds. */
export interface Patience {
  /** Until the host puts the old unit back, when it has not heard of us. */
  readonly backAfter: number
  /** How often it hears of us, until it hears `keep` or `back`. */
  readonly renewEvery: number
}

const patience: Patience = { backAfter: 180, renewEvery: 45 }

export interface ToReplace {
  readonly unit: string
  /** Of its ssh. */
  readonly pid: number
  /** The units of ours that come in its place. */
  readonly ours: readonly string[]
}

/**
 * From now on the host starts the unit again when it hears of nobody, in the place of ours. It runs on until `yields` is done. Throws a Fault,
 * also while another waits for the same unit.
 */
export async function replaceUnit(
  host: Host,
  { unit, pid, ours }: ToReplace,
  { backAfter, renewEvery }: Patience = patience,
): Promise<Replaced> {
  const timer = `ssh-tunnels-back-${unit.replace(/\.service$/, '')}.timer`
  const say = async (verb: string, ...words: string[]) => {
    const { code, stdout, stderr } = await (await connect(host)).run(scripts.replace, [verb, unit, timer, ...words])
    if (code === 0) return stdout.trim()
    throw new Fault({
      code: 'not-replaced',
      host: host.name,
      what: `${verb} of ${unit} on ${host.name} failed`,
      script: 'replace',
      exitStatus: code,
      stderr,
      cure: `see systemctl status ${unit} on ${host.name}; what was stopped is started again by itself, in ${backAfter} s at most`,
    })
  }
  const idle = (await say('arm', String(backAfter), String(pid), ...ours)).split(' ').filter(Boolean)
  // What could not be renewed has been put back at worst, and `keep` tells.
  let renewing: Promise<unknown> = Promise.resolve()
  const beat = setInterval(() => {
    renewing = renewing.then(() => say('renew')).catch(() => {})
  }, renewEvery * 1000)
  beat.unref()
  const conclude = async (verb: 'keep' | 'back', units: readonly string[]) => {
    clearInterval(beat)
    await renewing
    await say(verb, ...units)
  }
  const yields: Step = { why: `stop ${unit}`, phase: 'start', verb: 'unit_yield', args: [unit, timer] }
  return {
    ...{ unit, yields },
    keep: () => conclude('keep', ours),
    back: () => conclude('back', idle),
    again: async () => void (await say('again')),
  }
}

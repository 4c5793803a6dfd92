// Taking the place of a unit that somebody else made: it stops right before ours starts, and comes back where ours does not.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import type { Step } from '../parts/part'
import { scripts } from '../remote/texts'

export interface Replaced {
  readonly unit: string
  /** Stops it and keeps it from starting at boot, in the batch that starts ours. Fails where the host would not start it again. */
  readonly yields: Step
  /** Ours stands: the old one stays stopped, and disabled where it was enabled; also where it has been started again meanwhile. */
  keep(): Promise<void>
  /** As it was. */
  back(): Promise<void>
}

/** Seconds. */
export interface Patience {
  /** Until the host starts the old unit again, when it has not heard of us. */
  readonly backAfter: number
  /** How often it hears of us, until it hears `keep` or `back`. */
  readonly renewEvery: number
}

const patience: Patience = { backAfter: 180, renewEvery: 45 }

/** From now on the host starts the unit again when it hears of nobody. It runs on until `yields` is done. Throws a Fault. */
export async function replaceUnit(
  host: Host,
  unit: string,
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
      cure:
        verb === 'keep'
          ? `ours stands; end the old one on ${host.name}: systemctl disable --now ${unit}`
          : `see systemctl status ${unit} on ${host.name}; it is started again by itself ${backAfter} s after it was stopped`,
    })
  }
  const enabled = await say('arm', String(backAfter))
  // What could not be renewed has been started again at worst, and `keep` ends that.
  let renewing: Promise<unknown> = Promise.resolve()
  const beat = setInterval(() => {
    renewing = renewing.then(() => say('renew')).catch(() => {})
  }, renewEvery * 1000)
  beat.unref()
  const conclude = async (verb: 'keep' | 'back') => {
    clearInterval(beat)
    await renewing
    await say(verb, enabled)
  }
  const why = `stop ${unit}, and keep it from starting at boot`
  const yields: Step = { why, phase: 'start', verb: 'unit_yield', args: [unit, timer] }
  return { unit, yields, keep: () => conclude('keep'), back: () => conclude('back') }
}

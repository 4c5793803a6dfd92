// Taking the place of a unit that somebody else made: it stops right before ours starts, and comes back where ours does not.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { scripts } from '../remote/texts'

export interface Replaced {
  readonly unit: string
  /** Ours stands: the old one stays stopped, and disabled where it was enabled. */
  keep(): Promise<void>
  /** As it was. */
  back(): Promise<void>
}

/** Seconds until the host starts the old unit again, when nobody has said that ours stands. */
export const backAfter = 180

/** Stops a unit and keeps it from starting at boot. Throws a Fault. */
export async function replaceUnit(host: Host, unit: string): Promise<Replaced> {
  const say = async (...words: string[]) => {
    const { code, stdout, stderr } = await (await connect(host)).run(scripts.replace, words)
    if (code === 0) return stdout.trim()
    throw new Fault({
      code: 'not-replaced',
      host: host.name,
      what: `${words[0]} of ${unit} on ${host.name} failed`,
      script: 'replace',
      exitStatus: code,
      stderr,
      cure: `see systemctl status ${unit} on ${host.name}; it is started again by itself ${backAfter} s after it was stopped`,
    })
  }
  const enabled = await say('stop', unit, String(backAfter))
  return {
    unit,
    keep: async () => void (await say('keep', unit)),
    back: async () => void (await say('back', unit, enabled)),
  }
}

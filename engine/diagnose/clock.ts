// Whether a host's clock agrees with ours. Pure.
import type { Host } from '../../schemas/types'
import { type Check, ok } from '../parts/check'
import type { Snapshot } from '../parts/snapshot'

/** Seconds; by less nobody is troubled. */
const most = 60

export function checkClock({ name: host }: Host, { health }: Snapshot): Check[] {
  if (!health) return []
  const asked = { link: 'clock', host } as const
  if (health.clockAhead === null) {
    return [
      { ...asked, status: 'unknown', what: `${host} does not tell its time`, cure: `see what date +%s says there` },
    ]
  }
  const ahead = Math.round(health.clockAhead)
  if (Math.abs(ahead) <= most) return [ok(asked, `the clock of ${host} is right`)]
  return [
    {
      ...asked,
      status: 'fail',
      goesOn: true,
      code: 'clock-wrong',
      what: `the clock of ${host} is ${describeTime(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} ours`,
      evidence: 'ssh itself does not go by it; its logs, certificates and passwords of the hour do',
      cure: `set it, and let something keep it: timedatectl set-ntp true on ${host}`,
    },
  ]
}

/** 75 s, 12 min, 3 h, 9 d. */
export function describeTime(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`
}

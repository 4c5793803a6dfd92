// What runs the tunnel's ssh on the client and brings it back.
import type { Service } from '../../../schemas/types'
import { type Check, ok } from '../check'
import { isMarked, readMark } from '../mark'
import { type Part, type Step, stranger, type Wanted } from '../part'
import { unitPath } from '../paths'
import type { Snapshot } from '../snapshot'
import type { ServiceAt, Supervisor } from './supervisor'
import { systemd } from './systemd'
import { findChange } from './unit-change'
import { explainUnit } from './unit-reasons'

export type { ServiceAt } from './supervisor'

/** Chosen by looking: there is one so far. */
const supervisorOf = (_on: Snapshot): Supervisor => systemd

/** ssh is ended and begun anew. */
export const startAnew = (on: Snapshot, at: ServiceAt): Step[] => supervisorOf(on).startAnew(at)

export const service: Part<Service, ServiceAt> = {
  kind: 'service',
  needs: ['ssh'],
  observe: (on, at) => supervisorOf(on).observe(on, at),
  plan: (want, have, on, at) => supervisorOf(on).plan(want, have, on, at),

  owner(on, { unit }) {
    const file = on.files[unitPath(unit)]
    // Of a file that is gone by hand systemd remembers where it was.
    const { FragmentPath: read = '' } = on.units[unit] ?? {}
    if (!file) return read === '' || read === unitPath(unit) ? null : stranger
    return readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)
  },

  ownedBy: (on, { unit }) => (on.files[unitPath(unit)] ? '' : on.units[unit]?.FragmentPath) || unitPath(unit),

  checks(want, on, at, host) {
    const { name, needs } = supervisorOf(on)
    if (needs.some(program => on.missing.includes(program))) {
      return [
        {
          link: 'programs',
          host,
          status: 'fail',
          code: 'no-supervisor',
          what: `${host} runs no ${name}, and nothing else keeps a tunnel's ssh running there`,
          cure: `let a host that runs ${name} be the client`,
        },
      ]
    }
    const isRunning = service.observe(on, { ...at, disabled: undefined })?.active
    if (at.disabled && ['inactive', 'failed'].includes(on.units[at.unit]?.ActiveState ?? 'inactive'))
      return [asWritten(on, at, host), leftToHand(on, at, host), ...comesBack(want, on, at, host)]
    const runs = ok({ link: 'service runs', host }, `${at.unit} runs on ${host}`)
    return [asWritten(on, at, host), isRunning ? runs : notRunning(on, at, host), ...comesBack(want, on, at, host)]
  },

  explain: (_want, { unit, text, disabled }) => ({
    what: unitPath(unit),
    why: disabled
      ? `keeps ssh running from when somebody says systemctl start ${unit}, until systemctl stop`
      : 'keeps ssh running: at boot, and whenever it ends',
    lines: explainUnit(text, !disabled),
  }),
}

/** What the next boot will make of it. */
function comesBack(want: Wanted<Service>, on: Snapshot, at: ServiceAt, host: string): Check[] {
  const have = service.observe(on, at)
  if (!have || !on.files[unitPath(at.unit)]) return []
  const asked = { link: 'comes back', host } as const
  const what = `${at.unit} on ${host} ${have.enabled ? 'starts' : 'does not start'} at boot`
  if (have.enabled === want.enabled) return [ok(asked, what)]
  return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true, goesOn: true }]
}

/** Of one that somebody starts by hand: that it does not run is no fault, that it is not there is one. */
function leftToHand(on: Snapshot, { unit }: ServiceAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  if (on.files[unitPath(unit)])
    return ok(asked, `${unit} on ${host} does not run, as it should: enabled: false; systemctl start starts it by hand`)
  return {
    ...asked,
    status: 'fail',
    code: 'not-converged',
    what: `${unit} is not on ${host}`,
    cure: 'deploy',
    mends: true,
  }
}

function notRunning(on: Snapshot, { unit }: ServiceAt, host: string): Check {
  const { ActiveState: active, UnitFileState: file } = on.units[unit] ?? {}
  const asked = { link: 'service runs', host } as const
  if (active === 'activating') {
    const what = `${unit} on ${host} is between two tries: its ssh does not run just now`
    return { ...asked, status: 'unknown', what, cure: `see what ssh says: journalctl -u ${unit} on ${host}` }
  }
  const evidence = active && `systemd says ${[active, file].filter(Boolean).join(', ')}`
  const what = `${unit} does not run on ${host}`
  return {
    ...asked,
    status: 'fail',
    code: 'not-listening',
    what,
    evidence,
    cure: 'deploy',
    mends: true,
  }
}

/** What somebody has changed of the unit's own file, or added beside it. */
function asWritten(on: Snapshot, at: ServiceAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  const changed = findChange(on, at)
  const others = supervisorOf(on).others(on, at)
  if (changed) {
    const what = `${at.unit} on ${host} ${changed.how}`
    return {
      ...asked,
      status: 'fail',
      code: 'not-converged',
      what,
      evidence: changed.lines.join('\n'),
      cure: 'deploy',
      mends: true,
    }
  }
  if (others.length === 0) return ok(asked, `${at.unit} on ${host} is as it was written`)
  const what = `somebody else changes ${at.unit} on ${host}`
  return {
    ...asked,
    status: 'fail',
    code: 'not-converged',
    what,
    evidence: others.join('\n'),
    cure: `remove ${others.join(', ')} on ${host}, and deploy`,
    mends: true,
  }
}

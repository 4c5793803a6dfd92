// What runs the tunnel's ssh on the client and brings it back.
import type { Service } from '../../../schemas/types'
import { type Check, ok } from '../check'
import { isMarked, readMark } from '../mark'
import { type Part, type Step, stranger, type Wanted } from '../part'
import type { Snapshot } from '../snapshot'
import { isSystemd, othersThan, serviceFile, stateOf, supervisorOf } from './choose'
import { explainScript } from './script-reasons'
import type { ServiceAt } from './supervisor'
import { findChange } from './unit-change'
import { explainUnit, ofUsers } from './unit-reasons'

export { nameOf, serviceFile, stateOf, textFor } from './choose'
export type { ServiceAt } from './supervisor'

/** ssh is ended and begun anew. */
export const startAnew = (at: ServiceAt): Step[] => supervisorOf(at).startAnew(at)

/** Of those that may have kept it before another was chosen, or named. */
const former = (on: Snapshot, at: ServiceAt) =>
  othersThan(at).flatMap(supervisor => {
    const have = supervisor.observe(on, at)
    return have ? [{ supervisor, have }] : []
  })

/** Stands behind the value where another keeps one of the same name too. */
const beside = ' (and '

export const service: Part<Service, ServiceAt> = {
  kind: 'service',
  needs: ['ssh'],

  observe(on, at) {
    const have = supervisorOf(at).observe(on, at)
    const [other] = former(on, at)
    if (!have || !other) return have ?? other?.have ?? null
    return {
      ...have,
      unitSha256: `${have.unitSha256}${beside}${other.supervisor.calls(at.unit)} of ${other.have.supervisor})`,
    }
  },

  plan(want, have, on, at) {
    const supervisor = supervisorOf(at)
    const isMixed = have !== null && (have.supervisor !== supervisor.name || have.unitSha256.includes(beside))
    if (!isMixed) return supervisor.plan(want, have, on, at)
    return [
      ...former(on, at).flatMap(one => one.supervisor.plan(null, one.have, on, at)),
      ...supervisor.plan(want, supervisor.observe(on, at), on, at),
    ]
  },

  owner(on, at) {
    const { unit } = at
    const file = serviceFile(on, unit)
    // Of a file that is gone by hand systemd remembers where it was.
    const { FragmentPath: read = '' } = on.units[unit] ?? {}
    if (!file) return read === '' || read === supervisorOf(at).path(unit) ? null : stranger
    return readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)
  },

  ownedBy: (on, at) =>
    [supervisorOf(at), ...othersThan(at)].map(one => one.path(at.unit)).find(path => on.files[path]) ??
    (on.units[at.unit]?.FragmentPath || supervisorOf(at).path(at.unit)),

  checks(want, on, at, host) {
    const lacks = lacking(on, at, host)
    if (lacks) return [lacks]
    const isRunning = service.observe(on, { ...at, disabled: undefined })?.active
    if (at.disabled && ['inactive', 'failed'].includes(stateOf(on, at.unit) ?? 'inactive'))
      return [asWritten(on, at, host), leftToHand(on, at, host), ...comesBack(want, on, at, host)]
    const runs = ok({ link: 'service runs', host }, `${calledOf(at)} runs on ${host}`)
    return [asWritten(on, at, host), isRunning ? runs : notRunning(on, at, host), ...comesBack(want, on, at, host)]
  },

  explain(_want, at) {
    const { path, by } = supervisorOf(at)
    const start = by('start', at.unit)
    const stop = by('stop', at.unit)
    const boots = at.supervisor === 'pidfile' ? `from ${start} on, which no boot says` : 'at boot'
    return {
      what: path(at.unit),
      why: at.disabled
        ? `keeps ssh running from when somebody says ${start}, until ${stop}`
        : `keeps ssh running: ${boots}, and whenever it ends`,
      lines: [
        ...(isSystemd(at.supervisor ?? 'systemd') ? explainUnit(at.text, !at.disabled) : explainScript(at.text)),
        ...(at.supervisor === 'systemd-user' ? ofUsers : []),
      ],
    }
  },
}

const calledOf = (at: ServiceAt) => supervisorOf(at).calls(at.unit)

function lacking(on: Snapshot, at: ServiceAt, host: string): Check | null {
  const { name, title, needs } = supervisorOf(at)
  const asked = { link: 'programs', host, status: 'fail' } as const
  const runs = supervisorOf({ supervisor: on.supervisor })
  if (name === 'systemd-user') return lackingForUser(on, at, host)
  const isThere =
    name === 'pidfile' || (name === runs.name && !(name === 'systemd' && on.missing.includes('systemctl')))
  if (!isThere) {
    return {
      ...asked,
      code: 'no-supervisor',
      what: `${host} runs no ${title}, which is to keep the tunnel's ssh running there`,
      evidence:
        name === runs.name
          ? undefined
          : runs.name === 'pidfile'
            ? 'no init of those that we know runs there'
            : `${runs.title} runs there`,
      cure: `leave supervisor out: then what runs on ${host} is taken`,
    }
  }
  const missing = needs.filter(program => on.missing.includes(program))
  if (name === 'systemd' || missing.length === 0) return null
  return {
    ...asked,
    code: 'missing-program',
    what: `${host} lacks ${missing.join(', ')}, which keep ssh running there without systemd`,
    cure: `install them on ${host} (util-linux; on Alpine setpriv and util-linux-misc)`,
  }
}

/** Before anything is touched: what would end with the login that has started it is no tunnel. */
function lackingForUser(on: Snapshot, at: ServiceAt, host: string): Check | null {
  const asked = { link: 'programs', host, status: 'fail', code: 'no-supervisor' } as const
  const cure = 'set become: sudo (or doas), or log in as root: then what runs the host keeps the tunnel'
  if (on.missing.includes('systemctl')) {
    const runs = supervisorOf({ supervisor: on.supervisor }).title
    const evidence = on.supervisor === 'pidfile' ? 'no init of those that we know runs there' : `${runs} runs there`
    return { ...asked, what: `${host} runs no systemd, and only that keeps a service of a user's own`, evidence, cure }
  }
  if (at.disabled || on.lingering !== 'no') return null
  const what = `on ${host} what ${on.user} runs ends with his last login, and he may not change that himself`
  return {
    ...asked,
    what,
    evidence: 'lingering is off',
    cure: `have root say there: loginctl enable-linger ${on.user}`,
  }
}

/** What the next boot will make of it. */
function comesBack(want: Wanted<Service>, on: Snapshot, at: ServiceAt, host: string): Check[] {
  const have = service.observe(on, at)
  if (!have || !serviceFile(on, at.unit)) return []
  const asked = { link: 'comes back', host } as const
  const why =
    at.supervisor === 'pidfile' ? `: who starts ${host} has to say ${supervisorOf(at).by('start', at.unit)}` : ''
  const what = `${calledOf(at)} on ${host} ${have.enabled ? 'starts' : 'does not start'} at boot${have.enabled ? '' : why}`
  if (have.enabled === want.enabled) return [ok(asked, what)]
  return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true, goesOn: true }]
}

/** Of one that somebody starts by hand: that it does not run is no fault, that it is not there is one. */
function leftToHand(on: Snapshot, at: ServiceAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  const unit = calledOf(at)
  if (serviceFile(on, at.unit)) {
    const start = supervisorOf(at).by('start', at.unit)
    return ok(asked, `${unit} on ${host} does not run, as it should: enabled: false; ${start} starts it by hand`)
  }
  return {
    ...asked,
    status: 'fail',
    code: 'not-converged',
    what: `${unit} is not on ${host}`,
    cure: 'deploy',
    mends: true,
  }
}

function notRunning(on: Snapshot, at: ServiceAt, host: string): Check {
  const active = stateOf(on, at.unit)
  const { UnitFileState: file } = on.units[at.unit] ?? {}
  const unit = calledOf(at)
  const asked = { link: 'service runs', host } as const
  if (active === 'activating') {
    const what = `${unit} on ${host} is between two tries: its ssh does not run just now`
    return {
      ...asked,
      status: 'unknown',
      what,
      cure: `see what ssh says: ${supervisorOf(at).by('logs', at.unit)} on ${host}`,
    }
  }
  const evidence =
    active && !on.services[at.unit] ? `systemd says ${[active, file].filter(Boolean).join(', ')}` : undefined
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
  const others = supervisorOf(at).others(on, at)
  const unit = calledOf(at)
  if (changed) {
    const what = `${unit} on ${host} ${changed.how}`
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
  if (others.length === 0) return ok(asked, `${unit} on ${host} is as it was written`)
  const what = `somebody else changes ${unit} on ${host}`
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

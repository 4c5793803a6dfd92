// What runs the tunnel's ssh on the client and brings it back.
import type { Service } from '../../../schemas/types'
import { ok } from '../check'
import { isMarked, readMark } from '../mark'
import { type Part, type Step, stranger } from '../part'
import { unitPath } from '../paths'
import type { Snapshot } from '../snapshot'
import type { ServiceAt, Supervisor } from './supervisor'
import { systemd } from './systemd'
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
  plan: (want, have, on, at) => supervisorOf(on).plan(want, have, at),

  owner(on, { unit }) {
    const file = on.files[unitPath(unit)]
    // Of a file that is gone by hand systemd remembers where it was.
    const { FragmentPath: read = '' } = on.units[unit] ?? {}
    if (!file) return read === '' || read === unitPath(unit) ? null : stranger
    return readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)
  },

  ownedBy: (on, { unit }) => (on.files[unitPath(unit)] ? '' : on.units[unit]?.FragmentPath) || unitPath(unit),

  checks(_want, on, at, host) {
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
    const asked = { link: 'service runs', host } as const
    if (service.observe(on, at)?.active) return [ok(asked, `${at.unit} runs on ${host}`)]
    const what = `${at.unit} does not run on ${host}`
    return [{ ...asked, status: 'fail', code: 'not-listening', what, cure: 'deploy', mends: true }]
  },

  explain: (_want, { unit, text }) => ({
    what: unitPath(unit),
    why: 'keeps ssh running: at boot, and whenever it ends',
    lines: explainUnit(text),
  }),
}

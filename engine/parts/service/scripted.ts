// A script of ours that keeps ssh running where systemd does not: OpenRC's, sysvinit's, or with a pid file alone.
import { type Step, sha256 } from '../part'
import { initScript, nameWithout, ownScript, tunnelOfUnit } from '../paths'
import type { HostFile, Snapshot, SupervisorName } from '../snapshot'
import type { ServiceAt, Supervisor } from './supervisor'

const openrcRuns = '#!/sbin/openrc-run'

interface Kind {
  readonly name: Exclude<SupervisorName, 'systemd' | 'systemd-user'>
  readonly title: string
  readonly path: Supervisor['path']
  /** By its first line: two have their scripts in one folder. */
  isIts(text: string): boolean
  readonly startsAtBoot: boolean
  readonly start: (unit: string) => string
}

function scripted({ name, title, path, isIts, startsAtBoot, start }: Kind): Supervisor {
  const step = (why: string, phase: Step['phase'], verb: string, { unit }: ServiceAt, content?: string): Step => ({
    why,
    phase,
    verb,
    args: [name, tunnelOfUnit(unit)],
    ...(content === undefined ? {} : { content }),
  })
  const fileOf = (on: Snapshot, unit: string): HostFile | undefined => {
    const file = on.files[path(unit)]
    return file && isIts(file.text) ? file : undefined
  }
  const self: Supervisor = {
    name,
    title,
    needs: ['flock', 'mkfifo', 'setpriv', 'setsid'],
    calls: unit => (name === 'pidfile' ? path(unit) : nameWithout(unit)),
    path,
    by: (verb, unit) => (verb === 'logs' ? `less /var/log/${nameWithout(unit)}.log` : `${start(unit)} ${verb}`),

    observe(on, at) {
      const file = fileOf(on, at.unit)
      const seen = on.services[at.unit]
      const isLinked = seen?.startedBy === name
      // It runs on, and its link for the next boot stays, when somebody removed only the script; whose it was nobody tells then.
      const isLeft = !on.files[path(at.unit)] && seen !== undefined && seen.state !== 'inactive'
      if (!file && !isLinked && !(isLeft && (at.supervisor ?? on.supervisor) === name)) return null
      return {
        supervisor: name,
        unit: self.calls(at.unit),
        unitSha256: file ? sha256(file.text) + oddityOf(file) : 'no file',
        // Between two tries, where only others can mend why.
        active: at.disabled
          ? null
          : seen?.state === 'active' || (at.hangsOnOthers === true && seen?.state === 'activating'),
        enabled: file !== undefined && isLinked,
      }
    },

    others: () => [],

    plan(want, have, _on, at) {
      const called = self.calls(at.unit)
      if (!want) return have ? [step(`stop and remove ${called}`, 'stop', 'service_remove', at)] : []
      const changed = have?.unitSha256 !== want.unitSha256
      const isWrong = have !== null && have.enabled !== want.enabled
      return [
        ...(changed ? [step(`write ${path(at.unit)}`, 'units', 'service_put', at, at.text)] : []),
        ...(at.disabled && have && (changed || isWrong)
          ? [
              {
                ...step(
                  `stop ${called}${have.enabled ? ', and start it at boot no more' : ''}`,
                  'stop',
                  'service_disable',
                  at,
                ),
                cuts: 'it is disabled',
              },
            ]
          : []),
        ...(!at.disabled && startsAtBoot && !have?.enabled
          ? [step(`start ${called} at boot`, 'units', 'service_enable', at)]
          : []),
        ...(!at.disabled && (changed || !have?.active) ? self.startAnew(at) : []),
      ]
    },

    startAnew: at => [
      { ...step(`start ${self.calls(at.unit)}`, 'start', 'service_start', at), cuts: 'ssh is begun anew' },
    ],
  }
  return self
}

/** Only root may write it, and everybody may run it, as we make it. */
const oddityOf = ({ mode, owner }: HostFile): string =>
  mode === '755' && owner === 'root:root' ? '' : ` (mode ${mode}, owner ${owner})`

export const openrc = scripted({
  name: 'openrc',
  title: 'OpenRC',
  path: initScript,
  isIts: text => text.startsWith(openrcRuns),
  startsAtBoot: true,
  start: unit => `rc-service ${nameWithout(unit)}`,
})

export const sysvinit = scripted({
  name: 'sysvinit',
  title: 'sysvinit',
  path: initScript,
  isIts: text => !text.startsWith(openrcRuns),
  startsAtBoot: true,
  start: initScript,
})

export const pidfile = scripted({
  name: 'pidfile',
  title: 'a pid file',
  path: ownScript,
  isIts: () => true,
  startsAtBoot: false,
  start: ownScript,
})

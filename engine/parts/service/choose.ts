// Which supervisor keeps a tunnel's ssh, and what it has of it. The registry: a new one is one line here.
import type { HostFile, Snapshot, SupervisorName } from '../snapshot'
import { scriptText } from './script-text'
import { openrc, pidfile, sysvinit } from './scripted'
import type { ServiceAt, Supervisor } from './supervisor'
import { systemd, systemdUser } from './systemd'
import type { UnitPlan } from './unit-plan'
import { unitText } from './unit-text'

const all: Readonly<Record<SupervisorName, Supervisor>> = {
  systemd,
  'systemd-user': systemdUser,
  openrc,
  sysvinit,
  pidfile,
}

export const supervisorOf = ({ supervisor = 'systemd' }: Pick<ServiceAt, 'supervisor'>): Supervisor => all[supervisor]

/** Those that it is not, which may have kept it before. What is root's a user cannot change, and what is a user's root does not look for. */
export const othersThan = (at: ServiceAt): Supervisor[] =>
  at.supervisor === 'systemd-user'
    ? []
    : Object.values(all).filter(one => one !== supervisorOf(at) && one !== systemdUser)

export const isSystemd = (supervisor: SupervisorName): supervisor is 'systemd' | 'systemd-user' =>
  supervisor === 'systemd' || supervisor === 'systemd-user'

/** Only systemd makes a folder for a control socket: elsewhere a change begins ssh anew. */
export const textFor = (supervisor: SupervisorName, plan: UnitPlan): string =>
  isSystemd(supervisor) ? unitText(plan) : scriptText(supervisor, { ...plan, isAlterable: false })

/** What stands of it, whoever keeps it. */
export const serviceFile = (on: Snapshot, unit: string): HostFile | undefined =>
  Object.values(all)
    .map(one => on.files[one.path(unit)])
    .find(file => file !== undefined)

/** In systemd's words, whoever keeps it; undefined where it is not known at all. */
export const stateOf = (on: Snapshot, unit: string): string | undefined =>
  on.services[unit]?.state ?? on.units[unit]?.ActiveState

/** What one calls the service there. */
export const nameOf = (supervisor: SupervisorName, unit: string): string => supervisorOf({ supervisor }).calls(unit)

// systemd: a unit file that is enabled and runs.
import { oddity, sha256 } from '../part'
import { unitPath } from '../paths'
import type { Unit } from '../snapshot'
import type { Supervisor } from './supervisor'

/** Foreign drop-ins of this unit or of all our units; those of every service (service.d) are the distribution's. */
const dropInsOf = (unit: string, shown: Unit): string[] =>
  (shown.DropInPaths ?? '')
    .split(' ')
    .filter(path => path.includes(`/${unit}.d/`) || path.includes('/tunnel-.service.d/'))

/** systemd runs an older text than the file's, which is right. */
const notReloaded = (shown: Unit) => (shown.NeedDaemonReload === 'yes' ? ' (not reloaded)' : '')

const isThere = (shown: Unit) =>
  shown.LoadState === 'loaded' || !['inactive', 'failed'].includes(shown.ActiveState ?? 'inactive')

export const systemd: Supervisor = {
  name: 'systemd',
  title: 'systemd',
  needs: ['systemctl'],
  calls: unit => unit,
  path: unitPath,
  by: (verb, unit) => (verb === 'logs' ? `journalctl -u ${unit}` : `systemctl ${verb} ${unit}`),

  observe(on, at) {
    const file = on.files[unitPath(at.unit)]
    const shown = on.units[at.unit] ?? {}
    // A unit runs on, and its link for the next boot stays, when somebody removed only the file.
    if (!file && !isThere(shown) && !on.wantedUnits.includes(at.unit)) return null
    const oddities = [
      file ? oddity(file) : '',
      ...dropInsOf(at.unit, shown).map(path => ` (with ${path})`),
      file?.text === at.text ? notReloaded(shown) : '',
    ]
    return {
      supervisor: 'systemd',
      unit: at.unit,
      unitSha256: (file ? sha256(file.text) : 'no file') + oddities.join(''),
      active: at.disabled ? null : shown.ActiveState === 'active',
      // The link itself: what systemd says of it is from when it last read its units.
      enabled: file !== undefined && on.wantedUnits.includes(at.unit) && shown.UnitFileState !== 'masked',
    }
  },

  others: (on, { unit }) => dropInsOf(unit, on.units[unit] ?? {}),

  plan(want, have, at) {
    if (!want) {
      return have ? [{ why: `stop and remove ${at.unit}`, phase: 'stop', verb: 'unit_remove', args: [at.unit] }] : []
    }
    const changed = have?.unitSha256 !== want.unitSha256
    return [
      ...(changed
        ? [
            {
              why: `write ${at.unit}`,
              phase: 'units',
              verb: 'unit_put',
              args: [unitPath(at.unit)],
              content: at.text,
            } as const,
          ]
        : []),
      // A link for the boot may stand without what it links to.
      ...(at.disabled && have && (have.enabled || changed)
        ? [
            {
              why: `stop ${at.unit}${have.enabled ? ', and start it at boot no more' : ''}`,
              phase: 'stop',
              verb: 'unit_disable',
              args: [at.unit],
            } as const,
          ]
        : []),
      ...(at.disabled || have?.enabled
        ? []
        : [{ why: `start ${at.unit} at boot`, phase: 'units', verb: 'unit_enable', args: [at.unit] } as const]),
      ...(!at.disabled && (changed || !have?.active) ? systemd.startAnew(at) : []),
    ]
  },

  startAnew: ({ unit }) => [{ why: `start ${unit}`, phase: 'start', verb: 'unit_start', args: [unit] }],
}

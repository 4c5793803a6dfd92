// systemd: a unit file that is enabled and runs.
import type { Service } from '../../../schemas/types'
import { oddity, type Step, sha256 } from '../part'
import { unitPath } from '../paths'
import type { Snapshot, Unit } from '../snapshot'
import { alterations } from './alter'
import type { ServiceAt, Supervisor } from './supervisor'

/** Foreign drop-ins of this unit or of all our units; those of every service (service.d) are the distribution's. */
const dropInsOf = (unit: string, shown: Unit): string[] =>
  (shown.DropInPaths ?? '')
    .split(' ')
    .filter(path => path.includes(`/${unit}.d/`) || path.includes('/tunnel-.service.d/'))

/** systemd runs an older text than the file's, which is right. */
const notReloaded = (shown: Unit) => (shown.NeedDaemonReload === 'yes' ? ' (not reloaded)' : '')

const isActive = ({ hangsOnOthers }: ServiceAt, { ActiveState: state }: Unit): boolean =>
  state === 'active' || (hangsOnOthers === true && state === 'activating')

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
      active: at.disabled ? null : isActive(at, shown),
      // The link itself: what systemd says of it is from when it last read its units.
      enabled: file !== undefined && on.wantedUnits.includes(at.unit) && shown.UnitFileState !== 'masked',
    }
  },

  others: (on, { unit }) => dropInsOf(unit, on.units[unit] ?? {}),

  plan(want, have, on, at) {
    if (!want) {
      const remove = { why: `stop and remove ${at.unit}`, phase: 'stop', verb: 'unit_remove', args: [at.unit] } as const
      return have ? [remove] : []
    }
    const changed = have?.unitSha256 !== want.unitSha256
    const orders = changed && have?.active ? alteredBy(have, on, at) : null
    return [
      ...(changed && orders === null ? [put(at)] : []),
      // A link for the boot may stand without what it links to.
      ...(at.disabled && have && (have.enabled || changed) ? [disable(have, at)] : []),
      ...(at.disabled || have?.enabled
        ? []
        : [{ why: `start ${at.unit} at boot`, phase: 'units', verb: 'unit_enable', args: [at.unit] } as const]),
      ...(orders === null
        ? !at.disabled && (changed || !have?.active)
          ? systemd.startAnew(at)
          : []
        : alter(orders, at)),
    ]
  },

  startAnew: ({ unit }) => [
    { why: `start ${unit}`, phase: 'start', verb: 'unit_start', args: [unit], cuts: 'ssh is begun anew' },
  ],
}

const put = ({ unit, text }: ServiceAt): Step => ({
  why: `write ${unit}`,
  phase: 'units',
  verb: 'unit_put',
  args: [unitPath(unit)],
  content: text,
})

const disable = ({ enabled }: Service, { unit }: ServiceAt): Step => ({
  why: `stop ${unit}${enabled ? ', and start it at boot no more' : ''}`,
  phase: 'stop',
  verb: 'unit_disable',
  args: [unit],
  cuts: 'it is disabled',
})

/** What its ssh is told of the change while it runs; null where it has to begin anew. */
function alteredBy({ unitSha256 }: Service, on: Snapshot, { unit, text, disabled }: ServiceAt): string | null {
  const have = on.files[unitPath(unit)]?.text
  // With an oddity it is not what systemd runs.
  return have === undefined || disabled || unitSha256 !== sha256(have) ? null : alterations(have, text)
}

const alter = (orders: string, { unit, text }: ServiceAt): Step[] => [
  {
    why: `change ${unit}, and its ssh goes on`,
    phase: 'units',
    verb: 'unit_alter',
    args: [unitPath(unit), orders],
    content: text,
  },
  { why: `start ${unit} where its ssh could not go on`, phase: 'start', verb: 'unit_continue', args: [unit] },
]

// systemd, the host's or a user's own: a unit file that is enabled and runs.
import type { Service } from '../../../schemas/types'
import { oddity, type Step, sha256 } from '../part'
import { unitPath, userUnitPath } from '../paths'
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

interface Kind extends Pick<Supervisor, 'title' | 'path' | 'by'> {
  readonly name: 'systemd' | 'systemd-user'
  /** Whether what it is to start at boot is started then. */
  startsAtBoot(on: Snapshot): boolean
}

const systemdOf = ({ name, title, path, by, startsAtBoot }: Kind): Supervisor => {
  const self: Supervisor = {
    name,
    title,
    needs: ['systemctl'],
    calls: unit => unit,
    path,
    by,

    observe(on, at) {
      const file = on.files[path(at.unit)]
      const shown = on.units[at.unit] ?? {}
      // A unit runs on, and its link for the next boot stays, when somebody removed only the file.
      if (!file && !isThere(shown) && !on.wantedUnits.includes(at.unit)) return null
      const oddities = [
        file ? oddity(file) : '',
        ...dropInsOf(at.unit, shown).map(path => ` (with ${path})`),
        file?.text === at.text ? notReloaded(shown) : '',
      ]
      return {
        supervisor: name,
        unit: at.unit,
        unitSha256: (file ? sha256(file.text) : 'no file') + oddities.join(''),
        active: at.disabled ? null : isActive(at, shown),
        // The link itself: what systemd says of it is from when it last read its units.
        enabled:
          file !== undefined &&
          on.wantedUnits.includes(at.unit) &&
          shown.UnitFileState !== 'masked' &&
          startsAtBoot(on),
      }
    },

    others: (on, { unit }) => dropInsOf(unit, on.units[unit] ?? {}),

    plan(want, have, on, at) {
      if (!want) {
        const remove = {
          why: `stop and remove ${at.unit}`,
          phase: 'stop',
          verb: 'unit_remove',
          args: [at.unit],
        } as const
        return have ? [remove] : []
      }
      const changed = have?.unitSha256 !== want.unitSha256
      const orders = changed && have?.active ? alteredBy(have, on.files[path(at.unit)]?.text, at) : null
      return [
        ...(changed && orders === null ? [put(at, path)] : []),
        // A link for the boot may stand without what it links to.
        ...(at.disabled && have && (have.enabled || changed) ? [disable(have, at)] : []),
        ...(at.disabled || have?.enabled || startsAtBoot(on) ? [] : [linger(at)]),
        ...(at.disabled || have?.enabled
          ? []
          : [{ why: `start ${at.unit} at boot`, phase: 'units', verb: 'unit_enable', args: [at.unit] } as const]),
        ...(orders === null
          ? !at.disabled && (changed || !have?.active)
            ? self.startAnew(at)
            : []
          : alter(orders, at, path)),
      ]
    },

    startAnew: ({ unit }) => [
      { why: `start ${unit}`, phase: 'start', verb: 'unit_start', args: [unit], cuts: 'ssh is begun anew' },
    ],
  }
  return self
}

export const systemd = systemdOf({
  name: 'systemd',
  title: 'systemd',
  path: unitPath,
  by: (verb, unit) => (verb === 'logs' ? `journalctl -u ${unit}` : `systemctl ${verb} ${unit}`),
  startsAtBoot: () => true,
})

/** A user's units run while he is logged in, or lingers. */
export const systemdUser = systemdOf({
  name: 'systemd-user',
  title: "systemd for a user's own services",
  path: userUnitPath,
  by: (verb, unit) => (verb === 'logs' ? `journalctl --user-unit ${unit}` : `systemctl --user ${verb} ${unit}`),
  startsAtBoot: ({ lingering }) => lingering === 'on',
})

const put = ({ unit, text }: ServiceAt, path: Supervisor['path']): Step => ({
  why: `write ${unit}`,
  phase: 'units',
  verb: 'unit_put',
  args: [path(unit)],
  content: text,
})

/** Also where it is on in the end: who has switched it on meanwhile does no harm. */
const linger = ({ unit }: ServiceAt): Step => ({
  why: `let ${unit} run while its user is not logged in`,
  phase: 'make',
  verb: 'linger_on',
  args: [],
})

const disable = ({ enabled }: Service, { unit }: ServiceAt): Step => ({
  why: `stop ${unit}${enabled ? ', and start it at boot no more' : ''}`,
  phase: 'stop',
  verb: 'unit_disable',
  args: [unit],
  cuts: 'it is disabled',
})

/** What its ssh is told of the change while it runs; null where it has to begin anew. */
function alteredBy({ unitSha256 }: Service, have: string | undefined, { text, disabled }: ServiceAt): string | null {
  // With an oddity it is not what systemd runs.
  return have === undefined || disabled || unitSha256 !== sha256(have) ? null : alterations(have, text)
}

const alter = (orders: string, { unit, text }: ServiceAt, path: Supervisor['path']): Step[] => [
  {
    why: `change ${unit}, and its ssh goes on`,
    phase: 'units',
    verb: 'unit_alter',
    args: [path(unit), orders],
    content: text,
  },
  { why: `start ${unit} where its ssh could not go on`, phase: 'start', verb: 'unit_continue', args: [unit] },
]

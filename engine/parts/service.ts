// The systemd unit on the client that runs ssh and brings it back.
import type { Service } from '../../schemas/types'
import { oddity, type Part } from './part'
import { unitPath } from './paths'
import { sha256 } from './sshd'

export interface ServiceAt {
  readonly unit: string
  /** What the unit file should say. */
  readonly text: string
}

export const service: Part<Service, ServiceAt> = {
  kind: 'service',

  observe(on, at) {
    const file = on.files[unitPath(at.unit)]
    if (!file) return null
    const shown = on.units[at.unit] ?? {}
    return {
      unit: at.unit,
      unitSha256: sha256(file.text) + oddity(file),
      active: shown.ActiveState === 'active',
      enabled: shown.UnitFileState === 'enabled',
    }
  },

  plan(want, have, _on, at) {
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
      ...(have?.enabled
        ? []
        : [{ why: `start ${at.unit} at boot`, phase: 'start', verb: 'unit_enable', args: [at.unit] } as const]),
      ...(changed || !have?.active
        ? [{ why: `start ${at.unit}`, phase: 'start', verb: 'unit_start', args: [at.unit] } as const]
        : []),
    ]
  },
}

// What systemd knows of units that make way for ours: whether one can be stopped, started again, and kept from coming back.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { scripts } from '../remote/texts'

export interface OldUnits {
  /** Timers that wait to put a unit back: a taking over is under way, or was ended in its middle. */
  readonly waiting: readonly string[]
  /** Properties of systemd.unit(5), by the unit's name. */
  readonly units: ReadonlyMap<string, Readonly<Record<string, string>>>
}

/** Throws a Fault where the host cannot be asked. */
export async function readUnits(host: Host, units: readonly string[]): Promise<OldUnits> {
  const { code, stdout, stderr } = await (await connect(host)).run(scripts.units, units)
  const found = code === 0 ? parseUnits(stdout) : null
  if (found) return found
  const what = `cannot read what systemd knows on ${host.name}`
  throw new Fault({ code: 'look-failed', host: host.name, what, script: 'units', exitStatus: code, stderr })
}

/** Null for what is no whole answer. */
export function parseUnits(text: string): OldUnits | null {
  const lines = text.trimEnd().split('\n')
  if (lines.pop() !== 'end') return null
  const waiting: string[] = []
  const units = new Map<string, Record<string, string>>()
  let unit: Record<string, string> = {}
  for (const line of lines) {
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (key === 'Waits') waiting.push(value)
    else if (key === 'Unit') {
      unit = {}
      units.set(value, unit)
    } else unit[key] = value
  }
  return { waiting, units }
}

/** How systemd has a unit's file: it comes back at a boot by `systemctl enable` alone, or not at all. */
const plainStates = ['enabled', 'enabled-runtime', 'disabled', 'linked', 'static']

/**
 * Why this unit cannot make way, and what to do; null when it can. `pids`: the ssh processes that it may run. A unit that runs others too would
 * end with them; one that others start would come back beside ours.
 */
export function whyNotReplaced(unit: Readonly<Record<string, string>>, pids: readonly number[]): string | null {
  const { LoadState = '', UnitFileState: state = '', MainPID = '0', TriggeredBy, CanStart, CanStop } = unit
  if (LoadState !== 'loaded') return `is ${LoadState || 'unknown'} to systemd, which could not start it again`
  if (CanStart === 'no' || CanStop === 'no') return 'may not be stopped or started by hand'
  if (!plainStates.includes(state))
    return `is ${state || 'of no file'}, so that it could not be started again as it was`
  const processes = (unit.Processes ?? '').split(' ').filter(Boolean).map(Number)
  const isAll = processes.length > 0 && processes.every(pid => pids.includes(pid))
  if (!pids.includes(Number(MainPID)) && !isAll) return 'runs other programs too, which would end with it'
  if (TriggeredBy) return `is started by ${TriggeredBy}, which would start it again beside ours: disable that first`
  const starters = [unit.WantedBy, unit.RequiredBy, unit.UpheldBy].join(' ').split(' ').filter(Boolean)
  const others = starters.filter(one => !(state.startsWith('enabled') && one.endsWith('.target')))
  if (others.length > 0)
    return `is started by ${others.join(', ')}, and would be again beside ours: take it out there first`
  return null
}

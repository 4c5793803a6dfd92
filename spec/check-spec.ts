// What is wrong with the whole spec although its shape is right: each finding at the place of the spec that it is about.

import { type Clash, checkTogether } from '../schemas/check-together'
import { checkHostAlone, checkSettings, checkTunnelAlone } from '../schemas/check-tunnel'
import { under } from '../schemas/finding'
import type { Spec } from '../schemas/types'
import { checkEngine } from './check-engine'
import { checkNames } from './check-names'
import type { Flaw, Path } from './flaw'
import { isUnknown } from './mend'
import type { Resolved } from './resolve'

export function* checkSpec(spec: Spec, resolved: Resolved): Generator<Flaw> {
  const { hosts, tunnels, middles } = resolved
  yield* checkEngine(spec, resolved)
  yield* checkNames(spec)
  // Jumps and the hosts of tunnels and middles are hosts of the spec: each is judged once, where it is written.
  for (const [name, host] of Object.entries(hosts)) yield* under(['hosts', name], checkHostAlone(host, isUnknown))
  for (const middle of middles) {
    for (const finding of checkSettings(middle, isUnknown)) {
      const path = ['hosts', middle.name, finding.path[0] === 'openPorts' ? 'firewall' : 'sshd', ...finding.path]
      // Of `extra` the keyword is wrong, unless the path goes on to one of its values.
      const at = finding.path[0] === 'extra' && finding.path.length === 2 ? 'key' : 'value'
      yield { ...finding, path, at }
    }
  }
  for (const tunnel of tunnels) yield* under(['tunnels', tunnel.name], checkTunnelAlone(tunnel, isUnknown))
  for (const clash of checkTogether(resolved, { isUnknown, namesTell: true })) yield atBoth(clash, resolved)
}

function atBoth(
  { type, path = [], beside = [], first, second, ...clash }: Clash,
  { tunnels, middles }: Resolved,
): Flaw {
  const placeOf = (index: number, within: Path): Path =>
    type === 'tunnels' ? ['tunnels', tunnels[index]?.name ?? '', ...within] : ['hosts', middles[index]?.name ?? '']
  return {
    ...clash,
    path: placeOf(second, path),
    beside: placeOf(first, beside),
    ...(type === 'middles' ? { at: 'key' } : {}),
  }
}

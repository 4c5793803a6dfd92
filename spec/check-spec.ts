// What is wrong with the whole spec although its shape is right: each finding at the place of the spec that it is about.

import { checkTogether } from '../schemas/check-together'
import { checkHostAlone, checkSettings, checkTunnelAlone } from '../schemas/check-tunnel'
import type { Clash } from '../schemas/clash'
import { under } from '../schemas/finding'
import { asOwn } from '../schemas/shared'
import type { Spec } from '../schemas/types'
import { checkEngine } from './check-engine'
import { checkNames } from './check-names'
import type { Flaw, Path } from './flaw'
import { isUnknown } from './mend'
import type { Resolved } from './resolve'

export function* checkSpec(spec: Spec, resolved: Resolved): Generator<Flaw> {
  const { hosts, declared, middles } = resolved
  yield* checkEngine(spec, resolved)
  yield* checkNames(spec, resolved)
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
  yield* checkConnectionNames(spec)
  for (const tunnel of declared)
    for (const finding of under(['tunnels', tunnel.name], checkTunnelAlone(asOwn(tunnel), isUnknown)))
      yield { ...finding, at: finding.code === 'same-label' ? 'key' : 'value' }
  const together = { tunnels: declared, middles }
  for (const clash of checkTogether(together, { isUnknown, namesTell: true })) yield atBoth(clash, resolved)
}

function atBoth(
  { type, path = [], beside, first, second, ...clash }: Clash,
  { declared: tunnels, middles }: Resolved,
): Flaw {
  const placeOf = (index: number, within: Path): Path =>
    type === 'tunnels' ? ['tunnels', tunnels[index]?.name ?? '', ...within] : ['hosts', middles[index]?.name ?? '']
  return {
    ...clash,
    path: placeOf(second, path),
    ...((beside || first !== second) && { beside: placeOf(first, beside ?? []) }),
    ...(type === 'middles' ? { at: 'key' } : {}),
  }
}

/** Of a connection that nobody shares there is none to be called. */
function* checkConnectionNames({ tunnels = {} }: Spec): Generator<Flaw> {
  for (const [name, { connection, connectionName }] of Object.entries(tunnels)) {
    if (connectionName === undefined || connection === 'shared') continue
    const message = 'connectionName is for a shared connection, and this tunnel has its own'
    const path = ['tunnels', name, 'connectionName']
    yield { path, code: 'no-connection', message, hint: 'connection: shared, or leave it out' }
  }
}

// What is wrong with the whole spec although its shape is right: each finding at the place of the spec that it is about.

import { type Clash, checkTogether } from '../schemas/check-together'
import { checkHost, checkMiddle, checkTunnel, type Finding } from '../schemas/check-tunnel'
import { under } from '../schemas/finding'
import type { Spec } from '../schemas/types'
import { checkEngine } from './check-engine'
import { checkNames } from './check-names'
import type { Flaw, Path } from './flaw'
import { isUnknown } from './mend'
import type { Resolved } from './resolve'

export function checkSpec(spec: Spec, resolved: Resolved): Flaw[] {
  const { hosts, tunnels, middles } = resolved
  return [
    ...checkEngine(spec, resolved),
    ...checkNames(spec),
    // Jumps and the hosts of tunnels and middles are hosts of the spec: each is judged once, where it is written.
    ...Object.entries(hosts).flatMap(([name, host]) =>
      under(
        ['hosts', name],
        ofItself(checkHost(host, isUnknown), path => path[0] === 'via' && path.length > 1),
      ),
    ),
    ...middles.flatMap(middle =>
      ofItself(checkMiddle(middle, isUnknown), path => path[0] === 'host').map(finding => ({
        ...finding,
        path: ['hosts', middle.name, finding.path[0] === 'openPorts' ? 'firewall' : 'sshd', ...finding.path],
      })),
    ),
    ...tunnels.flatMap(tunnel =>
      under(
        ['tunnels', tunnel.name],
        ofItself(
          checkTunnel(tunnel, isUnknown),
          path => ['client', 'server', 'probeFrom'].includes(String(path[0])) && path.length > 1,
        ),
      ),
    ),
    ...checkTogether(resolved, { isUnknown, namesTell: true }).map(clash => atBoth(clash, resolved)),
  ]
}

function atBoth({ type, argument, first, second, ...clash }: Clash, { tunnels, middles }: Resolved): Flaw {
  const placeOf = (index: number): Path =>
    type === 'tunnels'
      ? ['tunnels', tunnels[index]?.name ?? '', ...(argument ? [argument] : [])]
      : ['hosts', middles[index]?.name ?? '']
  return { ...clash, path: placeOf(second), beside: placeOf(first), ...(type === 'middles' ? { at: 'key' } : {}) }
}

function ofItself(findings: readonly Finding[], isElsewhere: (path: Path) => boolean): Finding[] {
  return findings.filter(({ path }) => !isElsewhere(path))
}

// What is wrong with the whole spec although its shape is right: each finding at the place of the spec that it is about.
import { checkHost, checkMiddle, checkTunnel, type Finding } from '../schemas/check-tunnel'
import { under } from '../schemas/finding'
import type { Spec } from '../schemas/types'
import { checkEngine } from './check-engine'
import { checkListeners } from './check-listeners'
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
          path => (path[0] === 'client' || path[0] === 'server') && path.length > 1,
        ),
      ),
    ),
    ...checkListeners(tunnels),
  ]
}

function ofItself(findings: readonly Finding[], isElsewhere: (path: Path) => boolean): Finding[] {
  return findings.filter(({ path }) => !isElsewhere(path))
}

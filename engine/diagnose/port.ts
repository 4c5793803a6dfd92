// Whether whoever is to listen may have that port: the lowest ones are root's (ip(7), ip_unprivileged_port_start). Pure.
import { loginId } from '../../schemas/machine'
import { isBound } from '../look/listeners'
import type { Look } from '../look/look'
import type { Check } from '../parts/check'
import { accountOf } from '../parts/paths'
import type { Snapshot } from '../parts/snapshot'
import { tunnelOf } from '../proof/prove'
import { isTcp } from '../wish/placed'

export interface Binding {
  readonly host: string
  readonly port: number
  /** As whom it binds. */
  readonly user: string
  /** Who binds it, for people. */
  readonly evidence: string
}

/** Linux' own, where the host does not tell. */
const usual = 1024

export function checkPrivileged({ host, port, user, evidence }: Binding, on: Snapshot | null): Check[] {
  const from = on?.health?.unprivilegedFrom ?? usual
  if (port >= from || user === 'root') return []
  return [
    {
      link: 'port free',
      host,
      status: 'fail',
      code: 'privileged-port',
      what: `${user} may not listen on port ${port} of ${host}: ports below ${from} are root's`,
      evidence: from === usual ? evidence : `${evidence}; net.ipv4.ip_unprivileged_port_start is ${from} on ${host}`,
      cure: `listen on a port from ${from}, or set net.ipv4.ip_unprivileged_port_start to ${port} or less on ${host}`,
    },
  ]
}

/** Of a tunnel of ours: its unit may have those below 1024. What listens already goes on until it is begun anew. */
export function checkPorts(look: Look): Check[] {
  const { name } = tunnelOf(look)
  return look.derived.listening
    .filter(isTcp)
    .filter(({ host, port, of }) => !look.away.has(loginId(host)) && (of.forward === 'remote' || port >= usual))
    .flatMap(listening => {
      const { host, port, of } = listening
      const evidence = `${of.forward === 'remote' ? 'sshd' : 'ssh'} binds it as the tunnel's own account`
      const goesOn = isBound(look, listening)
      const found = checkPrivileged({ host: host.name, port, user: accountOf(name), evidence }, look.snapshotOf(host))
      return found.map(check => ({ ...check, goesOn }))
    })
}

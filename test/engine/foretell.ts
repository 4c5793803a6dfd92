// What the checks say of hosts as a look finds them: healthy but for what a test tells otherwise.
import { Fault } from '../../engine/fault'
import { checksOf, refuse } from '../../engine/look/checks'
import { see } from '../../engine/look/look'
import { inChainOrder } from '../../engine/parts/check'
import { type Declared, hostsOf } from '../../engine/wish/declared'
import { loginId } from '../../schemas/machine'
import type { Middle, Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'

export const near = { name: 'near', local: true }
export const middle = { name: 'middle', address: '203.0.113.20' }
export const remote: Tunnel = {
  name: 'web',
  forward: 'remote',
  listen: '203.0.113.20:2110',
  far: 'far:22',
  client: near,
  server: middle,
}
export const local: Tunnel = { ...remote, forward: 'local', client: middle }

export const sshdConfig = { '/etc/ssh/sshd_config': ['Include /etc/ssh/sshd_config.d/*.conf'] }
export const healthy: CaseSnapshot = { files: sshdConfig, addresses: ['127.0.0.1', '203.0.113.20', '2001:db8::20'] }
export const listener = (address: string, port: number, program = 'nginx') => [
  { address, port, program, pid: 7, uid: 0 },
]

export const asTunnel = (input: Tunnel): Declared => ({ type: 'tunnel', input })
export const asMiddle = (input: Middle): Declared => ({ type: 'middle', input })

/** The code of the fault that the first failure is, or null; `on` tells the hosts, by name, where they differ from healthy ones. */
export function foretell(what: Tunnel | Declared, on: Record<string, CaseSnapshot> = {}): string | null {
  const declared = 'type' in what ? what : asTunnel(what)
  const snapshots = new Map(
    hostsOf(declared).map(host => {
      const unlike = { machine: host.name, hostKeys: ['ssh-ed25519 AAAAC3'] }
      return [loginId(host), snapshotOf({ ...healthy, ...unlike, ...on[host.name] })]
    }),
  )
  const checks = checksOf(see(declared, { snapshots, away: new Map() }))
  expect(inChainOrder(checks)).toEqual(checks)
  expect(checks.filter(({ status, cure }) => status !== 'ok' && !cure)).toEqual([])
  try {
    refuse(checks)
    return null
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    expect([fault.what, fault.cure, fault.host].every(Boolean)).toBe(true)
    return `${fault.code} on ${fault.host}`
  }
}

/** What a look shows of the tunnel where only middle is unlike a healthy host. */
export const seeOn = (on: CaseSnapshot, what = remote) =>
  see(asTunnel(what), {
    snapshots: new Map(
      [near, middle].map(host => [loginId(host), snapshotOf(host === middle ? { ...healthy, ...on } : healthy)]),
    ),
    away: new Map(),
  })

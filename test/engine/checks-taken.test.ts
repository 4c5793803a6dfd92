// A name, a port or an address that a tunnel wants and somebody else has.
import { checksOf } from '../../engine/look/checks'
import { see } from '../../engine/look/look'
import type { Snapshot } from '../../engine/parts/snapshot'
import { deriveMiddle } from '../../engine/wish/middle'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { loginId } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'
import {
  asMiddle,
  asTunnel,
  foretell,
  healthy,
  listener,
  local,
  middle,
  near,
  remote,
  seeOn,
  sshdConfig,
} from './foretell'

test('an account of the same name that is not ours stops; our own does not', () => {
  const account = (comment: string) => ({
    middle: { accounts: { 'tun-web': { shell: '/bin/sh', comment, uid: 998 } } },
  })
  expect(foretell(remote, account('Web Admin'))).toBe('name-taken on middle')
  expect(foretell(remote, account('ssh-tunnels somebody'))).toBe('name-taken on middle')
  expect(foretell(remote, account('ssh-tunnels terraform'))).toBeNull()
})

test('what another owner’s first line marks stops, and so does a file without a mark', () => {
  const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels.conf'
  const declared = asMiddle({ name: 'middle', owner: 'me', host: middle, gatewayPorts: 'no' })
  const of = (owner: string) =>
    deriveMiddle({ name: 'middle', owner, host: middle, gatewayPorts: 'yes' }).placed.flatMap(one =>
      one.kind === 'sshd' ? one.at.text.split('\n') : [],
    )
  const on = (lines: string[]) => ({ middle: { files: { ...sshdConfig, [dropIn]: lines } } })
  expect(foretell(declared, on(of('you')))).toBe('name-taken on middle')
  expect(foretell(declared, on(of('me')))).toBeNull()
  expect(foretell(declared, on(['GatewayPorts yes']))).toBe('name-taken on middle')
})

test('what is there of somebody else’s is named', () => {
  const evidence = (on: CaseSnapshot) => checksOf(seeOn(on, local)).find(({ code }) => code === 'name-taken')?.evidence
  const [dropIn, unit] = ['/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf', '/etc/systemd/system/tunnel-web.service']
  expect(evidence({ files: { ...sshdConfig, [dropIn]: ['Port 22'] } })).toBe(
    `${dropIn} is there already, and it is not ours`,
  )
  expect(evidence({ files: { ...sshdConfig, [unit]: ['[Service]'] } })).toBe(
    `${unit} is there already, and it is not ours`,
  )
  const elsewhere = { 'tunnel-web.service': { FragmentPath: '/usr/lib/systemd/system/tunnel-web.service' } }
  expect(evidence({ units: elsewhere } as CaseSnapshot)).toBe(
    '/usr/lib/systemd/system/tunnel-web.service is there already, and it is not ours',
  )
  const mark = '# Made by cdktf-ssh-tunnels for tunnel web of you; the next deploy puts changes back.'
  expect(evidence({ files: { ...sshdConfig, [dropIn]: [mark] } })).toBe(`${dropIn} is there, and belongs to owner you`)
})

test("somebody's own unit of the same name stops; under our account an edited first line is a drift", () => {
  const unit = { '/etc/systemd/system/tunnel-web.service': ['[Service]', 'ExecStart=/bin/true'] }
  const ours = { 'tun-web': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels terraform', uid: 998 } }
  expect(foretell(remote, { near: { files: { ...sshdConfig, ...unit } } })).toBe('name-taken on near')
  expect(foretell(remote, { near: { files: { ...sshdConfig, ...unit }, accounts: ours } })).toBeNull()
})

test("a port that another tunnel of the same owner still holds is let through, another owner's is not", () => {
  const held = (comment: string) => ({
    middle: {
      listeners: [{ ...listener('203.0.113.20', 2110, 'sshd')[0], uid: 997 }] as Snapshot['listeners'],
      accounts: { 'tun-old': { shell: '/usr/sbin/nologin', comment, uid: 997 } },
    },
  })
  expect(foretell(remote, held('ssh-tunnels terraform'))).toBeNull()
  expect(foretell(remote, held('ssh-tunnels you'))).toBe('port-taken on middle')
})

test('a port that another tunnel holds is told with its name and its owner', () => {
  const on = snapshotOf({
    ...healthy,
    listeners: [{ ...listener('203.0.113.20', 2110, 'sshd')[0], uid: 997 }] as Snapshot['listeners'],
    accounts: { 'tun-old': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels shop', uid: 997 } },
  })
  const checks = checksOf(
    see(asTunnel(remote), {
      snapshots: new Map([near, middle].map(host => [loginId(host), host === middle ? on : snapshotOf(healthy)])),
      away: new Map(),
    }),
  )
  expect(checks.find(({ code }) => code === 'port-taken')).toMatchObject({
    evidence: 'tunnel old of owner shop, by sshd (pid 7), listens on 203.0.113.20:2110',
    cure: 'choose another port for listen, or have that tunnel removed where it is declared',
  })
})

test('an address that the listening host does not have stops, however IPv6 is spelled', () => {
  expect(foretell({ ...remote, listen: '203.0.113.99:2110' })).toBe('no-such-address on middle')
  expect(foretell({ ...remote, listen: '[2001:DB8:0::20]:2110' })).toBeNull()
  expect(foretell({ ...remote, listen: '[2001:db8::21]:2110' })).toBe('no-such-address on middle')
  const linked = (listen: string) => foretell({ ...remote, listen }, { middle: { addresses: ['fe80::20%eth0'] } })
  expect(linked('[FE80::20%eth0]:2110')).toBeNull()
  expect(linked('[fe80::20%eth1]:2110')).toBe('no-such-address on middle')
  for (const listen of ['*:2110', '0.0.0.0:2110', '[::]:2110', 'localhost:2110', '127.0.0.1:2110']) {
    expect(foretell({ ...remote, listen })).toBeNull()
  }
})

test('a port that is taken stops where the addresses overlap', () => {
  const taken = (listen: string, address: string) =>
    foretell({ ...remote, listen }, { middle: { listeners: listener(address, 2110) } })
  for (const address of ['203.0.113.20', '0.0.0.0', '*', '::']) {
    expect(taken('203.0.113.20:2110', address)).toBe('port-taken on middle')
  }
  expect(taken('*:2110', '127.0.0.1')).toBe('port-taken on middle')
  expect(taken('localhost:2110', '127.0.0.1')).toBe('port-taken on middle')
  expect(taken('[2001:DB8::20]:2110', '2001:db8::20')).toBe('port-taken on middle')
  expect(taken('203.0.113.20:2110', '127.0.0.1')).toBeNull()
  expect(taken('[2001:db8::20]:2110', '0.0.0.0')).toBeNull()
  expect(taken('203.0.113.20:2111', '203.0.113.20')).toBeNull()
})

test('localhost is both loopback addresses, where the host has both', () => {
  const listen = 'localhost:2110'
  const boundAt = (on: readonly string[], addresses: readonly string[], sshd?: Snapshot['sshd']) => {
    const listeners = on.flatMap(address => listener(address, 2110, 'sshd').map(one => ({ ...one, uid: 997 })))
    const accounts = { 'tun-web': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels terraform', uid: 997 } }
    const checks = checksOf(seeOn({ listeners, addresses, accounts, ...(sshd && { sshd }) }, { ...remote, listen }))
    return checks.find(({ link }) => link === 'listener bound')
  }
  const both = ['127.0.0.1', '::1']
  expect(boundAt(both, both)?.status).toBe('ok')
  expect(boundAt(['127.0.0.1'], both)).toMatchObject({ status: 'fail', evidence: 'it listens on 127.0.0.1:2110' })
  expect(boundAt(['127.0.0.1'], ['127.0.0.1', '203.0.113.20'])?.status).toBe('ok')
  const taken = { listeners: listener('::1', 2110), addresses: both }
  // sshd binds those of its AddressFamily; ssh on the client has its own.
  const inet = { '*': { addressfamily: 'inet' } }
  expect(boundAt(['127.0.0.1'], both, { '*': { addressfamily: 'inet' } })?.status).toBe('ok')
  expect(boundAt(['127.0.0.1'], both, { '*': { addressfamily: 'any' } })?.status).toBe('fail')
  expect(boundAt(['::1'], both, { '*': { addressfamily: 'inet6' } })?.status).toBe('ok')
  expect(foretell({ ...remote, listen }, { middle: { ...taken, sshd: inet } })).toBeNull()
  expect(foretell({ ...local, listen }, { middle: { ...taken, sshd: inet } })).toBe('port-taken on middle')
  expect(foretell({ ...remote, listen }, { middle: taken })).toBe('port-taken on middle')
})

test('our own listener of an earlier deploy is no obstacle, but one of another port that only looks alike is', () => {
  const unitOf = (tunnel: Tunnel) => {
    const service = deriveTunnel(tunnel, {}).placed.find(placed => placed.kind === 'service')
    if (service?.kind !== 'service') throw new Error('a tunnel has a service')
    return { '/etc/systemd/system/tunnel-web.service': service.at.text.split('\n') }
  }
  const on = (port: number, before: Tunnel) => ({
    middle: { listeners: listener('203.0.113.20', port, 'ssh'), files: { ...sshdConfig, ...unitOf(before) } },
  })
  expect(foretell(local, on(2110, local))).toBeNull()
  const v6 = { ...local, listen: '[2001:db8::20]:2110' }
  expect(foretell(v6, on(2110, v6))).toBeNull()
  // While ours was stopped another program has taken the port.
  const accounts = { 'tun-web': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels terraform', uid: 998 } }
  const held = (uid: number) => ({
    middle: {
      ...on(2110, local).middle,
      accounts,
      listeners: [{ ...listener('*', 2110)[0], uid }] as Snapshot['listeners'],
    },
  })
  expect(foretell(local, held(998))).toBeNull()
  expect(foretell(local, held(0))).toBe('port-taken on middle')
  // 2110 ends in 110, and far's port is 22: neither means that we listen there.
  expect(foretell({ ...local, listen: '203.0.113.20:110' }, on(110, local))).toBe('port-taken on middle')
  expect(foretell({ ...local, listen: '203.0.113.20:5432' }, on(5432, { ...local, far: 'db:5432' }))).toBe(
    'port-taken on middle',
  )
})

// The checks that a look at the hosts answers: the first failure is a fault of its own, before anything is touched.
import { Fault } from '../../engine/fault'
import { checksOf, refuse } from '../../engine/look/checks'
import { findDoubts, see } from '../../engine/look/look'
import { inChainOrder } from '../../engine/parts/check'
import type { Snapshot } from '../../engine/parts/snapshot'
import { type Declared, hostsOf } from '../../engine/wish/declared'
import { deriveMiddle } from '../../engine/wish/middle'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { loginId } from '../../schemas/machine'
import type { Middle, Proof, Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'

const near = { name: 'near', local: true }
const middle = { name: 'middle', address: '203.0.113.20' }
const remote: Tunnel = {
  name: 'web',
  forward: 'remote',
  listen: '203.0.113.20:2110',
  far: 'far:22',
  client: near,
  server: middle,
}
const local: Tunnel = { ...remote, forward: 'local', client: middle }

const sshdConfig = { '/etc/ssh/sshd_config': ['Include /etc/ssh/sshd_config.d/*.conf'] }
const healthy: CaseSnapshot = { files: sshdConfig, addresses: ['127.0.0.1', '203.0.113.20', '2001:db8::20'] }
const listener = (address: string, port: number, program = 'nginx') => [{ address, port, program, pid: 7, uid: 0 }]

const asTunnel = (input: Tunnel): Declared => ({ type: 'tunnel', input })
const asMiddle = (input: Middle): Declared => ({ type: 'middle', input })

/** The code of the fault that the first failure is, or null; `on` tells the hosts, by name, where they differ from healthy ones. */
function foretell(what: Tunnel | Declared, on: Record<string, CaseSnapshot> = {}): string | null {
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

test('healthy hosts are let through', () => {
  expect(foretell(remote)).toBeNull()
  expect(foretell(local)).toBeNull()
})

test.each([
  [{ denyusers: 'guest tun-*' }, null],
  [{ denygroups: 'tun-we?' }, null],
  [{ pubkeyacceptedalgorithms: 'rsa-sha2-512,rsa-sha2-256' }, 'sshd-denies on middle'],
  [{ pubkeyacceptedalgorithms: 'rsa-sha2-512,ssh-ed25519' }, null],
] as const)("with sshd's global %j the tunnel gives %s", (settings, fault) => {
  expect(foretell(remote, { middle: { sshd: { '*': settings } } })).toBe(fault)
  // Where nobody logs in to it does not matter.
  expect(foretell(remote, { near: { sshd: { '*': settings } } })).toBeNull()
})

test.each([
  ['0.0.0.0:22 [::]:22', '127.0.0.1', null],
  ['203.0.113.20:22 127.0.0.1:22', '127.0.0.1', null],
  ['203.0.113.20:22', '203.0.113.20', null],
  ['[2001:db8::20]:22 203.0.113.20:2222', '2001:db8::20', null],
  ['[::]:22', '::1', null],
  ['', '127.0.0.1', null],
  ['0.0.0.0:22', '203.0.113.20', '203.0.113.20'],
  ['203.0.113.20:22 192.0.2.20:22', '192.0.2.20', '192.0.2.20'],
  ['203.0.113.20:22', '203.0.113.20', '0.0.0.0'],
  ['0.0.0.0:2222', null, null],
])('where sshd is to listen on %j a tunnel from the host to itself dials %s', (listenaddress, address, heard) => {
  const both = { ...local, server: middle }
  const on: CaseSnapshot = {
    sshd: listenaddress ? { '*': { listenaddress } } : {},
    listeners: heard ? listener(heard, 22, 'sshd') : [],
  }
  expect(foretell(both, { middle: on })).toBe(address === null ? 'sshd-denies on middle' : null)
  expect(foretell(remote, { middle: on })).toBeNull()
  if (address === null) return
  const seen = see(asTunnel(both), {
    snapshots: new Map([[loginId(middle), snapshotOf({ ...healthy, ...on })]]),
    away: new Map(),
  })
  expect(seen.derived.outputs.command).toBe(`ssh -N -L 203.0.113.20:2110:far:22 tun-web@${address}`)
})

test.each([
  ['*', 22, null],
  ['203.0.113.20', 22, null],
  ['*', 2200, 'sshd-denies on middle'],
])('where systemd listens for sshd, on %s:%i, what sshd would listen on does not count', (address, port, fault) => {
  const on: CaseSnapshot = {
    sshdBehindSocket: true,
    sshd: { '*': { listenaddress: '0.0.0.0:2200 0.0.0.0:22' } },
    listeners: listener(address, port, 'systemd'),
  }
  expect(foretell({ ...local, server: middle }, { middle: on })).toBe(fault)
})

const shut = {
  '/etc/pam.d/sshd': ['account required pam_access.so'],
  '/etc/security/access.conf': ['- : ALL EXCEPT root : ALL'],
}

test.each([
  [{ nologin: '/etc/nologin' }, 'sshd-denies on middle'],
  [{ files: { ...sshdConfig, ...shut } }, 'sshd-denies on middle'],
  [{ files: { ...sshdConfig, ...shut }, sshd: { '*': { usepam: 'no' } } }, null],
  [{ nologin: '/etc/nologin', sshd: { '*': { usepam: 'no' } } }, null],
])('with %j the tunnel gives %s', (on, fault) => {
  expect(foretell(remote, { middle: on })).toBe(fault)
  expect(foretell(remote, { near: on })).toBeNull()
})

test.each([
  ['pubkeyauthentication', 'no'],
  ['authenticationmethods', 'publickey,password'],
  ['disableforwarding', 'yes'],
  ['denyusers', 'root guest tun-*'],
  ['denygroups', 'root tun-we?'],
])(
  'a Match block that says %s %s for our account too is refused, unless it is ours that was changed',
  (keyword, value) => {
    const [ours] = deriveTunnel(remote, {}).placed.flatMap(one => (one.kind === 'sshd' ? [one.at] : []))
    if (!ours) throw new Error('a tunnel has a drop-in')
    const on = (text: string): CaseSnapshot => ({
      files: { ...sshdConfig, [ours.dropIn]: text.split('\n') },
      sshd: { 'tun-web': { [keyword]: value } },
    })
    expect(foretell(remote, { middle: on(ours.text) })).toBe('sshd-denies on middle')
    expect(foretell(remote, { middle: on(`${ours.text}# changed`) })).toBeNull()
  },
)

/** What a look shows of the tunnel where only middle is unlike a healthy host. */
const seeOn = (on: CaseSnapshot, what = remote) =>
  see(asTunnel(what), {
    snapshots: new Map(
      [near, middle].map(host => [loginId(host), snapshotOf(host === middle ? { ...healthy, ...on } : healthy)]),
    ),
    away: new Map(),
  })

test.each<[string, string | null]>([
  ['Match User tun-*\nDenyUsers guest tun-we?', 'DenyUsers tun-we? (/etc/ssh/sshd_config:3)'],
  ['Match Address 198.51.100.0/24\nDenyGroups tun-web', null],
  [
    'Match LocalAddress 203.0.113.20 LocalPort 22\nDenyGroups guests\nDenyGroups tun-web',
    'DenyGroups tun-web (/etc/ssh/sshd_config:4)',
  ],
  ['Match LocalPort 2200\nDenyUsers *', null],
  ['Match User admin\nDenyUsers tun-*', null],
  ['Match User tun-*\nDenyUsers tun-*@192.0.2.1', null],
  ['Match Host near.example\nDenyUsers tun-*', null],
  ['Match User tun-*\nAllowUsers admin\nAllowGroups admins', null],
  ['DenyUsers tun-*', null],
  ['Match User tun-*\nInclude deny.conf', 'DenyUsers tun-* (/etc/ssh/deny.conf:1)'],
  ['Match User admin\nInclude deny.conf', null],
])('before anything of ours is there, %j of another is refused as %s', (lines, evidence) => {
  const files = {
    '/etc/ssh/sshd_config': [...sshdConfig['/etc/ssh/sshd_config'], ...lines.split('\n')],
    '/etc/ssh/deny.conf': ['DenyUsers tun-*'],
  }
  expect(foretell(remote, { middle: { files } })).toBe(evidence && 'sshd-denies on middle')
  if (evidence === null) return
  expect(checksOf(seeOn({ files })).find(({ code }) => code === 'sshd-denies')?.evidence).toBe(evidence)
})

test.each<[string, Record<string, string[]>, string]>([
  [
    'a line of pam_access',
    { ...shut, '/etc/security/access.conf': ['+ : @people : ALL', '- : ALL : ALL'] },
    'only PAM can tell whom /etc/security/access.conf:1 is about',
  ],
  [
    'a Match block',
    { '/etc/ssh/sshd_config': [...sshdConfig['/etc/ssh/sshd_config'], 'Match Host *.example', 'DenyUsers tun-*'] },
    'only sshd can tell whether DenyUsers tun-* is about it (/etc/ssh/sshd_config:3)',
  ],
])('%s that nobody can judge beforehand is no obstacle, and is told until far has answered', (_what, more, why) => {
  const files = { ...sshdConfig, ...more }
  expect(foretell(remote, { middle: { files } })).toBeNull()
  const seen = seeOn({ files })
  expect(checksOf(seen)).toContainEqual(expect.objectContaining({ status: 'unknown', code: 'sshd-unknown' }))
  const told = `nobody can tell beforehand whether middle lets tun-web in\n${why}`
  expect(findDoubts(seen)).toEqual([told])
  expect(findDoubts(seen, { answered: true } as Proof)).toEqual([])
  expect(findDoubts(seen, { answered: false } as Proof)).toEqual([told])
})

test('a missing program stops, but who only runs the client needs no sshd', () => {
  expect(foretell(remote, { near: { missing: ['flock'] } })).toBe('missing-program on near')
  expect(foretell(remote, { near: { missing: ['sshd'] } })).toBeNull()
  expect(foretell(remote, { middle: { missing: ['sshd'] } })).toBe('missing-program on middle')
})

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

test('a tunnel without any host key to pin stops', () => {
  expect(foretell(remote, { middle: { hostKeys: [] } })).toBe('no-host-key on near')
})

test('one machine under two names stops; clones of one image, with one set of host keys, are two', () => {
  const same = { machine: 'a' }
  expect(foretell(remote, { near: same, middle: same })).toMatch(/^one-machine on /)
  const clone = { hostKeys: ['ssh-ed25519 AAAAC3'], addresses: ['127.0.0.1', '203.0.113.20'] }
  expect(foretell(remote, { near: clone, middle: clone })).toBeNull()
  expect(foretell(remote, { near: { machine: null }, middle: { machine: null } })).toBeNull()
})

test('what a host that is away keeps from being judged is unknown, and never good', () => {
  const why = new Fault({ code: 'login-refused', host: 'middle', what: 'no', cure: 'yes' })
  const snapshots = new Map([[loginId(near), snapshotOf(healthy)]])
  const checks = checksOf(see(asTunnel(remote), { snapshots, away: new Map([[loginId(middle), why]]) }))
  const ofMiddle = checks.filter(({ host }) => host === 'middle').map(({ link, status }) => `${link}: ${status}`)
  expect(ofMiddle).toEqual(['name resolved: ok', 'reached: ok', 'host key: ok', 'login: fail', 'root: unknown'])
  expect(() => refuse(checks)).toThrow('no')
})

test('an sshd that is broken, or too old to read drop-ins, stops on the server only', () => {
  expect(foretell(remote, { middle: { sshdError: 'line 1: bad' } })).toBe('sshd-config-invalid on middle')
  expect(foretell(remote, { middle: { sshdIncludes: false } })).toBe('sshd-no-include on middle')
  expect(foretell(remote, { near: { sshdIncludes: false } })).toBeNull()
  expect(foretell(remote, { middle: { files: { '/etc/ssh/sshd_config': ['#Include nothing'] } } })).toBeNull()
  expect(foretell(remote, { near: { sshdError: 'line 1: bad', files: {} } })).toBeNull()
})

test('of a firewall only what nobody keeps over a reboot stops an opening, and nothing else', () => {
  for (const nft of ['firewalld', 'ufw']) expect(foretell(remote, { middle: { nft } })).toBeNull()
  for (const nft of ['iptables', 'policy-drop']) {
    expect(foretell(remote, { middle: { nft } })).toBe('firewall-not-kept on middle')
    expect(foretell({ ...remote, listen: '127.0.0.1:2110' }, { middle: { nft } })).toBeNull()
    expect(foretell(remote, { near: { nft } })).toBeNull()
    expect(foretell(asMiddle({ name: 'middle', host: middle, gatewayPorts: 'no' }), { middle: { nft } })).toBeNull()
    expect(foretell(asMiddle({ name: 'middle', host: middle, openPorts: [{ port: 1 }] }), { middle: { nft } })).toBe(
      'firewall-not-kept on middle',
    )
  }
  const kept = { nft: 'policy-drop', files: { ...sshdConfig, '/etc/nftables.conf': [] } }
  expect(foretell(remote, { middle: kept })).toBeNull()
  expect(foretell(remote, { middle: { nft: 'open-input' } })).toBeNull()
})

test('a host without systemd is no client, and as good a server as any', () => {
  const without = { missing: ['systemctl'] }
  expect(foretell(remote, { near: without })).toBe('no-supervisor on near')
  expect(foretell(local, { middle: without })).toBe('no-supervisor on middle')
  expect(foretell(remote, { middle: without })).toBeNull()
})

test('where only a table of ours would keep others out, and nothing loads it at boot, allowFrom is refused', () => {
  const some = { ...remote, allowFrom: ['198.51.100.0/24'] }
  const open = { nft: 'open-input' }
  expect(foretell(some, { middle: open })).toBeNull()
  expect(foretell(some, { middle: { ...open, missing: ['systemctl'] } })).toBe('firewall-not-kept on middle')
})

test('an address that the listening host does not have stops, however IPv6 is spelled', () => {
  expect(foretell({ ...remote, listen: '203.0.113.99:2110' })).toBe('no-such-address on middle')
  expect(foretell({ ...remote, listen: '[2001:DB8:0::20]:2110' })).toBeNull()
  expect(foretell({ ...remote, listen: '[2001:db8::21]:2110' })).toBe('no-such-address on middle')
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

test('where a rule closes the port before our rules it is named; where nobody can tell that is unknown, and stops nothing', () => {
  const early = (...expr: object[]) => ({
    nftables: [
      {
        chain: {
          family: 'inet',
          table: 'early',
          name: 'pre',
          type: 'filter',
          hook: 'prerouting',
          prio: -300,
          policy: 'accept',
        },
      },
      { rule: { family: 'inet', table: 'early', chain: 'pre', handle: 7, expr } },
    ],
  })
  const port = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 2110 } }
  const firewallChecks = (nft: object, listen = remote.listen) => {
    const snapshots = new Map(
      [near, middle].map(host => [loginId(host), { ...snapshotOf({ ...healthy, machine: host.name }), nft }]),
    )
    const checks = checksOf(see(asTunnel({ ...remote, listen }), { snapshots, away: new Map() }))
    return checks
      .filter(({ link }) => link === 'firewall lets it')
      .map(({ status, code, evidence }) => ({ status, code, evidence }))
  }
  const drops = early(port, { drop: null })
  const limits = early(port, { limit: { rate: 5, per: 'minute', inv: true } }, { drop: null })
  expect(firewallChecks(drops)).toEqual([
    {
      status: 'fail',
      code: 'firewall-closed',
      evidence: 'inet early pre handle 7: tcp dport 2110 drop (hook prerouting): drops it',
    },
  ])
  expect(firewallChecks(limits)).toEqual([
    {
      status: 'unknown',
      code: 'firewall-unknown',
      evidence: 'inet early pre handle 7: tcp dport 2110 limit rate over 5/minute drop (hook prerouting): it counts',
    },
  ])
  expect(firewallChecks(drops, '127.0.0.1:2110')).toEqual([])
  expect(firewallChecks(drops, '203.0.113.20:2111')).toMatchObject([{ status: 'ok' }])
})

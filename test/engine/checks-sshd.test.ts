// Whether sshd lets the account of a tunnel in, told beforehand from what a look shows of it.
import { checksOf } from '../../engine/look/checks'
import { findDoubts, see } from '../../engine/look/look'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { loginId } from '../../schemas/machine'
import type { Proof } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'
import { asTunnel, foretell, healthy, listener, local, middle, remote, seeOn, sshdConfig } from './foretell'

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
  expect(findDoubts(seen, [{ answered: true } as Proof])).toEqual([])
  expect(findDoubts(seen, [{ answered: false } as Proof])).toEqual([told])
})

test('an sshd that is broken, or too old to read drop-ins, stops on the server only', () => {
  expect(foretell(remote, { middle: { sshdError: 'line 1: bad' } })).toBe('sshd-config-invalid on middle')
  expect(foretell(remote, { middle: { sshdIncludes: false } })).toBe('sshd-no-include on middle')
  expect(foretell(remote, { near: { sshdIncludes: false } })).toBeNull()
  expect(foretell(remote, { middle: { files: { '/etc/ssh/sshd_config': ['#Include nothing'] } } })).toBeNull()
  expect(foretell(remote, { near: { sshdError: 'line 1: bad', files: {} } })).toBeNull()
})

// The checks that a look at the hosts answers: the first failure is a fault of its own, before anything is touched.
import { Fault } from '../../engine/fault'
import { checksOf, refuse } from '../../engine/look/checks'
import { see } from '../../engine/look/look'
import { loginId } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'
import { asTunnel, foretell, healthy, local, middle, near, remote } from './foretell'

test('healthy hosts are let through', () => {
  expect(foretell(remote)).toBeNull()
  expect(foretell(local)).toBeNull()
})

test('a missing program stops, but who only runs the client needs no sshd', () => {
  expect(foretell(remote, { near: { missing: ['flock'] } })).toBe('missing-program on near')
  expect(foretell(remote, { near: { missing: ['sshd'] } })).toBeNull()
  expect(foretell(remote, { middle: { missing: ['sshd'] } })).toBe('missing-program on middle')
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

test('a host without systemd is no client, and as good a server as any', () => {
  const without = { missing: ['systemctl'] }
  expect(foretell(remote, { near: without })).toBe('no-supervisor on near')
  expect(foretell(local, { middle: without })).toBe('no-supervisor on middle')
  expect(foretell(remote, { middle: without })).toBeNull()
})

describe('on a client without root', () => {
  const ops = { name: 'near', address: '198.51.100.10', user: 'ops', supervisor: 'systemd-user' } as const
  const on = (further: CaseSnapshot = {}) => ({
    near: {
      user: 'ops',
      supervisor: 'systemd-user',
      lingering: 'on',

      filter: 'unknown',
      ...further,
    } as const,
  })
  const own: Tunnel = { ...remote, client: ops }
  const listens = (further: Partial<Tunnel>): Tunnel => ({
    ...own,
    forward: 'local',
    listen: '127.0.0.1:5432',
    ...further,
  })

  test('lingering is on, or the user may switch it on, unless nothing is started', () => {
    expect(foretell(own, on())).toBeNull()
    expect(foretell(own, on({ lingering: 'may' }))).toBeNull()
    expect(foretell(own, on({ lingering: 'no' }))).toBe('no-supervisor on near')
    expect(foretell({ ...own, enabled: false }, on({ lingering: 'no' }))).toBeNull()
    expect(foretell(own, on({ missing: ['systemctl'], supervisor: 'openrc' }))).toBe('no-supervisor on near')
  })

  test.each([
    ['listens on loopback', {}, null],
    ['listens for others, where far’s answer decides', { listen: '203.0.113.20:5432' }, null],
    ['listens on a port that is root’s', { listen: '127.0.0.1:110' }, 'not-root on near'],
    ['keeps others out', { listen: '203.0.113.20:5432', allowFrom: ['192.0.2.0/24'] }, 'not-root on near'],
    ['limits who comes', { limits: { connections: 3 } }, 'not-root on near'],
    ['proves itself there', { watch: {} }, 'not-root on near'],
  ] as readonly (readonly [string, Partial<Tunnel>, string | null])[])('one that %s', (_what, further, code) => {
    expect(foretell(listens(further), on())).toBe(code)
  })

  test('nothing is good that only root is shown', () => {
    const declared = asTunnel(listens({ listen: '203.0.113.20:5432' }))
    const snapshots = new Map([
      [loginId(ops), snapshotOf({ ...healthy, ...on().near, machine: 'near' })],
      [loginId(middle), snapshotOf(healthy)],
    ])
    const about = checksOf(see(declared, { snapshots, away: new Map() })).filter(({ host }) => host === 'near')
    expect(about.filter(({ link }) => link === 'firewall lets it').map(({ status }) => status)).toEqual(['unknown'])
    expect(about.some(({ link }) => link === 'sshd lets it')).toBe(false)
  })
})

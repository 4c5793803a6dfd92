// What a change of the arguments means: which make another resource, and what still holds of what was read before.
import { knownAfterApply } from '../../engine'
import {
  changedSince,
  formerName,
  itselfFrom,
  knownFrom,
  planExtra,
  planFirewall,
  replacingPaths,
} from '../../provider/moves'
import { type Obj, unknown } from '../../provider/plugin'

const host = (further: Obj = {}): Obj => ({
  name: 'near',
  address: '198.51.100.10',
  port: null,
  host_key: 'k',
  ...further,
})
const prior: Obj = {
  name: 'web',
  owner: null,
  forward: 'remote',
  client: host(),
  server: host({ address: '203.0.113.20' }),
  key: { public_key: 'ssh-ed25519 A' },
  server_host_key: 'ssh-ed25519 B',
}
const paths = (inputs: Obj) =>
  replacingPaths(prior, { ...prior, ...inputs }, ['name', 'owner', 'forward'], ['client', 'server']).map(path =>
    path.join('.'),
  )

test.each([
  ['nftables', 'web'],
  ['iptables', 'web'],
  ['none', 'web'],
  ['ufw', null],
  ['firewalld', null],
  ['firewalld and nftables', null],
])('under another name a tunnel goes on where the firewall is made by %s: it was %j', (manager, former) => {
  for (const part of ['firewall', 'other_firewall']) {
    expect(formerName({ ...prior, [part]: { manager } }, { ...prior, name: 'api' }, [['name']])).toBe(former)
  }
})

test('another name, direction or address is another resource; the default spelled out, or another login, is not', () => {
  expect(paths({ name: 'api' })).toEqual(['name'])
  expect(paths({ client: host({ address: '198.51.100.11' }) })).toEqual(['client.address'])
  expect(
    paths({ owner: 'terraform', client: host({ local: false, port: 22, user: 'admin', become: 'sudo' }) }),
  ).toEqual([])
  // What root has made no user can remove, and the other way round.
  expect(paths({ client: host({ user: 'admin' }) })).toEqual(['client.user'])
  expect(paths({ client: host({ user: 'admin', supervisor: 'systemd' }) })).toEqual([])
  expect(paths({ client: host({ user: 'admin', become: 'sudo', supervisor: 'systemd-user' }) })).toEqual([
    'client.supervisor',
  ])
})

test('another port is another machine only when it has another host key', () => {
  expect(paths({ client: host({ port: 2202 }) })).toEqual([])
  expect(paths({ client: host({ port: 2202, host_key: 'other' }) })).toEqual(['client.port'])
})

test('another way is another machine only when another host key answers there', () => {
  const by = (proxy_command: string, host_key: string) => ({ client: host({ proxy_command, host_key }) })
  const pathsFrom = (before: Obj, now: Obj) =>
    replacingPaths({ ...prior, ...before }, { ...prior, ...now }, [], ['client']).map(path => path.join('.'))
  expect(pathsFrom(by('ssh -W %h:%p a', 'k'), by('ssh -W %h:%p b', 'k'))).toEqual([])
  expect(pathsFrom(by('ssh -W %h:%p a', 'k'), by('ssh -W %h:%p b', 'other'))).toEqual(['client.host_key'])
  const via = [{ name: 'b', address: 'b', proxy_command: null }]
  expect(pathsFrom({}, { client: host({ via, host_key: 'other' }) })).toEqual(['client.host_key'])
  expect(pathsFrom({}, { client: host({ via: unknown, host_key: unknown }) })).toEqual(['client.host_key'])
  expect(pathsFrom({}, { client: host({ via: [], proxy_command: 'none', host_key: 'other' }) })).toEqual([])
})

test('what was read of a side holds only as long as the side is reached in the same way', () => {
  expect(knownFrom(prior, prior)).toEqual({ publicKey: 'ssh-ed25519 A', serverHostKey: 'ssh-ed25519 B' })
  expect(knownFrom(prior, { ...prior, client: host({ port: 2202 }) }).publicKey).toBeUndefined()
  expect(knownFrom(prior, { ...prior, server: host({ via: [{ address: 'x' }] }) }).serverHostKey).toBeUndefined()
  const called = (name: string) => ({ ...prior, client: host({ name, ssh_config: true }) })
  expect(knownFrom(called('web1'), called('web1')).publicKey).toBe('ssh-ed25519 A')
  expect(knownFrom(called('web1'), called('web2')).publicKey).toBeUndefined()
  expect(knownFrom(null, prior)).toEqual({})
})

test('where a host finds its own sshd is known as long as it is reached in the same way, and else only after apply', () => {
  const before = { ...prior, command: 'ssh -N -L 203.0.113.20:110:far:22 tun-web@203.0.113.20' }
  expect(itselfFrom(before, before)).toBe('203.0.113.20')
  expect(itselfFrom(before, { ...before, server: host({ port: 2202 }) })).toBe(knownAfterApply)
  expect([itselfFrom(null, before), itselfFrom({ ...before, command: null }, before)]).toEqual(
    Array(2).fill(knownAfterApply),
  )
})

test('what was planned as unknown may become anything, what was known may not', () => {
  const planned: Obj = { key: { path: '/k', public_key: unknown }, proof: unknown, listen: 'a' }
  expect(changedSince(planned, { key: { path: '/k', public_key: 'new' }, proof: null, listen: 'a' })).toEqual([])
  expect(changedSince(planned, { key: { path: '/other', public_key: 'new' }, proof: null, listen: 'a' })).toEqual([
    'key',
  ])
})

test('whether a port is open is known of the same openings as before: open, or nobody can tell; else after apply', () => {
  const wanted = { opens: ['any address tcp/1 from anywhere'], open: true, persistent: true }
  const openAfter = (prior: Obj | null, before: Obj = wanted) => {
    const planned = planFirewall(wanted, prior, () => before)
    return planned && (planned as Obj).open
  }
  const read = (open: boolean | null, opens = wanted.opens) => ({ firewall: { opens, open, persistent: true } })
  expect(openAfter(null)).toBe(unknown)
  expect(openAfter({ firewall: null })).toBe(unknown)
  expect(openAfter(read(true))).toBe(true)
  expect(openAfter(read(false, []))).toBe(true)
  expect(openAfter(read(null))).toBeNull()
  expect(openAfter(read(true), { ...wanted, opens: ['any address tcp/2 from anywhere'] })).toBe(unknown)
  expect(planFirewall(null, null, () => null)).toBeNull()
})

test('whether extra lines are in effect is known before an apply only of the same lines, and where sshd did not tell it does not', () => {
  const wantedOf = (state: Obj): Obj => ({ extra: state.lines ?? null })
  const planned = { extra: ['Banner none'], extra_in_effect: true }
  const was = (lines: string[], truth: boolean | null) => ({ lines, sshd: { extra: lines, extra_in_effect: truth } })
  const plan = (before: Obj | null) => (planExtra(planned, before, wantedOf) as Obj).extra_in_effect
  expect([plan(null), plan(was(['Banner x'], true))]).toEqual([unknown, unknown])
  expect([true, false, null].map(truth => plan(was(['Banner none'], truth)))).toEqual([true, true, null])
  expect(planExtra({ gateway_ports: 'no' }, null, wantedOf)).toEqual({ gateway_ports: 'no' })
})

// Ports and addresses that a listening host cannot have, and what to write instead.
import { checkMiddle, checkTunnel } from '../../schemas/check-tunnel'
import type { Host, Middle, Tunnel } from '../../schemas/types'
import { allKnown } from '../../schemas/unknown'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20', addresses: ['10.0.0.1', '2001:db8::20'] }
const named: Host = { name: 'middle', address: 'middle.lan' }
const vm: Host = { name: 'vm', address: '?' }
const base: Tunnel = { name: 't', forward: 'local', listen: '*:80', far: 'far:81', client: middle, server: middle }
const find = (change: Partial<Tunnel>, isUnknown = allKnown) =>
  checkTunnel({ ...base, ...change }, isUnknown).filter(({ path }) => path[0] === 'listen')
const codesOf = (change: Partial<Tunnel>, isUnknown = allKnown) => find(change, isUnknown).map(({ code }) => code)
const through = (client: Host): Partial<Tunnel> => ({ client, server: client })
const remote: Partial<Tunnel> = { forward: 'remote', client: near }

test.each<[listen: string, Partial<Tunnel>, string[]]>([
  ['*:1023', remote, []],
  ['*:1024', remote, []],
  ['*:1023', {}, []],
  ['*:0', remote, []],
  ['*:22', {}, ['sshd-port']],
  ['203.0.113.20:22', {}, ['sshd-port']],
  ['[2001:db8::20]:22', {}, []],
  ['*:22', through({ ...middle, port: 2222 }), []],
  ['*:2222', through({ ...middle, port: 2222 }), ['sshd-port']],
  ['10.0.0.1:22', through(named), ['sshd-port']],
  ['*:22', through(near), []],
  ['*:22', through({ ...near, port: 22 }), ['sshd-port']],
  ['*:2222', through({ ...near, port: 2222 }), ['sshd-port']],
  ['10.0.0.1:2222', through({ ...near, port: 2222 }), ['sshd-port']],
  ['*:80', through({ ...near, port: 2222 }), []],
  ['*:22', { forward: undefined as never }, []],
  ['203.0.113.99:80', { forward: undefined as never }, []],
  ['nowhere', through(named), ['bad-endpoint']],
  ['relay:80', through(named), ['listen-name']],
  ['?', { forward: 'local' }, ['bad-endpoint']],
])('a listener on %s (%#)', (listen, change, expected) => {
  expect(codesOf({ listen, ...change })).toEqual(expected)
})

test('at an address that is not known yet sshd may or may not stand', () => {
  const isUnknown = (text: string) => text === '?'
  expect(codesOf({ listen: '203.0.113.20:22', ...through(vm) }, isUnknown)).toEqual([])
  expect(codesOf({ listen: '?', ...through(vm) }, isUnknown)).toEqual([])
})

test.each<[Partial<Tunnel>, string]>([
  [{ ...remote, client: { name: 'a', address: '192.0.2.1', addresses: ['192.0.2.2'] } }, 'not on a'],
  [{ server: { name: 'b', address: '192.0.2.1', addresses: ['192.0.2.2'] } }, 'write client: b'],
  [{ server: { name: 'b', address: '192.0.2.1' } }, 'a local forward listens on its client'],
  [{ ...remote, client: named }, 'a remote forward listens on its server'],
])('an address of nobody, or of the other end, says who listens (%#)', (change, hint) => {
  const [finding] = find({ listen: '192.0.2.2:8080', ...change })
  expect(finding).toMatchObject({ code: 'foreign-address', hint: expect.stringMatching(new RegExp(`${hint}(,.*)?$`)) })
})

test.each<[string, Partial<Middle>, string[]]>([
  ['a full that is START', { maxStartups: '60:30:60' }, []],
  ['the least rate', { maxStartups: '10:1:60' }, []],
  ['the highest rate', { maxStartups: '10:100:60' }, []],
  ['a rate above it', { maxStartups: '10:101:60' }, ['maxStartups']],
  ['limits that are not known yet', { maxStartups: '?:0:?' }, []],
  ['a port on a further address', { openPorts: [{ port: 80, address: '10.0.0.1' }] }, []],
  ['a port on loopback', { openPorts: [{ port: 80, address: '127.0.0.1' }] }, []],
  ['a port on an address of nobody', { openPorts: [{ port: 80, address: '10.0.0.9' }] }, ['openPorts.0.address']],
  ['a port of a host known by name', { host: named, openPorts: [{ port: 80, address: '10.0.0.9' }] }, []],
  [
    'a source of the other family',
    { openPorts: [{ port: 80, address: '10.0.0.1', from: ['::/0'] }] },
    ['openPorts.0.from.0'],
  ],
  ['sources of both for all addresses', { openPorts: [{ port: 80, from: ['::/0', '0.0.0.0/0'] }] }, []],
  ['a host without an address', { host: { name: 'a' } }, ['host.address']],
])('a middle with %s', (_, change, expected) => {
  const found = checkMiddle({ name: 'middle', host: middle, ...change }, text => text.startsWith('?'))
  expect(found.map(({ path }) => path.join('.'))).toEqual(expected)
})

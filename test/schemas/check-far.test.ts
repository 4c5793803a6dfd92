// A tunnel whose far is its own listener, and those that only look so.
import { checkFar } from '../../schemas/check-far'
import { checkTunnel } from '../../schemas/check-tunnel'
import type { Host, Tunnel } from '../../schemas/types'
import { allKnown } from '../../schemas/unknown'
import { asSingle } from '../single'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20', addresses: ['10.0.0.1', '2001:db8::20'] }
const named: Host = { name: 'middle', address: 'middle.lan' }
const base: Tunnel = { name: 't', forward: 'local', listen: '', far: '', client: middle, server: middle }
const codesOf = (change: Partial<Tunnel>, isUnknown = allKnown) =>
  checkFar(asSingle({ ...base, ...change }), isUnknown).map(({ code }) => code)

test.each<[listen: string, far: string, Partial<Tunnel>]>([
  ['127.0.0.1:80', '127.0.0.1:80', {}],
  ['[::1]:80', '[0:0::1]:80', {}],
  ['127.0.0.1:80', 'localhost:80', {}],
  ['localhost:80', '[::1]:80', {}],
  ['127.0.0.1:80', '127.0.0.1:80', { server: { ...middle, name: 'relay' } }],
  ['127.0.0.1:80', '127.0.0.1:80', { client: { name: 'a' }, server: { name: 'a' } }],
  ['10.0.0.1:80', '10.0.0.1:80', { server: { name: 'b', address: 'b.lan' } }],
  ['*:80', 'localhost:80', {}],
  ['*:80', '203.0.113.20:80', {}],
  ['0.0.0.0:80', '10.0.0.1:80', {}],
  ['[::]:80', '[2001:db8:0::20]:80', {}],
  ['*:80', 'Middle.lan:80', { client: named }],
  ['*:80', '10.0.0.1:80', { forward: 'remote', client: near }],
])('what listens on %s and leads to %s is a loop (%#)', (listen, far, change) => {
  expect(codesOf({ listen, far, ...change })).toEqual(['loop'])
})

test.each<[listen: string, far: string, Partial<Tunnel>]>([
  ['127.0.0.1:80', '127.0.0.1:81', {}],
  ['127.0.0.1:80', '127.0.0.2:80', {}],
  ['localhost:80', '203.0.113.20:80', {}],
  ['127.0.0.1:80', 'server935:80', {}],
  ['127.0.0.1:80', '127.0.0.1:80', { client: near }],
  ['127.0.0.1:80', '127.0.0.1:80', { client: { name: 'middle', address: '203.0.113.21' } }],
  ['localhost:80', 'localhost:80', { forward: 'remote', client: { name: 'middle', address: '203.0.113.21' } }],
  ['*:80', 'localhost:80', { client: near }],
  ['10.0.0.1:80', '203.0.113.20:80', {}],
  ['*:80', '203.0.113.21:80', {}],
  ['*:80', '203.0.113.20:80', { client: near }],
  ['*:80', '203.0.113.20:80', { forward: undefined as never }],
  ['*:80', 'middle.lan:80', { client: { name: 'a', local: true } }],
])('what listens on %s and leads to %s is none (%#)', (listen, far, change) => {
  expect(codesOf({ listen, far, ...change })).toEqual([])
})

test.each([
  ['far', 'bad-endpoint'],
  ['far:0', 'port-zero'],
  ['[::]:80', 'far-wildcard'],
  ['a b:80', 'far-name'],
])('a far of %s is told as %s', (far, code) => {
  expect(codesOf({ listen: '*:80', far })).toEqual([code])
})

test('hosts whose names are not known yet are not taken for one', () => {
  const client: Host = { name: '?', address: '?' }
  const one = { listen: '127.0.0.1:80', far: '127.0.0.1:80', client, server: client }
  expect(codesOf(one, text => text === '?')).toEqual([])
  expect(codesOf({ ...one, client: middle, server: { ...middle, name: '?' } }, text => text === '?')).toEqual([])
  expect(codesOf(one)).toEqual(['loop'])
})

test.each<[string, Partial<Host>, Partial<Host>, string[]]>([
  ['called alike, address unknown', { name: 'a', address: '?' }, { name: 'a', address: '203.0.113.1' }, ['same-host']],
  ['called alike, no address', { name: 'a', address: '203.0.113.1' }, { name: 'a' }, ['same-host']],
  ['called alike, one local', { name: 'a', local: true }, { name: 'a', address: '203.0.113.1' }, ['same-host']],
  ['called alike elsewhere', { name: 'a', address: '203.0.113.1' }, { name: 'a', address: '203.0.113.2' }, []],
  ['one name unknown', { name: '?', address: '203.0.113.1' }, { name: 'a', address: '203.0.113.1' }, []],
  ['called otherwise, both unknown', { name: 'a', address: '?' }, { name: 'b', address: '?' }, []],
])('client and server %s', (_, client, server, expected) => {
  const tunnel = { ...base, forward: 'remote', listen: '*:8080', far: 'far:80', client, server } as Tunnel
  const found = checkTunnel(tunnel, text => text === '?').filter(({ path }) => path.join() === 'server')
  expect(found.map(({ code }) => code)).toEqual(expected)
})

test.each<[string, Partial<Host>, string[]]>([
  ['another user', { user: 'b' }, ['one-machine']],
  ['a key that is not known yet', { hostKey: '?' }, []],
  ['a jump that is not known yet', { via: [{ name: 'j', address: '203.0.113.9', user: '?' }] }, []],
  ['another name and other addresses only', { addresses: [] }, []],
])('one machine as client and, with %s, as server', (_, change, expected) => {
  const via = [{ name: 'j', address: '203.0.113.9' }]
  const client = { ...middle, via }
  const server = { ...client, name: 'relay', ...change }
  const found = checkTunnel({ ...base, listen: '*:8080', far: 'far:80', client, server }, text => text === '?')
  expect(found.map(({ code }) => code)).toEqual(expected)
})

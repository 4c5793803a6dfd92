// Two resources of one spec or stack that want the same of a host.
import { checkTogether } from '../../schemas/check-together'
import type { Host, Middle, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const web: Tunnel = {
  name: 'web',
  forward: 'remote',
  listen: '203.0.113.20:8080',
  far: 'far:80',
  client: near,
  server: middle,
}
const told = (tunnels: readonly Tunnel[], middles: readonly Middle[] = []) =>
  checkTogether({ tunnels, middles }).map(({ code, first, second }) => [code, first, second])

test.each<[string, Partial<Tunnel>, string | null]>([
  ['the same listener', {}, 'listener-taken'],
  ['a wildcard over it', { listen: '*:8080' }, 'listener-taken'],
  [
    'the same machine under another name and login',
    { server: { ...middle, name: 'relay', user: 'a' } },
    'listener-taken',
  ],
  ['the same machine as client', { forward: 'local', client: middle }, 'listener-taken'],
  ['another port', { listen: '203.0.113.20:8081' }, null],
  ['another address', { listen: '127.0.0.1:8080' }, null],
  ['another machine', { server: { ...middle, address: '203.0.113.21' } }, null],
  ['another sshd behind that address', { server: { ...middle, port: 2222 } }, null],
  ['the other end', { forward: 'local' }, null],
])('%s', (_, change, code) => {
  expect(told([web, { ...web, name: 'other', ...change }])).toEqual(code ? [[code, 0, 1]] : [])
})

test('a port below 1024 of a remote forward takes the one behind it too', () => {
  const redirected = { ...web, listen: '203.0.113.20:443' }
  const behind = { ...web, name: 'other', listen: '203.0.113.20:24443' }
  expect(told([redirected, behind])).toEqual([['listener-taken', 0, 1]])
  expect(told([behind, redirected])).toEqual([['listener-taken', 0, 1]])
  expect(told([redirected, { ...behind, listen: '203.0.113.21:24443' }])).toEqual([])
  expect(told([{ ...redirected, forward: 'local', client: middle }, behind])).toEqual([])
})

test('a name clashes where the two have a host in common, and nowhere else', () => {
  const elsewhere = { listen: '203.0.113.21:8080', server: { ...middle, address: '203.0.113.21' } }
  expect(told([web, { ...web, ...elsewhere }])).toEqual([['name-taken', 0, 1]])
  expect(told([web, { ...web, ...elsewhere, client: { name: 'a', address: '198.51.100.7' } }])).toEqual([])
})

test('what is not known yet is the same where its text is', () => {
  const server = { name: 'vm', address: '${vm.ip}' }
  const one = { ...web, server, listen: '${vm.ip}:8080' }
  expect(told([one, { ...one, name: 'other' }])).toEqual([['listener-taken', 0, 1]])
  expect(told([one, { ...one, name: 'other', listen: '${vm.ip}:8081' }])).toEqual([])
  const unknown = checkTogether(
    { tunnels: [one, { ...one, name: 'other' }], middles: [] },
    { isUnknown: text => text.includes('$') },
  )
  expect(unknown).toEqual([])
})

test('the settings of a machine are declared once', () => {
  const settings = (name: string, host: Host) => ({ name, host, gatewayPorts: 'no' as const })
  const other = { ...middle, name: 'relay', user: 'admin' }
  expect(told([], [settings('middle', middle), settings('relay', other)])).toEqual([['settings-twice', 0, 1]])
  expect(told([], [settings('middle', middle), settings('relay', { ...other, address: 'relay.lan' })])).toEqual([])
})

test('of all pairs of addresses on one port those collide that take the same one of the host', () => {
  const addresses = [
    '*',
    '0.0.0.0',
    '[::]',
    'localhost',
    '127.0.0.1',
    '127.0.0.2',
    '[::1]',
    '203.0.113.20',
    '[2001:db8::1]',
    '[2001:DB8:0::1]',
  ]
  const collide = (a: string, b: string) =>
    told([a, b].map((address, at) => ({ ...web, name: `t${at}`, listen: `${address}:8080` }))).length > 0
  const met = addresses.map(a => addresses.map(b => (collide(a, b) ? 'x' : '.')).join(''))
  expect(met).toEqual([
    'xxxxxxxxxx', // *
    'xx.xxx.x..', // 0.0.0.0
    'x.xx..x.xx', // [::]
    'xxxxx.x...', // localhost
    'xx.xx.....', // 127.0.0.1
    'xx...x....', // 127.0.0.2
    'x.xx..x...', // [::1]
    'xx.....x..', // 203.0.113.20
    'x.x.....xx', // [2001:db8::1]
    'x.x.....xx',
  ])
})

test.each<[string, string, boolean]>([
  ['*:80', '[::1]:80', true],
  ['[2001:db8::1]:80', '*:80', true],
  ['0.0.0.0:80', '10.0.0.1:80', true],
  ['10.0.0.1:80', '0.0.0.0:80', true],
  ['[::]:80', '[2001:db8::1]:80', true],
  ['[2001:db8:0::1]:80', '2001:db8::1/80', true],
  ['0.0.0.0:80', '[::]:80', false],
  ['0.0.0.0:80', '[2001:db8::1]:80', false],
  ['10.0.0.1:80', '10.0.0.2:80', false],
  ['localhost:80', '127.0.0.1:80', true],
  ['[::1]:80', 'localhost:80', true],
  ['localhost:80', '0.0.0.0:80', true],
  ['[::]:80', 'localhost:80', true],
  ['localhost:80', 'localhost:80', true],
  ['localhost:80', '127.0.0.2:80', false],
  ['localhost:80', '10.0.0.1:80', false],
  ['[2001:db8::1]:80', 'localhost:80', false],
  ['*:0', '*:0', false],
  ['?', '?', true],
  ['?', '*:80', false],
  ['?', '??', false],
])('listeners on %s and %s', (listen, other, collide) => {
  const local = { ...web, forward: 'local' } as const
  expect(
    told([
      { ...local, listen },
      { ...local, name: 'other', listen: other },
    ]),
  ).toEqual(collide ? [['listener-taken', 0, 1]] : [])
})

test.each<[string, Partial<Tunnel>, string, boolean]>([
  ['hosts that are called alike', { server: { name: 'vm', address: '?' } }, 'listener-taken', true],
  ['hosts that are called alike, by machine', { server: { name: 'vm', address: '?' } }, 'listener-taken', false],
  ['hosts whose names are not known yet', { server: { name: '?', address: '?' } }, '', true],
  ['listeners that are not known yet', { listen: '?' }, '', true],
  ['a forward that is missing', { forward: undefined as never }, '', true],
  ['names that are not known yet', { name: '?', listen: '?' }, '', true],
])('%s', (_, change, code, namesTell) => {
  const options = { isUnknown: (text: string) => text === '?', namesTell }
  const tunnels = [
    { ...web, ...change },
    { ...web, name: 'other', client: { name: 'b', address: 'b' }, ...change },
  ]
  const codes = checkTogether({ tunnels, middles: [] }, options).map(clash => clash.code)
  expect(codes).toEqual(code && namesTell ? [code] : [])
})

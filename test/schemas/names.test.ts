// What a tunnel and its things are called: in Terraform, on the hosts, on ssh's command line.
import { formatAddress, parseAddress } from '../../schemas/address'
import { accountOf, commandOf, endpointOf, tunnelOfAccount, unitOf } from '../../schemas/describe-tunnel'
import { flagOf, forwardsOf } from '../../schemas/forward'
import { legalName } from '../../schemas/legal-name'
import { snakeKeys, snakePath } from '../../schemas/snake-case'
import { terraformName } from '../../schemas/terraform-name'
import type { Host, Tunnel } from '../../schemas/types'
import { asSingle } from '../single'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const both: Host = { ...middle, addresses: ['2001:db8::20'] }
const web: Tunnel = {
  name: 'web',
  forward: 'remote',
  listen: '203.0.113.20:8080',
  far: '::1/80',
  client: near,
  server: middle,
}

test.each([
  ['web', 'web'],
  ['1web', '_1web'],
  ['_web', '_web'],
  ['a-1_B', 'a-1_B'],
  ['middle.lan', null],
  ['.a', null],
  ['-a', null],
  ['', null],
])('Terraform calls %j %j', (name, expected) => {
  expect(terraformName(name)).toBe(expected)
})

test.each([
  ['a  b', 'a-b'],
  [`${'x'.repeat(45)}`, 'x'.repeat(40)],
  [`${'x'.repeat(39)}..y`, 'x'.repeat(39)],
  ['--', 'stack'],
])('the legal name of %j is %s', (text, name) => {
  expect(legalName(text)).toBe(name)
})

test('keys become snake_case at every depth, values stay', () => {
  const value = { hostKey: 'aB', viaJumps: [{ identityFile: null }, 'cD', 1], isLocal: false }
  expect(snakeKeys(value)).toEqual({ host_key: 'aB', via_jumps: [{ identity_file: null }, 'cD', 1], is_local: false })
})

test('what is not ours to name keeps its name, in the data and in a path through it', () => {
  const value = { openPorts: 1, extra: { LoginGraceTime: [30] }, labels: { 'costCentre/DNS': 'aB', cost_centre: 'c' } }
  expect(snakeKeys(value)).toEqual({ ...value, openPorts: undefined, open_ports: 1 })
  expect(snakePath(['forwards', 0, 'labels', 'costCentre'])).toEqual(['forwards', 0, 'labels', 'costCentre'])
  expect(snakePath(['client', 'hostKey'])).toEqual(['client', 'host_key'])
})

test.each<[string, Partial<Tunnel>, string]>([
  ['an address', {}, '203.0.113.20:8080'],
  ['the slash form', { listen: '2001:db8::20/80' }, '[2001:db8::20]:80'],
  ['all addresses', { listen: '*:80' }, '203.0.113.20:80'],
  ['all of IPv6', { listen: '[::]:80', server: both }, '[2001:db8::20]:80'],
  ['all of a family that it has not', { listen: '[::]:80' }, '[::]:80'],
  ['all of a host known by name', { listen: '0.0.0.0:80', server: { name: 'a', address: 'a.lan' } }, 'a.lan:80'],
  ['all of this machine', { forward: 'local', listen: '*:80' }, 'localhost:80'],
  ['what is none', { listen: '?' }, '?'],
])('the endpoint of %s', (_, change, endpoint) => {
  expect(endpointOf(asSingle({ ...web, ...change }))).toBe(endpoint)
})

test.each<[Partial<Tunnel>, string]>([
  [{}, 'ssh -N -R 203.0.113.20:8080:[::1]:80 tun-web@203.0.113.20'],
  [{ forward: 'local' }, 'ssh -N -L 203.0.113.20:8080:[::1]:80 tun-web@203.0.113.20'],
  [{ server: { ...middle, port: 2222 } }, 'ssh -N -R 203.0.113.20:8080:[::1]:80 -p 2222 tun-web@203.0.113.20'],
  [{ client: middle }, 'ssh -N -R 203.0.113.20:8080:[::1]:80 tun-web@127.0.0.1'],
  [{ client: middle, server: near }, 'ssh -N -R 203.0.113.20:8080:[::1]:80 tun-web@127.0.0.1'],
])('its ssh command line (%#)', (change, command) => {
  expect(commandOf({ ...web, ...change })).toBe(command)
})

test("a tunnel's account and unit carry its name, and the account tells it", () => {
  expect([accountOf('web'), unitOf(web)]).toEqual(['tun-web', 'tunnel-web.service'])
  expect(['tun-web', 'web', 'web-tun-', 'root'].map(tunnelOfAccount)).toEqual(['web', null, null, null])
})

test('what is forwarded is read once for all, and written as on the command line', () => {
  expect(forwardsOf(web).map(flagOf)).toEqual(['-R 203.0.113.20:8080:[::1]:80'])
  expect(forwardsOf({ ...web, forward: 'local', far: '/run/a.sock' }).map(flagOf)).toEqual([
    '-L 203.0.113.20:8080:/run/a.sock',
  ])
  expect(parseAddress('/run/a.sock')).toEqual({ kind: 'socket', path: '/run/a.sock' })
  expect(parseAddress('far:80')).toEqual({ kind: 'tcp', host: 'far', port: 80 })
  expect(formatAddress(parseAddress('::1/80'))).toBe('[::1]:80')
  for (const text of ['/a b', '/a\nMatch all', '/a\u0000', 'a/', 'far', '']) expect(() => parseAddress(text)).toThrow()
})

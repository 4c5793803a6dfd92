// Jump hosts of a tunnel: which ways are none, and what the rest of the house makes of the others.
import { checkTogether } from '../../schemas/check-together'
import { checkTunnel } from '../../schemas/check-tunnel'
import { commandOf } from '../../schemas/describe-tunnel'
import type { Host, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', address: '198.51.100.10' }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const gate: Host = { name: 'gate', address: '198.18.0.40', port: 2222 }
const far: Host = { name: 'far', address: '192.0.2.130' }

const over = (jumps: Host[], rest: Partial<Tunnel> = {}): Tunnel => ({
  name: 'page',
  forward: 'local',
  listen: '127.0.0.1:5432',
  far: '127.0.0.1:80',
  client: near,
  jumps,
  server: far,
  ...rest,
})
const said = (tunnel: Tunnel) => checkTunnel(tunnel).map(({ path, code }) => `${path.join('.')} ${code}`)

test('a way from host to host is one', () => {
  expect(said(over([middle, gate]))).toEqual([])
})

test('a host stands on the way once, and is none of its ends', () => {
  expect(said(over([near, middle]))).toEqual(['jumps.0 same-host'])
  expect(said(over([middle, far]))).toEqual(['jumps.1 same-host'])
  expect(said(over([middle, gate, { ...middle, name: 'again' }]))).toEqual(['jumps.2 same-host'])
})

test('a tunnel of a host to itself goes over none', () => {
  expect(said(over([middle], { server: near }))).toEqual(['jumps same-host'])
})

test('a jump host that is this machine is found at an address of its own', () => {
  expect(said(over([{ name: 'here', local: true }]))).toEqual(['jumps.0 no-address'])
  expect(said(over([{ name: 'here', local: true, address: '192.0.2.10' }]))).toEqual([])
  expect(said(over([middle], { server: { name: 'here', local: true } }))).toEqual(['server no-address'])
})

test('what is wrong with a jump host is told at its place', () => {
  expect(said(over([middle, { name: 'gate', address: 'gate:22' }]))).toEqual(['jumps.1.address bad-address'])
  expect(said(over([{ name: 'gate', address: 'fe80::40%eth0' }]))).toEqual(['jumps.0 jump-zone'])
})

test('no more than sixteen', () => {
  const many = Array.from({ length: 17 }, (_, at) => ({ name: `jump${at}`, address: `203.0.113.${100 + at}` }))
  expect(said(over(many))).toEqual(['jumps too-many-jumps'])
})

test('two tunnels of one name clash on a jump host too', () => {
  const other = over([], { client: middle, server: { name: 'other', address: '192.0.2.131' }, jumps: undefined })
  const tunnels = [over([middle, gate]), other]
  expect(checkTogether({ tunnels, middles: [] }).map(({ code, second }) => [code, second])).toEqual([['name-taken', 1]])
})

test('the command that it stands for names them as ssh -J does', () => {
  const six: Host = { name: 'six', address: '2001:DB8::40' }
  expect(commandOf(over([middle, gate, six]))).toBe(
    'ssh -N -L 127.0.0.1:5432:127.0.0.1:80 -J tun-page@203.0.113.20,tun-page@198.18.0.40:2222,tun-page@[2001:db8::40] tun-page@192.0.2.130',
  )
})

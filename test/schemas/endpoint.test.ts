// Endpoints, addresses and networks as people write them.
import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import {
  boundFor,
  canonical,
  familyOf,
  formatEndpoint,
  isAddress,
  isHostName,
  isLoopback,
  isNetwork,
  isWildcard,
  parseEndpoint,
  requireHost,
  requireNetwork,
  sameHost,
  splitZone,
} from '../../schemas/endpoint'
import { tries } from '../tries'

test.each([
  ['203.0.113.20:110', '203.0.113.20', 110],
  ['server935:22', 'server935', 22],
  ['[2001:db8::20]:110', '2001:db8::20', 110],
  ['*:8080', '*', 8080],
  ['0.0.0.0:0', '0.0.0.0', 0],
  ['203.0.113.20/110', '203.0.113.20', 110],
  ['2001:db8::20/110', '2001:db8::20', 110],
  ['[2001:db8::20]/65535', '2001:db8::20', 65535],
])('%s is an endpoint', (text, host, port) => {
  expect(parseEndpoint(text)).toEqual({ host, port })
  expect(parseEndpoint(formatEndpoint({ host, port }))).toEqual({ host, port })
})

test.each([
  ['server935', 'has no port'],
  ['server935:', 'has no port'],
  ['203.0.113.20', 'has no port'],
  ['[2001:db8::20]', 'has no port'],
  ['22', 'has a port but no host'],
  [':22', 'has a port but no host'],
  ['2001:db8::20', 'needs brackets around its IPv6 address, and a port'],
  ['1:2:3:4:5:6:7:8:22', 'has an IPv6 address without brackets'],
  ['[server935]:22', 'has brackets around something that is not an IPv6 address'],
  ['server935:65536', 'has a port that is not a number from 1 to 65535: 65536'],
  ['server935:022', 'has a port that is not a number from 1 to 65535: 022'],
  ['server935:ssh', 'has a port that is not a number from 1 to 65535: ssh'],
  ['a:b:22', 'is not HOST:PORT'],
  ['203.0.113.20:110/server935/22', 'is not HOST:PORT'],
  ['', 'has no port'],
  ['x[::1]:22', 'is not HOST:PORT'],
  ['[::1]:22/x', 'is not HOST:PORT'],
  ['x[::1]', 'is not HOST:PORT'],
  ['[::1]x', 'is not HOST:PORT'],
  ['server935/22/x', 'is not HOST:PORT'],
  ['a:b/22', 'is not HOST:PORT'],
  ['1:2:3:4:5:6:7:8:22222', 'has an IPv6 address without brackets'],
])('%j is no endpoint: it %s', (text, error) => {
  expect(parseEndpoint(text)).toEqual({ error })
})

test.each([
  'far\nExecStartPre=+touch pwned\n#$' + '{:80',
  'any\nMatch all\nPermitEmptyPasswords yes\n#$' + '{:80',
  'a b:80',
  'a\t:80',
  'a\u0000:80',
  'a\u001b[31m:80',
  '"a":80',
  '%h:80',
  '-oProxyCommand=id:80',
  'münchen:80',
  'fe80::1%eth0:80',
  '[fe80::1%]:80',
  '[fe80::1%2]:80',
  '[fe80::1%-i]:80',
  '[fe80::1%eth0 ]:80',
  '[fe80::1%a%b]:80',
  '[2001:db8::1%eth0]:80',
  '192.0.2.300:80',
  'x$' + '{y}:80',
  'far:80\n',
  '\nfar:80',
])('%j is no endpoint', text => {
  expect(parseEndpoint(text)).toHaveProperty('error')
})

test('what is no network or host does not get past the guards of the engine', () => {
  expect(['10.0.0.0/8', '::1'].map(requireNetwork)).toEqual(['10.0.0.0/8', '::1'])
  expect(['middle.lan', '::1'].map(requireHost)).toEqual(['middle.lan', '::1'])
  for (const text of ['1.1.1.1 accept; flush ruleset; $' + '{', '1.1.1.1\n', 'fe80::1%eth0; x', '']) {
    expect(() => requireNetwork(text)).toThrow('is not an IP address or network')
    expect(() => requireHost(text)).toThrow('is not a host name or IP address')
  }
})

test('addresses have no prefix and no zone, networks may have a prefix', () => {
  for (const text of ['203.0.113.20', '::', '2001:db8::1'])
    expect([isAddress(text), isNetwork(text)]).toEqual([true, true])
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '::/0', '2001:db8::/128']) {
    expect([isAddress(text), isNetwork(text)]).toEqual([false, true])
  }
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '::/129',
    '10.0.0.0/8/8',
    'all',
    'fe80::1%eth0',
    '10.1',
  ]) {
    expect([isAddress(text), isNetwork(text)]).toEqual([false, false])
  }
})

test('loopback, wildcard and family are seen through their spellings', () => {
  expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1'].every(isLoopback)).toBe(true)
  expect(['128.0.0.1', '::2', 'local', '*', '::1%lo', '0x7f.1', '::ffff:127.0.0.1'].some(isLoopback)).toBe(false)
  expect(['*', '0.0.0.0', '::', '0:0::0'].every(isWildcard)).toBe(true)
  expect(['::1', '0.0.0.1', '0', '::%lo', ''].some(isWildcard)).toBe(false)
  expect(['203.0.113.0/24', '::/0', '*', 'server935'].map(familyOf)).toEqual([4, 6, null, null])
  expect(familyOf('fe80::1%eth0')).toBe(6)
  expect(sameHost('FE80:0::1%eth0', 'fe80::1%eth0')).toBe(true)
  expect(sameHost('fe80::1%Eth0', 'fe80::1%eth0')).toBe(false)
  expect(splitZone('fe80::1%eth0')).toEqual({ address: 'fe80::1', device: 'eth0' })
  expect(sameHost('2001:DB8:0::20', '2001:db8::20')).toBe(true)
  expect(sameHost('Server935', 'server935')).toBe(true)
  expect(sameHost('203.0.113.2', '203.0.113.20')).toBe(false)
})

test.each([
  ['::FFFF:127.0.0.1', '::ffff:127.0.0.1'],
  ['::ffff:7f00:1', '::ffff:127.0.0.1'],
  ['0:0:0:0:0:ffff:0:1', '::ffff:0.0.0.1'],
  ['0:0:1:0:0:1:1:1', '::1:0:0:1:1:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0::', '1::'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
])('%s is written as ssh writes it: %s', (given, written) => {
  expect(canonical(given)).toBe(written)
})

test('addresses are written as inet_ntop(3) writes them', () => {
  const word = fc.constantFrom('0', '0', 'ffff', '1', 'db8')
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), words => {
      const text = words.join(':')
      fc.pre(isAddress(text) && words.slice(0, 7).some(one => one !== '0'))
      expect(canonical(text)).toBe(new SocketAddress({ address: text, family: 'ipv6' }).address)
    }),
    tries(300),
  )
})

test('no address has IPv4 behind :: alone: what reads it takes it for another', () => {
  expect(['::1.2.3.4', '::102:304', '::0.0.0.5', '0:0:0:0:0:0:1.2.3.4', '::1:2'].filter(isAddress)).toEqual([])
  expect(['::', '::1', '::5', '::ffff:1.2.3.4', '::1:0:0', '1::1.2.3.4'].every(isAddress)).toBe(true)
  expect(parseEndpoint('[::1.2.3.4]:80')).toMatchObject({ host: '::1.2.3.4', error: expect.any(String) })
})

test('localhost is both loopback addresses', () => {
  expect(['localhost', '127.0.0.1', '*'].map(boundFor)).toEqual([['127.0.0.1', '::1'], ['127.0.0.1'], ['*']])
})

test('host names are plain ASCII and never an option, a number or a command', () => {
  expect(['1and1.com', 'a.1b', '9.a', 'a'.repeat(253)].every(isHostName)).toBe(true)
  expect(['server935', 'web.lan', 'a_b', 'xn--mnchen-3ya.de', 'far.'].every(isHostName)).toBe(true)
  const bad = [
    '-oProxyCommand=id',
    'a b',
    '$(id)',
    'a;b',
    'münchen',
    '192.0.2.300',
    '1.2',
    'a..b',
    '',
    'a/b',
    '.',
    'a'.repeat(254),
  ]
  expect(bad.filter(isHostName)).toEqual([])
})

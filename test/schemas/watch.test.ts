// A resident proof that could never get to its port is a mistake in the spec, and says which.
import { findMistakes } from '../../schemas/find-mistakes'

// All that is for documentation is private to nobody.
const near = { name: 'near', address: '198.51.100.10' }
const middle = { name: 'middle', address: '203.0.113.20' }
const remote = {
  name: 'web',
  forward: 'remote',
  listen: '203.0.113.20:80',
  far: 'far:80',
  client: near,
  server: middle,
}

test.each([
  ['nothing', {}, undefined],
  ['a local forward on loopback', { forward: 'local', client: middle, listen: '127.0.0.1:80' }, undefined],
  ['the client among allowFrom', { allowFrom: ['192.0.2.1', '198.51.100.0/24'] }, undefined],
  [
    'a client of which nobody knows the address',
    { allowFrom: ['192.0.2.1'], client: { name: 'near', local: true } },
    undefined,
  ],
  ['allowFrom without the client', { allowFrom: ['192.0.2.0/24'] }, 'allowFrom does not let it in'],
  [
    'a client behind a NAT, which the server sees by another address',
    { allowFrom: ['192.0.2.1'], client: { name: 'near', address: '10.1.2.3' } },
    undefined,
  ],
  [
    'another of the client’s addresses among allowFrom',
    { allowFrom: ['192.0.2.0/24'], client: { ...near, addresses: ['192.0.2.7'] } },
    undefined,
  ],
  [
    'none of the client’s addresses among allowFrom',
    { allowFrom: ['192.0.2.0/24'], client: { ...near, addresses: ['198.51.100.11'] } },
    'allowFrom does not let it in',
  ],
  ['a webhook', { watch: { webhook: 'https://hooks.example/a?b=c%20d' } }, undefined],
  ['a file that holds one', { watch: { webhook: '/etc/hooks/address' } }, undefined],
  ['a hook and a webhook', { watch: { hook: ['true'], webhook: '/a' } }, 'either a hook or a webhook'],
  ['a webhook that is no address', { watch: { webhook: 'ftp://hooks.example' } }, 'must match pattern'],
  ['a far of which nobody knows what it speaks', { far: 'far:9000' }, undefined],
  ['the same by a probe that says tcp', { probe: 'tcp' }, undefined],
  [
    'the same from the server, whose sshd does not dial far',
    { far: 'far:9000', watch: { on: 'server' } },
    'watch on middle cannot tell whether far:9000 answers',
  ],
  [
    'the same of a local forward from the client',
    { forward: 'local', client: middle, server: near, listen: '203.0.113.20:80', far: 'far:9000' },
    'watch on middle cannot tell whether far:9000 answers',
  ],
  [
    'the same of a local forward from the server',
    {
      forward: 'local',
      client: middle,
      server: near,
      listen: '203.0.113.20:80',
      far: 'far:9000',
      watch: { on: 'server' },
    },
    undefined,
  ],
  [
    'the same of a host with itself',
    { forward: 'local', client: middle, server: middle, listen: '127.0.0.1:80', far: 'far:9000' },
    undefined,
  ],
  [
    'a loopback address of the client, from the server',
    { forward: 'local', client: middle, server: near, listen: '127.0.0.1:80', watch: { on: 'server' } },
    '127.0.0.1 is reached from middle itself only, and watch proves far from near',
  ],
  ['a loopback address of the server, from there', { listen: '127.0.0.1:80', watch: { on: 'server' } }, undefined],
  ['allowFrom without the server, from there', { allowFrom: ['192.0.2.0/24'], watch: { on: 'server' } }, undefined],
  ['a far on a port of those that greet', { far: 'far:25' }, undefined],
  ['a far that is said to speak', { far: 'far:9000', probe: 'http warn' }, undefined],
  ['a loopback address of the server', { listen: '127.0.0.1:80' }, 'is reached from middle itself only'],
  ['probe: none', { probe: 'none' }, 'probe: none says that nothing does'],
])('%s', (_what, more, message) => {
  const found = findMistakes('tunnel', { ...remote, watch: {}, ...more }).filter(({ path }) => path[0] === 'watch')
  expect(found.map(one => one.message)).toEqual(message === undefined ? [] : [expect.stringContaining(message)])
  expect(found.every(({ hint }) => hint)).toBe(true)
  expect(
    findMistakes('tunnel', { ...remote, ...more, watch: undefined }).filter(({ path }) => path[0] === 'watch'),
  ).toEqual([])
})

test.each([
  [{ every: '14s' }, ['watch', 'every']],
  [{ every: '0s' }, ['watch', 'every']],
  [{ every: '5' }, ['watch', 'every']],
  [{ hook: [] }, ['watch', 'hook']],
  [{ hook: ['sh\n'] }, ['watch', 'hook', 0]],
  [{ hook: 'sh' }, ['watch', 'hook']],
  [{ on: 'far' }, ['watch', 'on']],
])('%j is a mistake', (watch, path) => {
  expect(findMistakes('tunnel', { ...remote, watch }).map(one => one.path)).toEqual([path])
})

test.each(['15s', '20s', '99s', '100s', '9999s', '1min', '9999h'])('every %s is none', every => {
  expect(findMistakes('tunnel', { ...remote, listen: '203.0.113.20:8080', watch: { every } })).toEqual([])
})

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
  ['a far of which nobody knows what it speaks', { far: 'far:9000' }, 'cannot tell whether far:9000 answers'],
  ['the same by a probe that says tcp', { probe: 'tcp' }, 'cannot tell whether far:80 answers'],
  [
    'the same of a local forward',
    { forward: 'local', client: middle, listen: '127.0.0.1:80', far: 'far:9000' },
    'cannot tell',
  ],
  ['a far on a port of those that greet', { far: 'far:25' }, undefined],
  ['a far that is said to speak', { far: 'far:9000', probe: 'http warn' }, undefined],
  ['a loopback address of the server', { listen: '127.0.0.1:80' }, 'is reached from middle itself only'],
  ['probe: none', { probe: 'none' }, 'probe: none says that nothing does'],
])('%s', (_what, more, message) => {
  const found = findMistakes('tunnel', { ...remote, ...more, watch: {} }).filter(({ path }) => path[0] === 'watch')
  expect(found.map(one => one.message)).toEqual(message === undefined ? [] : [expect.stringContaining(message)])
  expect(found.every(({ hint }) => hint)).toBe(true)
  expect(findMistakes('tunnel', { ...remote, ...more }).filter(({ path }) => path[0] === 'watch')).toEqual([])
})

test.each([
  [{ every: '14s' }, ['watch', 'every']],
  [{ every: '0s' }, ['watch', 'every']],
  [{ every: '5' }, ['watch', 'every']],
  [{ hook: [] }, ['watch', 'hook']],
  [{ hook: ['sh\n'] }, ['watch', 'hook', 0]],
  [{ hook: 'sh' }, ['watch', 'hook']],
])('%j is a mistake', (watch, path) => {
  expect(findMistakes('tunnel', { ...remote, watch }).map(one => one.path)).toEqual([path])
})

test.each(['15s', '20s', '99s', '100s', '9999s', '1min', '9999h'])('every %s is none', every => {
  expect(findMistakes('tunnel', { ...remote, listen: '203.0.113.20:8080', watch: { every } })).toEqual([])
})

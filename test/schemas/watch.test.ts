// A resident proof that could never get to its port is a mistake in the spec, and says which.
import { findMistakes } from '../../schemas/find-mistakes'

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
  ['a loopback address of the server', { listen: '127.0.0.1:80' }, 'is reached from middle itself only'],
  ['probe: none', { probe: 'none' }, 'probe: none says that nothing does'],
])('%s', (_what, more, message) => {
  const found = findMistakes('tunnel', { ...remote, ...more, watch: {} }).filter(({ path }) => path[0] === 'watch')
  expect(found.map(one => one.message)).toEqual(message === undefined ? [] : [expect.stringContaining(message)])
  expect(found.every(({ hint }) => hint)).toBe(true)
  expect(findMistakes('tunnel', { ...remote, ...more }).filter(({ path }) => path[0] === 'watch')).toEqual([])
})

test.each([
  [{ every: '0s' }, ['watch', 'every']],
  [{ every: '5' }, ['watch', 'every']],
  [{ hook: [] }, ['watch', 'hook']],
  [{ hook: ['sh\n'] }, ['watch', 'hook', 0]],
  [{ hook: 'sh' }, ['watch', 'hook']],
])('%j is a mistake', (watch, path) => {
  expect(findMistakes('tunnel', { ...remote, watch }).map(one => one.path)).toEqual([path])
})

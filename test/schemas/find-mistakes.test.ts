// Mistakes in a resource from outside: in its shape or beyond it, where parts of it may not be known yet.
import { findMistakes } from '../../schemas/find-mistakes'

const middle = { name: 'middle', address: '203.0.113.20' }
const tunnel = { name: 'web', forward: 'local', listen: '*:80', far: 'far:81', client: middle, server: middle }
const isUnknown = (text: string) => text === '?'
const tell = (type: 'tunnel' | 'middle', input: unknown) =>
  findMistakes(type, input, isUnknown).map(({ path, code }) => [path.join('.'), code].join(' '))

test.each<[string, object, string[]]>([
  ['right', {}, []],
  ['of a wrong shape, and nothing else is told', { far: 5, listen: 'x' }, ['far bad-shape']],
  ['with an entry of a wrong shape', { allowFrom: ['10.0.0.0/8', 5] }, ['allowFrom.1 bad-shape']],
  ['right in its shape alone', { listen: 'x', far: '?' }, ['listen bad-endpoint']],
  ['with an unknown list', { allowFrom: '?', listen: 'x' }, ['listen bad-endpoint']],
  ['with an unknown number', { serverAlive: { interval: '?' }, listen: 'x' }, ['listen bad-endpoint']],
  ['with an unknown client', { client: '?', listen: '203.0.113.9:22', far: '0.0.0.0:1' }, ['far far-wildcard']],
  ['with an unknown port of its host', { client: { ...middle, port: '?' }, server: middle, listen: '*:22' }, []],
  ['with an unknown word', { forward: '?', listen: 'x' }, ['listen bad-endpoint']],
  ['with labels', { labels: { 'app.io/Name': 'a b \u00e9', a: '?' } }, []],
  ['with an unknown map of labels', { labels: '?' }, []],
  [
    'with labels that have no name',
    { labels: { 'a b': 'x', '': 'x', '1': 'x' } },
    ['labels.1 bad-shape', 'labels.a b bad-shape', 'labels. bad-shape'],
  ],
  [
    'with labels that say nothing in a line',
    { labels: { a: '', b: 'x\ny', c: 5 } },
    ['labels.a bad-shape', 'labels.b bad-shape', 'labels.c bad-shape'],
  ],
  [
    'with a forward from an unknown host',
    {
      ...{ forward: undefined, listen: undefined, far: undefined },
      forwards: [{ forward: 'local', listen: '127.0.0.1:80', far: 'far:81', probeFrom: '?' }],
    },
    [],
  ],
  ['from an unknown host', { probeFrom: '?', listen: '127.0.0.1:80' }, []],
])('a tunnel %s', (_, change, expected) => {
  expect(tell('tunnel', { ...tunnel, ...change })).toEqual(expected)
})

test.each<[string, object, string[]]>([
  ['right', {}, []],
  ['with a port that is no number', { openPorts: [{ port: 80 }, { port: 'x' }] }, ['openPorts.1.port bad-shape']],
  [
    'with an unknown entry before a wrong one',
    { openPorts: ['?', { port: '?' }, { port: 80, address: 'x' }] },
    ['openPorts.2.address bad-address'],
  ],
  ['with an unknown host', { host: '?', openPorts: [{ port: 80, address: '10.0.0.1' }] }, []],
  ['with unknown sources', { openPorts: [{ port: 80, address: 'x', from: '?' }] }, ['openPorts.0.address bad-address']],
])('a middle %s', (_, change, expected) => {
  expect(tell('middle', { name: 'middle', host: middle, ...change })).toEqual(expected)
})

test('a mistake in the shape says what is there, and what might be', () => {
  const first = (change: object) => findMistakes('tunnel', { ...tunnel, ...change })[0]
  expect(first({ forward: 'sideways' })).toMatchObject({ path: ['forward'], allowed: ['local', 'remote', 'dynamic'] })
  expect(first({ prot: 1 })).toMatchObject({ path: [], message: expect.stringMatching(/: prot$/) })
  expect(first({ far: 5 })).toMatchObject({ message: 'must be string', hint: expect.any(String) })
  expect(first({ allowFrom: [] })).toMatchObject({ path: ['allowFrom'], hint: expect.stringContaining('everybody') })
  expect(first({ far: '?' })?.path).toEqual(['far'])
})

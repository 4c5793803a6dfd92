// How a tunnel is proved: what far speaks, from where it is asked, and what its silence means.
import { checkTunnel } from '../../schemas/check-tunnel'
import { isToMend, onlyWarns, probeKind } from '../../schemas/probe'
import type { Host, Proof, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const other: Host = { name: 'other', address: '203.0.113.30' }
const base: Tunnel = {
  name: 't',
  forward: 'local',
  listen: '203.0.113.20:8080',
  far: 'far:80',
  client: middle,
  server: middle,
}
const find = (change: Partial<Tunnel>) =>
  checkTunnel({ ...base, ...change }, text => text === '?')
    .filter(({ path }) => String(path[0]).startsWith('probe'))
    .map(({ path, code }) => `${path.join('.')} ${code}`)

test.each([
  [undefined, 'far:22', 'ssh'],
  [undefined, 'far:443', 'tls'],
  [undefined, 'far:80', 'http'],
  [undefined, 'far:8080', 'http'],
  [undefined, 'far:81', 'tcp'],
  [undefined, '?', 'tcp'],
  ['warn', 'far:22', 'ssh'],
  ['tls', 'far:22', 'tls'],
  ['http warn', 'far:22', 'http'],
  ['none', 'far:80', 'none'],
] as const)('a probe of %s at %s is of %s', (probe, far, kind) => {
  expect(probeKind({ probe, far })).toBe(kind)
})

test.each<[Tunnel['probe'], Proof['answered'], Proof['evidence'], boolean]>([
  [undefined, false, 'no answer', true],
  ['http', false, 'no answer', true],
  ['warn', false, 'no answer', false],
  ['http warn', false, 'no answer', false],
  ['warn', false, 'tcp' as Proof['evidence'], true],
  [undefined, true, 'tcp' as Proof['evidence'], false],
  [undefined, null as Proof['answered'], 'no answer', false],
])('with probe %s an answered of %s by %s is to mend: %s', (probe, answered, evidence, expected) => {
  expect(isToMend({ probe }, { answered, evidence })).toBe(expected)
  expect(onlyWarns({ probe })).toBe(Boolean(probe?.endsWith('warn')))
})

test.each<[string, Partial<Tunnel>, string[]]>([
  ['a status of a probe that is no http', { far: 'far:22', probeStatus: ['200'] }, ['probeStatus no-status']],
  ['a status of http by the port', { probeStatus: ['200'] }, []],
  ['a status of http by name', { far: 'far:81', probe: 'http warn', probeStatus: ['200'] }, []],
  ['a status where far is unknown', { far: '?', probeStatus: ['200'] }, []],
  ['a status where the probe is unknown', { far: 'far:22', probe: '?' as never, probeStatus: ['200'] }, []],
  ['from a host that is wrong', { probeFrom: { name: 'a' } }, ['probeFrom.address no-address']],
  ['from elsewhere', { probeFrom: other }, []],
  ['loopback from elsewhere', { listen: 'localhost:8080', probeFrom: other }, ['probeFrom probe-elsewhere']],
  ['loopback from here', { listen: '127.0.0.1:8080', probeFrom: near }, ['probeFrom probe-elsewhere']],
  ['loopback from itself', { listen: '127.0.0.1:8080', probeFrom: { ...middle, name: 'relay', user: 'a' } }, []],
  ['loopback from an unknown name', { listen: '127.0.0.1:8080', probeFrom: { ...other, name: '?' } }, []],
  ['loopback from an unknown address', { listen: '127.0.0.1:8080', probeFrom: { ...other, address: '?' } }, []],
  ['a listener that is wrong', { listen: 'x', probeFrom: other }, []],
  ['a listener that is unknown', { listen: '?', probeFrom: other }, []],
  ['a wildcard', { listen: '*:8080', probeFrom: other }, []],
  ['a wildcard of no own family', { listen: '[::]:8080', probeFrom: other }, ['probeFrom probe-elsewhere']],
])('%s', (_, change, expected) => {
  expect(find(change)).toEqual(expected)
})

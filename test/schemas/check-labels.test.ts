// Labels: which are refused although each is one, and whose they are where tunnels share a connection.
import { checkLabels } from '../../schemas/check-labels'
import { singlesOf } from '../../schemas/forward'
import { metricLabel, withoutLabels } from '../../schemas/labels'
import { checkShared, type DeclaredTunnel, joinShared } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'

const middle = { name: 'middle', address: '203.0.113.20' }
const ends = { client: middle, server: middle, forward: 'local', far: 'far:22' } as const
const web: Tunnel = { ...ends, name: 'web', listen: '203.0.113.20:8080' }
const forward = {
  forward: 'local',
  listen: '203.0.113.20:8080',
  far: 'far:22',
  labels: { 'a.b': 'c', 'a/b': 'd' },
} as const

test.each<[string, Partial<Tunnel>, string[]]>([
  ['none', {}, []],
  ['some', { labels: { team: 'web', Team: 'web' } }, []],
  [
    'two that are one in metrics',
    { labels: { 'a.b': 'x', 'a-b': 'y', a_b: 'z' } },
    ['a-b same-label', 'a_b same-label'],
  ],
  ['those of a forward', { forwards: [{ ...forward, labels: { team: 'a' } }] }, ['forwards.0.labels forward-labels']],
  ['two of a tunnel that shares', { shared: true, forwards: [forward] }, ['forwards.0.labels.a/b same-label']],
])('of labels, %s', (_, change, expected) => {
  const told = checkLabels({ ...web, ...change }).map(({ path, code }) => `${path.join('.')} ${code}`)
  expect(told).toEqual(expected.map(one => (/^forwards/.test(one) ? one : `labels.${one}`)))
})

test('each of those that share a connection has its own, and they are no difference', () => {
  const share = { connection: 'shared', connectionName: 'both' } as const
  const declared: DeclaredTunnel[] = [
    { ...web, ...share, labels: { team: 'web' } },
    {
      ...{ client: middle, server: middle, ...share, name: 'mail', labels: { team: 'mail' } },
      forwards: [25, 143].map(port => ({ forward: 'local', listen: `203.0.113.20:${port}`, far: 'far:22' })),
    },
    { ...web, ...share, name: 'other', listen: '203.0.113.20:8081' },
  ]
  expect(checkShared(declared)).toEqual([])
  const [both] = joinShared(declared) as [Tunnel]
  expect(both.labels).toBeUndefined()
  expect(singlesOf(both).map(({ label, labels }) => [label, labels])).toEqual([
    ['web', { team: 'web' }],
    ['mail/1', { team: 'mail' }],
    ['mail/2', { team: 'mail' }],
    ['other', undefined],
  ])
  const [bare] = joinShared(declared.map(({ labels: _, ...one }) => one))
  expect(withoutLabels(both)).toEqual(bare)
})

test('each forward of a tunnel has the labels of the tunnel', () => {
  const { labels: _, ...one } = forward
  const tunnel = { ...ends, name: 'web', labels: { team: 'web' }, forwards: [one, { ...one, listen: '*:1' }] }
  const { forward: __, far: ___, ...given } = tunnel
  expect(singlesOf(given).map(({ labels }) => labels)).toEqual([{ team: 'web' }, { team: 'web' }])
})

test.each([
  ['team', 'label_team'],
  ['app.kubernetes.io/name', 'label_app_kubernetes_io_name'],
  ['cost-centre', 'label_cost_centre'],
])('metrics call %s %s', (name, label) => {
  expect(metricLabel(name)).toBe(label)
})

// What `status` shows: a table that respects the width, metrics that Prometheus reads, a document of its schema, and the live screen.
import { renderStatusJson } from '../../cli/status/document'
import { renderMetrics } from '../../cli/status/metrics'
import { drawPanel, move, type Panel, readKeys, take } from '../../cli/status/panel'
import { renderLines, renderStatusTable } from '../../cli/status/table'
import type { TunnelStatus } from '../../engine'
import { readDocument } from './json-document'

const now = Date.UTC(2026, 0, 2, 12)
const ago = (seconds: number) => now - seconds * 1000
const up: TunnelStatus = {
  name: 'server935-ssh',
  state: 'up',
  reason: null,
  cure: null,
  listens: '203.0.113.20:110',
  far: 'server935:22',
  client: 'middle',
  server: 'middle',
  since: ago(3 * 24 * 3600 + 5),
  reconnects: 2,
  connections: 4,
  bytes: { sent: 1_200_000, received: 34_567 },
  latency: 1.84,
  proof: null,
  watch: null,
  lastError: null,
}
const web: TunnelStatus = {
  ...up,
  name: 'web',
  state: 'degraded',
  reason: 'far refuses: nothing listens on web.lan:80',
  listens: '203.0.113.20:8080',
  far: 'web.lan:80',
  since: ago(12 * 60),
  reconnects: 0,
  connections: 0,
  bytes: { sent: 812, received: 99 },
  latency: null,
  labels: { 'app.kubernetes.io/name': 'a "shop"', Team: 'web' },
}
const unread = { since: null, reconnects: null, connections: null, bytes: null, latency: null }
const backup: TunnelStatus = {
  ...up,
  ...unread,
  name: 'backup',
  state: 'down',
  reason: 'tunnel-backup.service does not run on near',
  listens: '127.0.0.1:873',
  far: 'nas:873',
  lastError: { text: 'Host key verification failed.\x1b[2J', at: ago(5) },
}
const roams: TunnelStatus = { ...backup, name: 'roams', state: 'unknown', reason: 'cannot reach near', lastError: null }
const all = [up, web, backup, roams]

const inPipe = { columns: null, isColoured: false, now }

test('in a pipe the table is as wide as it is, and has no colours', () => {
  expect(renderStatusTable(all, inPipe)).toBe(`\
TUNNEL         STATE     LISTENS ON         FAR           SINCE   RECONNECTS  OPEN  BYTES   LATENCY  LAST ERROR
server935-ssh  up        203.0.113.20:110   server935:22  3 d              2     4  1.2 MB  1.8 ms   -
web            degraded  203.0.113.20:8080  web.lan:80    12 min           0     0  911 B   -        far refuses: nothing listens on web.lan:80
backup         down      127.0.0.1:873      nas:873       -                -     -  -       -        tunnel-backup.service does not run on near; ssh, 5 s ago: Host key verification failed.\uFFFD[2J
roams          unknown   127.0.0.1:873      nas:873       -                -     -  -       -        cannot reach near
`)
})

test.each([132, 100, 80, 60, 40, 12])(
  'no line is longer than a terminal of %i columns, and state and name stay',
  columns => {
    const lines = renderLines(all, { ...inPipe, columns })
    expect(lines.filter(line => line.length > columns)).toEqual([])
    if (columns >= 40)
      for (const [at, { name, state }] of all.entries())
        expect(lines[at + 1]).toMatch(new RegExp(`^${name} +${state} `))
  },
)

test('columns that matter less go first', () => {
  const titles = (columns: number) => renderLines(all, { ...inPipe, columns })[0]?.split(/ {2,}/)
  expect(titles(132)).toContain('BYTES')
  expect(titles(100)).toEqual(
    ['TUNNEL', 'STATE', 'LISTENS ON', 'FAR', 'SINCE', 'OPEN', 'LATENCY', 'LAST ERROR'].filter(title =>
      titles(100)?.includes(title),
    ),
  )
  expect(titles(60)).toEqual(['TUNNEL', 'STATE', 'LAST ERROR'])
})

test('on a terminal the state alone has a colour', () => {
  const [, first = '', second = ''] = renderLines(all, { ...inPipe, isColoured: true })
  expect(first).toContain('server935-ssh  \x1b[32mup\x1b[0m        203')
  expect(second).toContain('\x1b[33mdegraded\x1b[0m')
})

test('metrics are lines of the text format, and what is not known has no sample', () => {
  const text = renderMetrics(all, 'shop', now)
  const comment = /^# (HELP \w+ .+|TYPE \w+ (gauge|counter))$/
  const sample =
    /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z]\w*="([^"\\\n]|\\[\\"n])*"(,[a-z]\w*="([^"\\\n]|\\[\\"n])*")*\})? -?[0-9.e+-]+$/
  expect(
    text
      .split('\n')
      .slice(0, -1)
      .filter(line => !comment.test(line) && !sample.test(line)),
  ).toEqual([])
  expect(text).toMatch(/^ssh_tunnels_up\{owner="shop",tunnel="server935-ssh"\} 1$/m)
  expect(text).toMatch(/^ssh_tunnels_up\{owner="shop",tunnel="roams"\} 0$/m)
  expect(text).toMatch(/^# HELP ssh_tunnels_up .* 0 too where nobody can tell, and of a disabled tunnel/m)
  expect(text).toMatch(/^ssh_tunnels_state\{owner="shop",tunnel="roams",state="unknown"\} 1$/m)
  expect(text).toMatch(
    /^ssh_tunnels_session_bytes_total\{owner="shop",tunnel="web",label_app_kubernetes_io_name="a \\"shop\\"",label_Team="web",direction="sent"\} 812$/m,
  )
  expect(text).toMatch(/^ssh_tunnels_latency_seconds\{owner="shop",tunnel="server935-ssh"\} 0\.00184$/m)
  expect(text).not.toMatch(/reconnects_total\{owner="shop",tunnel="(backup|roams)"/)
})

test('the document is of its schema', () => {
  const { tunnels } = readDocument('status', renderStatusJson('tunnels.yaml', all))
  expect(tunnels[0]).toMatchObject({ name: 'server935-ssh', state: 'up', since: '2025-12-30T11:59:55.000Z' })
  expect(tunnels.map(({ labels }: { labels?: object }) => labels)).toEqual([
    undefined,
    web.labels,
    undefined,
    undefined,
  ])
})

describe('the live screen', () => {
  const panel: Panel = {
    spec: 'tunnels.yaml',
    rows: all.map(({ name }) => ({ name, status: null })),
    chosen: 0,
    pane: null,
    asOf: null,
  }
  const screen = { columns: 80, rows: 24, isColoured: false, now }

  test('shows what is known, and that the rest is not read yet', () => {
    const lines = drawPanel(take(panel, web), screen)
    expect(lines[0]).toBe('tunnels.yaml: 1 degraded, 3 not read yet')
    expect(lines[2]).toMatch(/^> server935-ssh +unknown .* not read yet$/)
    expect(lines[3]).toMatch(/^ {2}web +degraded /)
  })

  test('keys move the choice, within the table', () => {
    expect(readKeys('j\x1b[Bk\x1b[Aq\x03x')).toEqual(['down', 'down', 'up', 'up', 'quit', 'stop'])
    expect(move(move(panel, 1), -5).chosen).toBe(0)
    expect(move(panel, 9).chosen).toBe(3)
  })

  test('a walk of the doctor that is longer than its room shows what is wrong, folded to the width', () => {
    const walk = [
      ...Array(12).fill('ok    well'),
      `FAIL  ${Array(4).fill('the reason why it is so').join(' ')}`,
      '      cure: mend it',
    ]
    const pane = { title: 'the chain of web', lines: walk, matters: 12 }
    const lines = drawPanel({ ...panel, pane }, { ...screen, rows: 16 })
    expect(lines.slice(6, -2)).toEqual([
      '',
      'the chain of web',
      ...Array(3).fill('  ok    well'),
      '  FAIL  the reason why it is so the reason why it is so the reason why it is so',
      '        the reason why it is so',
      '        cure: mend it',
    ])
    const all = drawPanel({ ...panel, pane }, { ...screen, rows: 40 })
    expect(all.filter(line => line === '  ok    well').length).toBe(12)
  })

  test.each([24, 10, 6])(
    'fifty tunnels on a screen of %i lines: the chosen one is seen, and nothing scrolls away',
    rows => {
      const many = Array.from({ length: 50 }, (_none, at) => ({ name: `t${at}`, status: { ...up, name: `t${at}` } }))
      for (const chosen of [0, 30, 49]) {
        const pane = {
          title: 'log',
          lines: Array(40).fill('a line that is far longer than eighty columns, '.repeat(3)),
        }
        const lines = drawPanel({ ...panel, rows: many, chosen, pane }, { ...screen, rows })
        expect(lines.length).toBeLessThanOrEqual(rows)
        expect(lines.filter(line => line.length > 80)).toEqual([])
        expect(lines.filter(line => line.startsWith('> '))).toEqual([
          expect.stringMatching(new RegExp(`^> t${chosen} `)),
        ])
      }
    },
  )
})

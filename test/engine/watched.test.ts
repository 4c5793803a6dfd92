// What a resident proof’s own checks say, and which times count as unproven: a dead watcher is never shown as a good one.
import { describeTimes, unprovenSince } from '../../engine/look/history'
import { observeProved, see } from '../../engine/look/look'
import { watchedOf } from '../../engine/look/watched'
import { stranger } from '../../engine/parts/part'
import { historyOf, watcher } from '../../engine/parts/watcher'
import { derive } from '../../engine/wish/declared'
import { loginId } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'

const near = { name: 'near', address: '198.51.100.10' }
const middle = { name: 'middle', address: '203.0.113.20' }
const web: Tunnel = {
  name: 'web',
  forward: 'remote',
  client: near,
  server: middle,
  listen: '203.0.113.20:8080',
  far: 'far:80',
  watch: { every: '30s' },
}

function placedOf(tunnel: Tunnel) {
  const placed = derive({ type: 'tunnel', input: tunnel }, {}).placed.find(({ kind }) => kind === 'watcher')
  if (placed?.kind !== 'watcher' || placed.want === null) throw new Error('nobody watches it')
  return { at: placed.at, want: placed.want }
}

const pathOf = (end: string) => at.files.find(({ path }) => path.endsWith(end))?.path ?? ''
const minute = 60_000
const timer = 'ssh-tunnels-watch-web.timer'
const { at, want } = placedOf(web)
const files = Object.fromEntries(at.files.map(({ path, text }) => [path, text.split('\n')]))
const healthy = (ago: number | null): CaseSnapshot => ({
  files,
  units: { [timer]: { ActiveState: 'active' } },
  wantedUnits: [timer],
  histories: ago === null ? {} : { web: { checked: Date.now() - ago, begun: null, changes: [] } },
})
const judge = (on: CaseSnapshot) =>
  watcher.checks(want, snapshotOf(on), at, 'near').map(({ link, status, what }) => `${link}: ${status}: ${what}`)

test.each([
  ['one that proves', healthy(minute), `watched: ok: ${timer} on near proves far`],
  ['one that has ceased to', healthy(60 * minute), 'watched: unknown: watch on near has not proved far since '],
  ['one that has not begun', healthy(null), 'watched: unknown: watch on near has not proved far yet'],
  ['one that is gone', {}, `watched: fail: ${timer} on near is not there`],
  ['one that was stopped', { ...healthy(minute), units: {} }, `watched: fail: ${timer} on near does not run`],
  [
    'one that was disabled',
    { ...healthy(minute), wantedUnits: [] },
    `watched: fail: ${timer} on near does not start at boot`,
  ],
  [
    'one whose program was changed',
    { ...healthy(minute), files: { ...files, '/etc/ssh-tunnels/web/prove.sh': ['exit 0', ''] } },
    `watched: fail: ${timer} on near is not as it was written`,
  ],
  [
    'a host without what it takes',
    { ...healthy(minute), missing: ['bash', 'openssl', 'setpriv'] },
    'programs: fail: near lacks setpriv, bash, which watch needs',
  ],
  [
    'a host without systemd',
    { ...healthy(minute), missing: ['systemctl'] },
    'programs: fail: near runs no systemd, and watch is a timer of it',
  ],
])('%s', (_what, on, says) => {
  expect(judge(on)).toEqual([expect.stringContaining(says)])
})

test('one that asks the listening host itself says that it comes past no firewall', () => {
  expect(want.asks).toBe('http 203.0.113.20 8080')
  const local = { ...web, forward: 'local' as const, client: middle, server: near }
  expect(placedOf(local).want.asks).toBe('http 203.0.113.20 8080 (past the firewall: no)')
})

test.each([
  ['has not proved for an hour', 60, 600, ['web: watch on near has not proved far since ']],
  ['has never proved, and has stood for an hour', null, 60, ['web: watch on near has not proved far yet']],
  ['has just begun', null, 0, []],
  ['proves', 1, 600, []],
])('a plan warns of one that %s', (_what, ago, stood, warnings) => {
  const past = (minutes: number | null) => (minutes === null ? null : Date.now() - minutes * minute)
  const on = { ...healthy(null), histories: { web: { checked: past(ago), begun: past(stood), changes: [] } } }
  const snapshots = new Map([near, middle].map(host => [loginId(host), snapshotOf(host === near ? on : {})]))
  const seen = see({ type: 'tunnel', input: web }, { snapshots, away: new Map() })
  const told = observeProved(seen, []).warnings.filter(one => one.includes('watch'))
  expect(told).toEqual(warnings.map(one => expect.stringContaining(one)))
  // What came after the last proof nobody knows: status tells it before a plan does.
  expect(watchedOf(seen, Date.now())[0]?.doubt === null).toBe(ago === 1)
})

test('of many forwards each may take as long as all of them do, in a status as in a plan', () => {
  const forwards = Array.from({ length: 20 }, (_, at) => ({
    ...{ name: `f${at}`, forward: 'remote' as const, listen: `203.0.113.20:${8080 + at}`, far: 'far:80' },
  }))
  const many: Tunnel = { ...web, forwards }
  const there = placedOf(many).at
  const past = (minutes: number) => ({ checked: Date.now() - minutes * minute, begun: null, changes: [] })
  const judged = (minutes: number) => {
    const on = snapshotOf({
      ...healthy(null),
      files: Object.fromEntries(there.files.map(({ path, text }) => [path, text.split('\n')])),
      histories: Object.fromEntries(there.proofs.map(one => [historyOf('web', one), past(minutes)])),
    })
    const snapshots = new Map([near, middle].map(host => [loginId(host), host === near ? on : snapshotOf({})]))
    return watchedOf(see({ type: 'tunnel', input: many }, { snapshots, away: new Map() }), Date.now())
  }
  expect(judged(100).map(({ doubt }) => doubt)).toEqual(forwards.map(() => null))
  expect(judged(1000).every(({ doubt }) => doubt !== null)).toBe(true)
})

test('whose it is its units tell, and of a program alone nobody knows', () => {
  const owned = (files: CaseSnapshot['files']) => watcher.owner(snapshotOf({ files }), at)
  expect(owned(files)).toBe('terraform')
  expect(owned({ [pathOf('prove.sh')]: ['exit 0', ''] })).toBeNull()
  expect(owned({ ...files, [pathOf('.service')]: ['[Service]', ''] })).toBe(stranger)
})

test('one that has moved to the other host is wanted there, and goes from where it was', () => {
  const input: Tunnel = { ...web, watch: { on: 'server' } }
  const placed = derive({ type: 'tunnel', input }, {}).placed.flatMap(one => (one.kind === 'watcher' ? [one] : []))
  expect(placed.map(({ attribute, host, want }) => [attribute, host.name, want?.asks ?? null])).toEqual([
    ['watcher', 'near', null],
    ['serverWatcher', 'middle', 'http 203.0.113.20 8080 (past the firewall: no)'],
  ])
  const on = snapshotOf(healthy(1))
  const [there] = placed
  if (!there) throw new Error('there is none')
  expect(watcher.plan(null, watcher.observe(on, there.at), on, there.at).map(({ verb }) => verb)).toEqual([
    'unit_remove',
    'unit_remove',
    'files_remove',
    'history_remove',
  ])
})

test('when nobody could tell is no time in which far has not answered', () => {
  const changes = [
    { at: 1 * minute, state: 'unknown', why: 'there is no bash' },
    { at: 2 * minute, state: 'unproven', why: 'nobody answers there' },
    { at: 3 * minute, state: 'unknown', why: 'there is no bash' },
    { at: 4 * minute, state: 'proven', why: 'SSH-2.0' },
  ]
  const times = unprovenSince({ checked: 4 * minute, begun: null, changes }, 0)
  expect(times).toMatchObject([{ from: 2 * minute, to: 3 * minute }])
  expect(describeTimes(times, 5 * minute)).toMatch(/^unproven \d\d:\d\d-\d\d:\d\d$/)
})

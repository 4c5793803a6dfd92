// The doctor's pure half: the walk, what is told once a host, clocks, and what the connection's two ends say of it.
import { checkClock } from '../../engine/diagnose/clock'
import { condense } from '../../engine/diagnose/condense'
import { checkKeepalive, findDrops } from '../../engine/diagnose/keepalive'
import { checkPrivileged } from '../../engine/diagnose/port'
import { checkSession, type Ends, sessionsOn } from '../../engine/diagnose/session'
import { conclude, walk } from '../../engine/diagnose/walk'
import { readHealth } from '../../engine/look/health'
import { parseRecords } from '../../engine/look/records'
import { type Check, type Link, links } from '../../engine/parts/check'
import { service } from '../../engine/parts/service'
import type { Health, Held } from '../../engine/parts/snapshot'
import { snapshotOf } from './cases'

const check = (link: Link, status: Check['status'] = 'ok', host = 'near', more: Partial<Check> = {}): Check => ({
  link,
  host,
  status,
  what: `${link} on ${host}`,
  ...more,
})
const told = (checks: readonly Check[]) => walk(checks).map(({ link, status }) => `${link}: ${status}`)

test('what comes after the first failure is not judged, whatever it says', () => {
  const checks = [check('far answers'), check('port free', 'fail'), check('service runs', 'fail'), check('reached')]
  expect(told(checks)).toEqual([
    'reached: ok',
    'port free: fail',
    'service runs: not judged',
    'far answers: not judged',
  ])
})

test('what is unknown does not end the walk, and what works in spite of it neither', () => {
  const checks = [
    check('clock', 'fail', 'near', { goesOn: true }),
    check('sshd lets it', 'unknown'),
    check('far answers'),
  ]
  expect(told(checks)).toEqual(['clock: fail', 'sshd lets it: unknown', 'far answers: ok'])
})

test('the way into one host stands together, before that into the next', () => {
  const checks = [check('reached'), check('reached', 'ok', 'middle'), check('login'), check('login', 'fail', 'middle')]
  expect(walk(checks).map(({ what }) => what)).toEqual([
    'reached on near',
    'login on near',
    'reached on middle',
    'login on middle',
  ])
})

test.each([
  [['ok', 'ok'], 'ok', null],
  [['ok', 'unknown'], 'unknown', 'login'],
  [['unknown', 'fail'], 'fail', 'login'],
] as const)('of %j the verdict is %s', (statuses, verdict, first) => {
  const checks = walk([check('reached', statuses[0]), check('login', statuses[1])])
  const found = conclude('web', { client: 'near', server: 'middle', listen: '*:1', far: 'far:2' }, checks)
  expect([found.verdict, found.first?.link ?? null]).toEqual([verdict, first])
})

test('what is well is told once a host, what is not as it is, and what is not judged once a kind', () => {
  const way = (['name resolved', 'reached', 'host key', 'login', 'root'] as const).map(link => check(link))
  const lines = condense(
    walk([...way, check('port free', 'fail'), check('service runs'), check('session lives'), check('far answers')]),
  )
  expect(lines.map(({ status, what }) => `${status}: ${what}`)).toEqual([
    'ok: near answers, its host key is the one that it should have, and programs run there as root',
    'fail: port free on near',
    "not judged: the tunnel's ssh",
    'not judged: far',
  ])
})

test('of a host that nobody logs in to no host key is praised', () => {
  const [line] = condense(walk([check('root', 'ok', 'here', { what: 'programs run as root on here' })]))
  expect(line?.what).toBe('programs run as root on here')
})

test.each([
  ['one that is linked', true, ['tunnel-web.service'], 'ok'],
  ['one that somebody has disabled', true, [], 'fail'],
  ['one that is to be started by hand', false, [], 'ok'],
  ['the same that somebody has enabled', false, ['tunnel-web.service'], 'fail'],
] as const)('what the next boot makes of %s is told behind all else', (_what, enabled, wantedUnits, status) => {
  const text = '[Service]\nExecStart=/usr/bin/ssh -N\n'
  const at = { unit: 'tunnel-web.service', owner: 'me', text, ...(enabled ? {} : { disabled: true as const }) }
  const on = snapshotOf({
    files: { '/etc/systemd/system/tunnel-web.service': text.split('\n') },
    units: { 'tunnel-web.service': { Id: 'tunnel-web.service', ActiveState: enabled ? 'active' : 'inactive' } },
    wantedUnits: [...wantedUnits],
  })
  const want = { supervisor: 'systemd', unit: at.unit, unitSha256: '', active: enabled || null, enabled }
  const last = service.checks(want, on, at, 'near').at(-1)
  expect(last).toMatchObject({ link: 'comes back', status, ...(status === 'fail' && { mends: true, goesOn: true }) })
  expect(links.at(-1)).toBe('comes back')
})

test('every link has its words where nobody judges it', () => {
  const lines = condense(links.map(link => ({ ...check(link), status: 'not judged' as const })))
  expect(lines.every(({ what }) => typeof what === 'string' && what !== '')).toBe(true)
})

const record = (kind: string, text: string, name = '') =>
  `${kind}\x1f${name}\x1f${Buffer.from(text).toString('base64')}`
const healthOf = (lines: readonly string[], during: readonly [number, number] = [1_000_000, 1_004_000]) =>
  readHealth(parseRecords(lines.join('\n')), during)

test.each([
  ['1000', 0],
  ['1004', 0],
  ['999', 0],
  ['1100', 96],
  ['900', -99],
  ['', null],
  ['nonsense', null],
])('a clock that said %s between 1000 and 1004 is ahead by %p s, for all that one can tell', (clock, ahead) => {
  expect(healthOf([record('clock', clock)]).clockAhead).toBe(ahead)
})

test.each([
  [0, 'ok', /is right/],
  [3 * 3600, 'fail', /3 h ahead of ours/],
  [-86_400 * 9, 'fail', /9 d behind ours/],
  [null, 'unknown', /does not tell its time/],
] as const)('a clock that is %p s ahead is %s', (clockAhead, status, says) => {
  const on = snapshotOf({ health: { ...healthy, clockAhead } })
  const [found] = checkClock({ name: 'near' }, on)
  expect(found).toMatchObject({ status, what: expect.stringMatching(says) })
})

const ss = (more: string) =>
  `tun-web 77 120 0 0 198.51.100.10:41234 203.0.113.20:22 users:(("ssh",pid=77,fd=3)) uid:998 ino:1 sk:2 cubic rto:204 ${more}`

test('connections, memory and words are read as the host prints them; what is none is none', () => {
  const words = [
    {
      MESSAGE: 'Timeout, server 203.0.113.20 not responding.',
      _SYSTEMD_UNIT: 'tunnel-web.service',
      __REALTIME_TIMESTAMP: '1000000000',
    },
    {
      MESSAGE: 'Started it.',
      _SYSTEMD_UNIT: 'init.scope',
      UNIT: 'tunnel-web.service',
      __REALTIME_TIMESTAMP: '2000000000',
    },
    { MESSAGE: [1, 2], UNIT: 'tunnel-web.service', __REALTIME_TIMESTAMP: '1' },
  ]
  const health = healthOf([
    record('kernel', '432000\n', 'nf_conntrack_tcp_timeout_established'),
    record('kernel', '0\n', 'nf_conntrack_tcp_loose'),
    record('kernel', '80\n', 'ip_unprivileged_port_start'),
    record('written', '900 tunnel-web.service\nnonsense\n'),
    record('held', `${ss('lastsnd:4 lastrcv:1500 backoff:2')}\n\nnonsense`),
    record('said', `${words.map(one => JSON.stringify(one)).join('\n')}\nno json`),
  ])
  expect(health).toEqual({
    clockAhead: null,
    remembers: 432_000,
    takesUp: false,
    unprivilegedFrom: 80,
    written: { 'tunnel-web.service': 900 },
    held: [
      {
        account: 'tun-web',
        pid: 77,
        seconds: 120,
        local: '198.51.100.10:41234',
        peer: '203.0.113.20:22',
        heardMs: 1500,
        backoff: 2,
      },
    ],
    said: [
      { unit: 'tunnel-web.service', at: 1000, text: 'Timeout, server 203.0.113.20 not responding.' },
      { unit: 'tunnel-web.service', at: 2000, text: 'Started it.' },
    ],
  })
})

const healthy: Health = {
  clockAhead: 0,
  remembers: null,
  takesUp: true,
  unprivilegedFrom: null,
  written: {},
  held: [],
  said: [],
}
const [near, middle] = [{ name: 'near' }, { name: 'middle' }]
const unit = 'tunnel-web.service'
const mine: Held = {
  account: 'tun-web',
  pid: 7,
  seconds: 600,
  local: '198.51.100.10:41234',
  peer: '203.0.113.20:22',
  heardMs: 900,
  backoff: 0,
}
const theirs: Held = { ...mine, local: mine.peer, peer: mine.local }

interface Told {
  readonly onNear?: Partial<Health>
  readonly onMiddle?: Partial<Health>
  readonly interval?: number
  readonly sshdInterval?: number
  readonly unitLines?: readonly string[]
  readonly ends?: Partial<Ends>
}

function endsWith({ onNear, onMiddle, interval = 30, sshdInterval = 30, unitLines, ends }: Told = {}): Ends {
  const onClient = snapshotOf({
    health: { ...healthy, ...onNear },
    addresses: ['198.51.100.10'],
    units: { [unit]: { ActiveState: 'active' } },
    files: {
      [`/etc/systemd/system/${unit}`]: unitLines ?? [
        `-o ServerAliveCountMax=3 \\`,
        `-o ServerAliveInterval=${interval} \\`,
      ],
    },
  })
  const onServer = snapshotOf({
    health: { ...healthy, ...onMiddle },
    sshd: { 'tun-web': { clientaliveinterval: String(sshdInterval), clientalivecountmax: '3' } },
  })
  return {
    client: near,
    server: middle,
    onClient,
    onServer,
    account: 'tun-web',
    unit,
    mine,
    theirs: [theirs],
    said: onClient.health?.said ?? [],
    ...ends,
  }
}

test.each<[string, Told, string, RegExp]>([
  ['both ends show it', {}, 'ok', /connected to middle for 10 min/],
  [
    'sshd holds it as IPv6',
    { ends: { theirs: [{ ...theirs, peer: '[::ffff:198.51.100.10]:41234' }] } },
    'ok',
    /connected/,
  ],
  ['addresses are translated between', { ends: { theirs: [{ ...theirs, peer: '203.0.113.1:9' }] } }, 'ok', /connected/],
  ['ssh has none', { ends: { mine: undefined, theirs: [] } }, 'fail', /has no connection to middle/],
  [
    'ssh has none, and sshd goes on with the one of before',
    { ends: { mine: undefined } },
    'fail',
    /whose other end is gone/,
  ],
  [
    'ssh has none, and sshd one of a moment ago',
    { ends: { mine: undefined, theirs: [{ ...theirs, seconds: 2 }] } },
    'fail',
    /has no connection to middle/,
  ],
  ['sshd has none', { ends: { theirs: [] } }, 'fail', /sshd there has no session for tun-web/],
  [
    'sshd goes on with an older one',
    { ends: { theirs: [{ ...theirs, peer: '198.51.100.10:40000' }] } },
    'fail',
    /whose other end is gone/,
  ],
  ['a host does not tell', { onMiddle: { held: null }, ends: { theirs: [] } }, 'unknown', /middle does not tell/],
  ['nothing has come for long', { ends: { mine: { ...mine, heardMs: 61_000 } } }, 'fail', /half-dead/],
  ['it sends again and again', { ends: { theirs: [{ ...theirs, backoff: 5 }] } }, 'fail', /half-dead/],
  [
    'nobody asks, so that silence says nothing',
    {
      interval: 0,
      sshdInterval: 0,
      ends: { mine: { ...mine, heardMs: 900_000 }, theirs: [{ ...theirs, heardMs: 900_000 }] },
    },
    'ok',
    /connected/,
  ],
])('the connection when %s', (_when, how, status, says) => {
  expect(checkSession(endsWith(how))).toEqual([expect.objectContaining({ status, what: expect.stringMatching(says) })])
})

test("sshd's own ends of a tunnel are those at sshd's ports, whatever port the client dials, and no visitor's or far's", () => {
  const at = (local: string, peer: string): Held => ({ ...theirs, local, peer })
  const session = at('203.0.113.20:22', '198.51.100.1:41234')
  const listener = { address: '0.0.0.0', program: 'sshd', pid: 1 }
  const onServer = snapshotOf({
    listeners: [
      { ...listener, port: 22, uid: 0 },
      { ...listener, port: 8080, uid: 998 },
    ],
    health: {
      ...healthy,
      held: [
        session,
        at('203.0.113.20:8080', '192.0.2.77:5000'),
        at('203.0.113.20:39000', '192.0.2.9:22'),
        { ...session, account: 'tun-other' },
      ],
    },
  })
  const mineThroughNat = { ...mine, peer: '198.51.100.1:2200' }
  const found = sessionsOn(onServer, 'tun-web', 2200)
  expect(found).toEqual([session])
  expect(checkSession(endsWith({ ends: { mine: mineThroughNat, theirs: found } }))).toMatchObject([{ status: 'ok' }])
})

const timeout = (at: number) => ({ unit, at, text: 'Timeout, server 203.0.113.20 not responding.' })
const refused = (at: number) => ({ unit, at, text: 'ssh: connect to host 203.0.113.20 port 22: Connection refused' })

test.each<[string, Told, string, RegExp]>([
  ['all is well', {}, 'ok', /a keepalive goes every 30 s, and the connection has stood for 10 min/],
  ['sshd alone asks', { interval: 0 }, 'ok', /every 30 s/],
  [
    'nobody asks',
    { interval: 0, sshdInterval: 0 },
    'fail',
    /nothing keeps the connection from falling silent: ServerAliveInterval is 0/,
  ],
  [
    'a kernel forgets sooner',
    { onMiddle: { remembers: 20, takesUp: false } },
    'fail',
    /middle forgets a connection that is quiet for 20 s/,
  ],
  ['it takes up what it forgot', { onMiddle: { remembers: 20 } }, 'ok', /every 30 s/],
  [
    'it dropped twice',
    { onNear: { said: [timeout(1000), timeout(1200)] } },
    'fail',
    /keeps dropping, as where a NAT or firewall/,
  ],
  [
    'it dropped before the unit was as it is',
    { onNear: { said: [timeout(1000), timeout(1200)], written: { [unit]: 1300 } } },
    'ok',
    /every 30 s/,
  ],
  ['it dropped once', { onNear: { said: [timeout(1000)] } }, 'ok', /every 30 s/],
  [
    'the server was away each time',
    { onNear: { said: [timeout(1000), refused(1010), timeout(1200), refused(1201)] } },
    'ok',
    /every/,
  ],
])('keepalive, when %s', (_when, how, status, says) => {
  const [found, ...more] = checkKeepalive(endsWith(how))
  expect(more).toEqual([])
  expect(found).toMatchObject({ status, what: expect.stringMatching(says) })
  expect(found?.status === 'ok' || Boolean(found?.cure)).toBe(true)
})

test('of a unit that does not say how often ssh asks nothing is claimed: it depends on whose ssh it is', () => {
  expect(checkKeepalive(endsWith({ unitLines: ['ExecStart=ssh -N middle'] }))).toEqual([])
})

test.each([
  [110, 'admin', null, ["admin may not listen on port 110 of middle: ports below 1024 are root's"]],
  [110, 'admin', 80, []],
  [8080, 'tun-web', 9000, ["tun-web may not listen on port 8080 of middle: ports below 9000 are root's"]],
  [8080, 'root', 9000, []],
])('port %i of %s, where others than root begin at %p', (port, user, unprivilegedFrom, says) => {
  const on = snapshotOf({ health: { ...healthy, unprivilegedFrom } })
  expect(checkPrivileged({ host: 'middle', port, user, evidence: 'so' }, on).map(({ what }) => what)).toEqual(says)
})

test('a drop counts only where the server was there', () => {
  expect(findDrops(endsWith({ onNear: { said: [timeout(1000), refused(1070), timeout(5000)] } })).length).toBe(2)
})

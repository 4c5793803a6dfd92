// What a host prints of who forwards there, and of its journal: read, whatever stands in it.
import { parseForwarding } from '../../engine/look/forwards'
import { parseJournal } from '../../engine/look/journal'
import { unsafe } from '../unsafe'

const record = (kind: string, name: string, text: string) =>
  `${kind}\x1f${name}\x1f${Buffer.from(text).toString('base64')}\n`

const stat = (name: string, parent: number, ticks: number) =>
  `(${name}) S ${[parent, ...Array(17).fill(0), ticks].join(' ')} 0 0`

const process = (
  pid: number,
  uid: number,
  name: string,
  argv: readonly string[],
  cgroup = '0::/user.slice/session-3.scope',
) =>
  record('argv', String(pid), `${argv.join('\n')}\n`) +
  record('process', String(pid), `${uid}\n${pid} ${stat(name, 1, 4200)}\n${cgroup}\n`)

const rest =
  record('clock', '', '1700000000\n100\n') +
  record('accounts', '', 'root:x:0:0:root:/root:/bin/sh\ntun-web:x:999:999:ssh-tunnels shop:/:/usr/sbin/nologin\n') +
  record('listeners', '', 'LISTEN 0 128 127.0.0.1:8080 0.0.0.0:* users:(("ssh",pid=7,fd=4))\n') +
  record('sockets', '', 'u_str LISTEN 0 128 /run/a.sock 1 * 0 users:(("ssh",pid=7,fd=5))\n') +
  record(
    'connections',
    '',
    '0 0 203.0.113.20:22 198.51.100.10:4711 users:(("sshd",pid=9,fd=4),("sshd",pid=8,fd=4))\n',
  ) +
  record('addresses', '', '2: eth0    inet 203.0.113.20/24 brd x\n')

test('processes with their owner, unit and time, and what they listen on', () => {
  const text =
    process(7, 0, 'ssh', ['ssh', '-N', '-L', '8080:far:80', 'm'], '0::/system.slice/a.service') +
    process(9, 999, 'sshd', ['sshd: tun-web']) +
    process(11, 5, 'ssh', ['ssh', 'x'], '0::/user.slice/user-5.slice/user@5.service/app.slice/b.service') +
    rest +
    record('end', '', '')
  const seen = parseForwarding(text)
  expect(seen?.processes).toMatchObject([
    { pid: 7, user: 'root', owner: null, unit: 'a.service', isUserUnit: false, since: 1700000042000 },
    { pid: 9, user: 'tun-web', owner: 'shop', unit: null, program: 'sshd' },
    { pid: 11, user: '5', unit: 'b.service', isUserUnit: true },
  ])
  expect(seen).toMatchObject({
    sockets: [{ path: '/run/a.sock', pid: 7 }],
    connections: [{ pid: 9, peer: '198.51.100.10:4711' }, { pid: 8 }],
    addresses: ['203.0.113.20'],
    showsListeners: true,
  })
})

test('an answer that was cut off is none', () => {
  expect(parseForwarding(rest)).toBeNull()
  expect(parseForwarding(`${rest}argv\x1f1\x1f***\n${record('end', '', '')}`)).toBeNull()
})

test('arguments and journals steer no terminal, and what is no entry is passed over', () => {
  const evil = 'a\u001b[2J\u202eb\u009b'
  const seen = parseForwarding(process(7, 0, 'ssh', ['ssh', evil]) + rest + record('end', '', ''))
  expect(seen?.processes[0]?.argv.join(' ')).not.toMatch(unsafe)
  const line = (entry: object) => JSON.stringify({ __REALTIME_TIMESTAMP: '1700000000000000', _PID: '7', ...entry })
  const journal = parseJournal(
    [
      line({ MESSAGE: [104, 105], SYSLOG_IDENTIFIER: 'ssh', __CURSOR: 'c' }),
      'garbage',
      '[]',
      line({ MESSAGE: null }),
    ].join('\n'),
  )
  expect(journal).toEqual({
    cursor: 'c',
    lines: [
      { at: 1700000000000, program: 'ssh', pid: '7', text: 'hi' },
      { at: 1700000000000, program: '', pid: '7', text: '' },
    ],
  })
})

test('where the journal ends counts as long as nothing was said, and then the newest line', () => {
  const end = JSON.stringify({ __CURSOR: 'end' })
  const line = (at: number) =>
    JSON.stringify({ __REALTIME_TIMESTAMP: `${at}000`, MESSAGE: `${at}`, __CURSOR: `c${at}` })
  expect(parseJournal(`${end}\n`)).toEqual({ lines: [], cursor: 'end' })
  expect(parseJournal('', 'before')).toEqual({ lines: [], cursor: 'before' })
  const both = { cursor: 'c6', lines: [expect.objectContaining({ at: 5 }), expect.objectContaining({ at: 6 })] }
  expect(parseJournal([end, line(5), line(6)].join('\n'))).toEqual(both)
  expect(parseJournal([end, line(6), line(5)].join('\n'))).toEqual(both)
})

// Tunnels made by hand, as the command line shows them: rows, what ssh says, and letters that mean another option in each command.
import { join } from 'node:path'
import { rowsOf, runningOn, startsOn } from '../../cli/found-on-host'
import { hearSsh } from '../../cli/hear-ssh'
import { readLine } from '../../cli/read-hand'
import { readWords } from '../../cli/read-words'
import type { Forwarding } from '../../engine'
import { command } from '../../lab/command'
import { readDocument } from './json-document'

const nothing: Forwarding = {
  processes: [],
  listeners: [],
  sockets: [],
  connections: [],
  addresses: [],
  starts: [],
  environments: [],
  knownHosts: [],
  showsListeners: true,
}
const ssh = { parent: 1, user: 'root', owner: null, since: 0, unit: null, isUserUnit: false } as const
const listener = (pid: number, address: string, port: number) => ({ pid, address, port, program: 'ssh', uid: 0 })

test('a row for each listener: as bound, of autossh once, of sshd what its session has opened', () => {
  const rows = rowsOf({
    ...nothing,
    processes: [
      {
        ...ssh,
        pid: 5,
        program: 'autossh',
        argv: ['autossh', '-M', '0', '-N', '-L', '8080:far:80', '-R', '9:a:1', 'joe@m'],
      },
      {
        ...ssh,
        pid: 6,
        parent: 5,
        program: 'ssh',
        argv: ['/usr/bin/ssh', '-N', '-L', '8080:far:80', '-R', '9:a:1', 'joe@m'],
      },
      { ...ssh, pid: 7, program: 'sshd', argv: ['sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups'] },
      { ...ssh, pid: 8, parent: 7, program: 'sshd', argv: ['sshd: tun-web'], user: 'tun-web', owner: 'shop' },
      { ...ssh, pid: 9, program: 'ssh', argv: ['ssh', '-N', '-L', '81:far:80', 'm'] },
    ],
    listeners: [
      listener(6, '127.0.0.1', 8080),
      listener(6, '::1', 8080),
      listener(7, '0.0.0.0', 22),
      listener(8, '203.0.113.20', 2222),
    ],
    connections: [{ pid: 8, local: '203.0.113.20:22', peer: '198.51.100.10:4711' }],
  })
  expect(
    rows.map(({ tunnel, pid, listens, isBound, far, peer }) => [tunnel, pid, listens, isBound, far, peer]),
  ).toEqual([
    [null, 5, '127.0.0.1:8080', true, 'far:80', 'joe@m'],
    [null, 5, '[::1]:8080', true, 'far:80', 'joe@m'],
    [null, 5, 'localhost:9', null, 'a:1', 'joe@m'],
    [null, 9, 'localhost:81', false, 'far:80', 'm'],
    ['tunnel web of shop', 8, '203.0.113.20:2222', true, null, '198.51.100.10:4711'],
  ])
})

test('what runs is run by the login of its process', () => {
  const process = { ...ssh, pid: 9, program: 'ssh' as const, user: 'tunnel', argv: ['ssh', '-N', '-D', '1080', 'm'] }
  expect(runningOn({ ...nothing, processes: [process] }).map(({ hand }) => hand.runBy)).toEqual(['tunnel'])
})

test('where nobody can tell who listens, no listener is called missing', () => {
  const processes = [{ ...ssh, pid: 9, program: 'ssh' as const, argv: ['ssh', '-N', '-L', '81:far:80', 'm'] }]
  expect(rowsOf({ ...nothing, processes, showsListeners: false })[0]?.isBound).toBeNull()
})

test('units and tables that start tunnels: others than ours, running or not', () => {
  const text = '[Service]\nExecStart=ssh -N -D 1080 m\n'
  const starts = [
    { path: '/etc/systemd/system/a.service', text },
    { path: '/etc/systemd/system/b.service', text },
    { path: '/etc/systemd/system/tunnel-x.service', text: `# Made by cdktf-ssh-tunnels for tunnel x of me;\n${text}` },
    { path: '/etc/cron.d/x', text: '@reboot root ssh somewhere\n' },
  ]
  const processes = [{ ...ssh, pid: 9, program: 'ssh' as const, argv: ['ssh'], unit: 'a.service' }]
  expect(startsOn({ ...nothing, starts, processes }).map(({ path, isRunning }) => [path, isRunning])).toEqual([
    ['/etc/systemd/system/a.service', true],
    ['/etc/systemd/system/b.service', false],
  ])
})

test('what ssh says: listeners, when all stands, and only what is for people', () => {
  const said: string[] = []
  const ear = hearSsh(1, false, line => said.push(line))
  const text = [
    'OpenSSH_9.2p1 Debian-2, OpenSSL 3',
    'debug1: Local forwarding listening on ::1 port 8080.',
    'debug1: Local forwarding listening on path /run/a.sock.',
    'debug1: Entering interactive session.',
    'Warning: evil \u001b[2J',
    'debug1: remote forward success for: listen 203.0.113.20:22, connect far:80',
    '',
  ].join('\r\n')
  for (const piece of [text.slice(0, 100), text.slice(100, 190)]) ear.hear(piece)
  expect(ear.heard().isReady).toBe(false)
  ear.hear(text.slice(190))
  expect(ear.heard()).toEqual({
    listens: ['[::1]:8080', '/run/a.sock'],
    taken: ['listen 203.0.113.20:22, connect far:80'],
    isReady: true,
  })
  expect(said).toEqual(['Warning: evil \ufffd[2J'])
})

test('what ssh says of these functions alone, with their places in its source', () => {
  const said: string[] = []
  const ear = hearSsh(1, false, line => said.push(line))
  const text = [
    'debug3: channels.c:channel_setup_fwd_listener_tcpip():3744 (pid=23026): type 2 wildcard 0 addr NULL',
    'debug1: channels.c:channel_setup_fwd_listener_tcpip():3810 (pid=23026): Local forwarding listening on ::1 port 22998.',
    'debug1: channels.c:channel_setup_fwd_listener_streamlocal():3931 (pid=23026): Local forwarding listening on path /run/s.',
    'debug1: clientloop.c:client_loop():1290 (pid=23026): Entering interactive session.',
    'debug1: ssh.c:ssh_confirm_remote_forward():1843 (pid=23026): remote forward success for: listen 22997, connect b:1',
    'channel 3: open failed: connect failed: Connection refused',
    'ssh.c:ssh_confirm_remote_forward():1860 (pid=23026): Error: remote port forwarding failed for listen port 22',
    'clientloop.c:client_loop():1525 (pid=23026): Transferred: sent 3412, received 3164 bytes, in 2.6 seconds',
  ]
  ear.hear(`${text.join('\n')}\n`)
  expect(ear.heard()).toEqual({
    listens: ['[::1]:22998', '/run/s'],
    taken: ['listen 22997, connect b:1'],
    isReady: true,
  })
  expect(said).toEqual([
    'channel 3: open failed: connect failed: Connection refused',
    'Error: remote port forwarding failed for listen port 22',
  ])
})

test('one letter is another option in each command, and stands with others or its value', () => {
  const words = (text: string) => {
    const asked = readWords(text.split(' '))
    if (asked.kind !== 'run') throw new Error(asked.kind === 'mistake' ? asked.message : asked.kind)
    return asked.words
  }
  const open = words('open -fNL 8080:far:80 -L81:far:81 -p 22 root@m')
  expect([open.has('background'), open.has('nothing'), open.valuesOf('local'), open.argument('DESTINATION')]).toEqual([
    true,
    true,
    ['8080:far:80', '81:far:81'],
    'root@m',
  ])
  expect(words('logs t.yaml web -f -n 5').has('follow')).toBe(true)
})

test('with --resolve ssh itself says what is not on the line', () => {
  const asked = (...more: string[]) => {
    const read = readWords(['doctor', '--command', 'ssh -N -L 81:f:80 m', ...more])
    if (read.kind !== 'run') throw new Error(read.kind)
    return () => readLine(read.words, 'ssh -N -L 81:f:80 m').found.map(({ destination: { port } }) => port)
  }
  expect([asked()(), asked('--resolve')()]).toEqual([[null], [22]])
})

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
const run = (...words: string[]) => command(['node', program, ...words])

test('adopt prints a spec for a line, and each mistake of one with its caret', async () => {
  const good = await run('adopt', 'ssh -N -R 203.0.113.20:8080:localhost:80 -R 1080 root@203.0.113.20', '--json')
  const { spec, adopted, notAdopted } = readDocument('adopt', good.stdout)
  expect(spec).toContain('listen: 203.0.113.20:8080')
  expect([adopted.length, notAdopted.length, good.code]).toEqual([1, 1, 0])
  const bad = await run('adopt', 'ssh -N -L 8080:far m')
  expect([bad.code, bad.stdout]).toEqual([1, ''])
  expect(bad.stderr).toContain('      |           ^^^^^^^^ -L takes')
  const document = readDocument('adopt', (await run('adopt', 'ssh -N -L 8080:far m', '--json')).stdout)
  expect(document.errors).toMatchObject([{ code: 'bad-forward', line: 1, column: 11 }])
})

test.each([
  ['--config', '/no/such', '/no/such cannot be read: there is no such file'],
  ['--unit', '/etc', '/etc cannot be read: it is a folder'],
])('a file that cannot be read has a document with the reason: %s %s', async (option, path, message) => {
  const { code, stdout } = await run('adopt', option, path, '--json')
  const { errors, spec } = readDocument('adopt', stdout)
  expect([code, spec, errors]).toMatchObject([1, null, [{ about: path, code: 'unreadable', host: null, message }]])
  const text = await run('adopt', option, path)
  expect([text.code, text.stdout, text.stderr]).toEqual([1, '', `${message}\n`])
})

test('a line that forwards nothing is told why there is nothing to adopt', async () => {
  const { code, stderr } = await run('adopt', 'sudo ssh -p 2222 root@203.0.113.20')
  const why = 'it forwards nothing: there is no -L, -R or -D'
  expect([code, stderr]).toEqual([
    1,
    `not adopted: ssh -N -p 2222 root@203.0.113.20 (the command:1:6): ${why}\nthere is nothing to adopt\n`,
  ])
  const { stdout } = await run('adopt', 'sudo ssh -p 2222 root@203.0.113.20', '--json')
  expect(readDocument('adopt', stdout).notAdopted).toMatchObject([{ line: 1, column: 6, why }])
})

test.each([
  [['adopt'], 'say which: a command in quotes'],
  [['adopt', '--unit', '/no/such'], '/no/such cannot be read'],
  [['adopt', '--take-over'], '--take-over wants a spec file'],
  [['adopt', '--take-over', 't.yaml', '--on', 'root@203.0.113.20'], '--on is for reading what runs'],
  [['adopt', '--unit', 'x', '--config', 'y'], '--unit and --config are different tunnels'],
  [['adopt', '--unit', 'x', 'ssh -N -L 81:f:80 m'], 'ssh -N -L 81:f:80 m: --unit stands for the tunnel'],
  [['adopt', '--host', 'here', '--unit', 'x'], '--host and --unit are different tunnels'],
  [['adopt', '--host', 'here', '--on', 'root@203.0.113.20'], '--on says where lines run'],
  [['adopt', '--host', 'here', 'ssh -N -L 81:f:80 m'], '--host reads what runs there, and takes a spec alone'],
  [['adopt', '--host', 'web', 't.yaml', 'more'], 't.yaml more: --host reads what runs there'],
  [['adopt', '--config', 'y', '--resolve', 'm'], '--resolve is for a command'],
  [['adopt', 'ssh m', '--on', 'root@203.0.113.20', '--resolve'], 'not together with --on'],
  [['adopt', '--host', 'a b'], 'a b is no login'],
  [['open', 'x'], 'say SPEC TUNNEL, or -L, -R or -D and a destination'],
  [['open', '-L', '80:f:80'], 'say one destination'],
  [['open', '-L', '80', 'm'], '-L 80 says where to listen and not where it leads'],
  [['logs', 't.yaml', 'x', '--lines', 'many'], '--lines many is no number'],
  [['doctor', '--unit', '/dev/null', '--resolve'], '--resolve is for a command'],
  [['doctor', '--unit', 'x', '--on', 'root@203.0.113.20', '--resolve'], '--resolve is for a command'],
  [['doctor', '--command', 'ssh m', '--on', 'root@203.0.113.20', '--resolve'], 'not together with --on'],
  [['doctor', '--command', 'ssh m', '--fix', '--yes'], '--fix is for the tunnels of a spec'],
  [['doctor', '--command', 'ssh m', '--unit', 'x'], '--command and --unit are different tunnels'],
  [['doctor', '--command', 'ssh', '-N', '-L', '81:f:80', 'm'], 'doctor has no option -N'],
  [['doctor', '--command', 'ssh m', 't.yaml'], 't.yaml: --command stands for the tunnel'],
  [['doctor', 't.yaml', '--on', 'root@203.0.113.20'], '--on is for tunnels that we did not make'],
  [['doctor', 't.yaml', '--resolve'], '--resolve is for tunnels that we did not make'],
  [['doctor', 't.yaml', '--yes'], '--yes answers what --fix asks'],
  [['doctor'], 'say which: a spec file, --command, --unit or --config'],
])('%j is answered: %s', async (words, answer) => {
  const { code, stderr } = await run(...words)
  expect([code, stderr]).toEqual([1, expect.stringContaining(answer)])
})

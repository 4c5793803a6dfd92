// Command lines that people type: what is understood of them, and where it is told that something is wrong.
import {
  commandOfHand,
  readCommand,
  readProcess,
  readStartLines,
  writeForward,
  writeProcess,
} from '../../../spec/from-ssh'
import { formatProblems } from '../../../spec/problem'

const understood = (text: string) => {
  const { found, problems } = readCommand(text)
  expect(formatProblems(problems, text)).toBe('')
  if (!found) throw new Error('nothing was found')
  return found
}
const forwardsOf = (text: string) =>
  understood(text).forwards.map(({ type, by, listen, far }) => [type, by, writeForward({ listen, far })])
const wrong = (text: string) => {
  const { found, problems } = readCommand(text)
  expect(found).toBeNull()
  return problems.map(({ line, column, length, message }) => `${line}:${column}+${length} ${message}`)
}

test("the tutorial's command", () => {
  const text = 'ssh -N -L 209.239.112.134:110:server935:22 root@209.239.112.134'
  expect(understood(text)).toMatchObject({
    program: 'ssh',
    destination: { host: '209.239.112.134', user: 'root', port: null },
    forwards: [
      {
        type: 'local',
        by: 'client',
        listen: { kind: 'tcp', host: '209.239.112.134', port: 110 },
        far: { kind: 'tcp', host: 'server935', port: 22 },
        isSlashed: false,
        line: 1,
        column: 11,
      },
    ],
    session: 'none',
    keepAlive: { interval: null, countMax: null },
  })
  expect(commandOfHand(understood(text))).toBe(text)
})

test.each([
  ['ssh -N -L 8080:far:80 m', ['local', 'client', '8080:far:80']],
  ['ssh -N -L8080:far:80 m', ['local', 'client', '8080:far:80']],
  ['ssh -NL 8080:far:80 m', ['local', 'client', '8080:far:80']],
  ['ssh m -N -L 8080:far:80', ['local', 'client', '8080:far:80']],
  ['ssh -N -L :8080:far:80 m', ['local', 'client', '*:8080:far:80']],
  ['ssh -N -L "*:8080:far:80" m', ['local', 'client', '*:8080:far:80']],
  ['ssh -N -L 203.0.113.20/110/server935/22 m', ['local', 'client', '203.0.113.20:110:server935:22']],
  ['ssh -N -L 110/server935/22 m', ['local', 'client', '110:server935:22']],
  ['ssh -N -L [::1]:5432:[2001:db8::30]:5432 m', ['local', 'client', '[::1]:5432:[2001:db8::30]:5432']],
  ['ssh -N -L /run/a.sock:/run/b.sock m', ['local', 'client', '/run/a.sock:/run/b.sock']],
  ['ssh -N -L /run/a.sock:far:80 m', ['local', 'client', '/run/a.sock:far:80']],
  ['ssh -N -L 127.0.0.1:80:/run/b.sock m', ['local', 'client', '127.0.0.1:80:/run/b.sock']],
  ['ssh -N -L 80:/run/b.sock m', ['local', 'client', '80:/run/b.sock']],
  ['ssh -N -R 0:localhost:22 m', ['remote', 'server', '0:localhost:22']],
  ['ssh -N -R 203.0.113.20:2222:localhost:ssh m', ['remote', 'server', '203.0.113.20:2222:localhost:22']],
  ['ssh -N -R 1080 m', ['dynamic', 'server', '1080']],
  ['ssh -N -R 127.0.0.1:1080 m', ['dynamic', 'server', '127.0.0.1:1080']],
  ['ssh -N -D 1080 m', ['dynamic', 'client', '1080']],
  ['ssh -N -D [::]:1080 m', ['dynamic', 'client', '[::]:1080']],
  ["ssh -N -o 'LocalForward 8080 far:80' m", ['local', 'client', '8080:far:80']],
  ['ssh -N -o LocalForward=8080:far:80 m', ['local', 'client', '8080:far:80']],
  ['ssh -N -oremoteforward="8080 far:80" m', ['remote', 'server', '8080:far:80']],
])('%s', (text, forward) => {
  expect(forwardsOf(text)).toEqual([forward])
})

test('an autossh line with all that stands around it', () => {
  const found = understood(
    "AUTOSSH_GATETIME=0 nohup /usr/bin/autossh -M 20000:7 -fNT -i ~/.ssh/id -o ServerAliveInterval=15 \\\n  -o 'ServerAliveCountMax 2' -J joe@a:2200,b -R 8080:localhost:80 -p 2222 -l bob middle > /dev/null 2>&1 &",
  )
  expect(found).toMatchObject({
    program: 'autossh',
    destination: { written: 'middle', host: 'middle', user: 'bob', port: 2222 },
    jumps: [
      { host: 'a', user: 'joe', port: 2200 },
      { host: 'b', user: null, port: null },
    ],
    keepAlive: { interval: 15, countMax: 2 },
    identityFiles: ['~/.ssh/id'],
    isInBackground: true,
    session: 'none',
  })
  expect(found.options.filter(({ kind }) => kind === 'unknown')).toEqual([])
  expect(found.options.map(({ written }) => written)).toEqual(
    expect.arrayContaining(['AUTOSSH_GATETIME', '-M', '-f', 'nohup']),
  )
})

test('a user, a port and an address come from where ssh takes them', () => {
  expect(understood('ssh -l a b@m').destination.user).toBe('a')
  expect(understood('ssh b@m -l a').destination.user).toBe('b')
  expect(understood('ssh a@b@m').destination).toMatchObject({ user: 'a@b', host: 'm' })
  expect(understood('ssh ssh://bob@[2001:db8::1]:2222').destination).toMatchObject({
    user: 'bob',
    host: '2001:db8::1',
    port: 2222,
  })
  expect(understood('ssh -p 1 -p 2 -o Port=3 m').destination.port).toBe(1)
  expect(understood('ssh -o HostName=192.0.2.1 m').destination).toMatchObject({ written: 'm', host: '192.0.2.1' })
  expect(understood("ssh -o 'ProxyCommand ssh -q -W %h:%p joe@bastion' m").jumps).toMatchObject([
    { host: 'bastion', user: 'joe' },
  ])
})

test('no option is dropped: each is told with what it means', () => {
  const { options } = understood(
    'sudo -u bob ssh -4AXCv -o Foo=bar -o StrictHostKeyChecking=no -g -w 0:0 m tail -f log',
  )
  expect(options.map(({ written, value, kind }) => [written, value, kind])).toEqual([
    ['sudo', '', 'ours'],
    ['-u', '', 'ours'],
    ['bob', '', 'ours'],
    ['-4', 'inet', 'lost'],
    ['-A', 'yes', 'taken'],
    ['-X', 'yes', 'taken'],
    ['-C', 'yes', 'lost'],
    ['-v', 'DEBUG', 'ours'],
    ['-o Foo', 'bar', 'unknown'],
    ['-o StrictHostKeyChecking', 'no', 'taken'],
    ['-g', 'yes', 'kept'],
    ['-w', '0:0', 'taken'],
    ['command', '***', 'taken'],
  ])
})

test('a flag that ssh does not have is told, and the rest is read', () => {
  const { options, forwards } = understood('ssh -NZ -L 80:f:80 m')
  expect(forwards).toHaveLength(1)
  expect(options.filter(({ kind }) => kind === 'unknown')).toMatchObject([{ written: '-Z', column: 7 }])
})

test.each([
  'sshpass -p secret ssh -N -D 1080 m',
  'sshpass -psecret ssh -N -D 1080 m',
  'sshpass -p secret=1 ssh -N -D 1080 m',
  'sshpass -p AUTOSSH_secret=1 ssh -N -D 1080 m',
  'sshpass -p sudo/secret ssh -N -D 1080 m',
  'SSHPASS=secret sshpass -e ssh -N -D 1080 m',
  'sudo SSHPASS=secret sshpass -e ssh -N -D 1080 m',
  'env SSH_ASKPASS_ANSWER=secret autossh -M 0 -N -D 1080 m',
  'systemd-run --setenv=SSHPASS=secret ssh -N -D 1080 m',
  'ssh -N -D 1080 -o "SetEnv A=secret B=secret" -o "ProxyCommand sshpass -p secret nc %h %p" m',
  "ssh -N -D 1080 '-oRemoteCommand=mysql -psecret' m",
  'ssh -D 1080 m mysql -psecret',
])('a password on the line is not repeated: %s', text => {
  expect(JSON.stringify(understood(text))).not.toContain('secret')
  const words = text.replace('-D 1080', '-D wrong').match(/'[^']*'|"[^"]*"|\S+/g) ?? []
  expect(writeProcess(words.map(word => word.replace(/['"]/g, '')))).not.toContain('secret')
  // Nor by a problem, which stands where it stood.
  const wrong = readCommand(text.replace('-D 1080', '-D wrong'))
  const told = formatProblems(wrong.problems, wrong.shown)
  expect(told).not.toContain('secret')
  expect(told).toContain('-D wrong')
  expect(wrong.shown).toHaveLength(text.length + 1)
})

test('of a line that is no ssh, and of a unit and a script, a problem shows no password', () => {
  const none = readCommand('PGPASSWORD=secret sshh -N m')
  expect(formatProblems(none.problems, none.shown)).toContain('PGPASSWORD=****** sshh')
  for (const text of [
    '[Service]\nExecStart=/usr/bin/sshpass -p secret ssh -N -L ${A}:a:1 m\n',
    "sshpass -p secret ssh -N -L $A:a:1 m || su bob -c 'PW=secret ssh -N -L $B:a:1 m'\n",
  ]) {
    const { problems, shown } = readStartLines({ name: 'file', text })
    expect(problems).not.toEqual([])
    expect(formatProblems(problems, shown)).not.toContain('secret')
  }
})

test('what stands before a password is told by its name', () => {
  const { options } = understood('AUTOSSH_GATETIME=0 LANG=C sshpass -p sudo autossh -M 0 -N m')
  expect(options.slice(0, 5).map(({ written, value, kind }) => [written, value, kind])).toEqual([
    ['AUTOSSH_GATETIME', '0', 'ours'],
    ['LANG', '', 'unknown'],
    ['sshpass', '', 'taken'],
    ['***', '', 'taken'],
    ['***', '', 'taken'],
  ])
})

test.each([
  ['30', 30],
  ['30s', 30],
  ['1m', 60],
  ['1m30s', 90],
  ['1H', 3600],
  ['0', 0],
  ['none', null],
])('ServerAliveInterval=%s is a time', (text, interval) => {
  expect(understood(`ssh -N -o ServerAliveInterval=${text} -o ServerAliveCountMax=2 m`).keepAlive).toEqual({
    interval,
    countMax: 2,
  })
})

test('what is typed again is quoted', () => {
  const { found } = readProcess(['ssh', '-N', '-l', 'joe$(id)', '-J', 'CORP\\bob@a,b', '-D', '1', 'm'])
  expect(found && commandOfHand(found)).toBe("ssh -N -D 1 -J 'CORP\\bob@a,b' 'joe$(id)@m'")
})

test.each(["'a;b'@m", "'a b'@m", "'a|b'@m", "'a(b'@m", '"a\'b"@m', "'a>b'@m"])('ssh refuses the user of %s', text => {
  expect(wrong(`ssh -N ${text}`)).toEqual([expect.stringMatching(/is no destination$/)])
})

test.each([
  ['ssh -o ServerAliveInterval=1x m', ['1:28+2 -o ServerAliveInterval 1x is no time, as 30 or 1m30s']],
  ['ssh -o ServerAliveCountMax=1m m', ['1:28+2 -o ServerAliveCountMax 1m is no number from 1 to 2147483648']],
  ['ls -l', ['1:1+2 this runs neither ssh nor autossh']],
  ['', ['1:1+1 this runs neither ssh nor autossh']],
  ['ssh -N', ['1:1+3 ssh has no destination']],
  ['ssh -N -L 8080 m', ['1:11+4 -L 8080 says where to listen and not where it leads']],
  ['ssh -N -L 8080:far:99999 m', ['1:20+5 99999 is no port to lead to (1 to 65535)']],
  ['ssh -N -L 0:far:80 m', ['1:11+1 ssh has no port 0 to listen on at its own end']],
  ['ssh -N -L a:b:c:d:e m', ['1:11+9 -L a:b:c:d:e has more than four fields']],
  ['ssh -N -L [::1:80:f:80 m', ['1:11+12 -L [::1:80:f:80 has a bracket that ends nowhere']],
  ['ssh -N -D 1080:f:80 m', ['1:16+1 a dynamic forward leads where its visitors say: it has no far of its own']],
  [
    'ssh -p 99999 -L x:f:1 m',
    ['1:8+5 -p 99999 is no number from 1 to 65535', '1:17+1 x is no port to listen on (1 to 65535)'],
  ],
  ['ssh -N m -L', ['1:11+1 -L has no value behind it']],
  ['ssh -L $PORT:far:80 m', ['1:8+5 what $PORT stands for does not stand in the line']],
  ["ssh 'm", ["1:5+1 the quote ' is not closed"]],
  ['ssh -O exit m', ['1:6+1 with -O ssh talks to a connection that stands already, and makes no tunnel']],
  ['ssh -- -oProxyCommand=x', ['1:8+16 -oProxyCommand=x is no destination']],
])('%s is told', (text, problems) => {
  expect(wrong(text)).toEqual(problems)
})

test("a process's own arguments, whatever stands in them", () => {
  const { found } = readProcess(['/usr/bin/ssh', '-N', '-o', "SetEnv A='x y'", '-L', '*:80:f:80', 'm'])
  expect(found?.forwards).toHaveLength(1)
  expect(found?.options.find(({ keyword }) => keyword === 'setenv')?.value).toBe('A=***')
})

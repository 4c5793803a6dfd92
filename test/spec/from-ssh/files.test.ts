// ssh_config, systemd units, crontabs and scripts: the tunnels that stand in them.
import { readEffective, readHosts, readStartLines, writeForward } from '../../../spec/from-ssh'
import { readEnvironment } from '../../../spec/from-ssh/environment-file'

const lines = (text: string, name = 'file') => readStartLines({ name, text })
const short = (text: string, name?: string) =>
  lines(text, name).found.map(({ program, destination, forwards, runBy, place }) => ({
    program,
    host: destination.host,
    forwards: forwards.map(writeForward),
    runBy,
    line: place.line,
  }))

test('a unit: variables, a line that goes on, who runs it, and what an empty ExecStart forgets', () => {
  const unit = `[Unit]
Description=a tunnel to ssh somewhere
[Service]
User=bob
Environment="PORT=8080" FAR=far AUTOSSH_GATETIME=0
ExecStart=/bin/false ssh
ExecStart=
ExecStart=-/usr/bin/autossh -M 0 -N \\
  -L \${PORT}:\${FAR}:80 -o "ServerAliveInterval 30" joe@middle
Restart=always
`
  expect(short(unit)).toEqual([
    { program: 'autossh', host: 'middle', forwards: ['8080:far:80'], runBy: 'bob', line: 8 },
  ])
})

test.each([
  ["-L '${PORT}:far:80' m", ['8080:far:80', 'm']],
  ['$OPTIONS -L 80:a:1 m', ['80:a:1', '1:b:2', 'm']],
  ['-L 80:a:1 \\\n# a comment between\n ; another\n m', ['80:a:1', 'm']],
  ['-L 80:a:1\\\n m', ['80:a:1', 'm']],
  ['-L "80:a:\\x31" m ; /bin/true', ['80:a:1', 'm']],
  ["-o 'ProxyCommand ssh -W %%h:%%p joe@b' -L 80:a:1 m", ['80:a:1', 'm', 'b']],
])('a unit is read as systemd does: %s', (words, told) => {
  const unit = `[Service]\nEnvironment=PORT=8080 "OPTIONS=-L '1:b:2'"\nExecStart=/usr/bin/ssh -N ${words}\n`
  const { found, problems } = lines(unit)
  expect(problems).toEqual([])
  expect(found.map(({ forwards }) => forwards.map(writeForward).sort())).toEqual([
    told.filter(one => one.includes(':')).sort(),
  ])
  expect(found.flatMap(({ destination, jumps }) => [destination.host, ...jumps.map(({ host }) => host)])).toEqual(
    told.filter(one => !one.includes(':')),
  )
})

test('a unit: with @ the second word is a name, and with : no variable is put in', () => {
  expect(short('[Service]\nExecStart=@/usr/bin/ssh tunnel-ssh -N -L 80:a:1 m\n')).toMatchObject([
    { host: 'm', forwards: ['80:a:1'] },
  ])
  expect(short('[Service]\nEnvironment=A=x\nExecStart=:/usr/bin/ssh -N -L 80:a:1 ${A}\n')).toEqual([])
})

test.each([
  ['-L 80:%i:80 m', '80:%i:80', 'what %i stands for only systemd can tell'],
  ['-i %h/.ssh/k -L 80:a:1 m', '%h/', 'what %h stands for only systemd can tell'],
  ['-L 80:f:80 $OTHERS m', '$OTHERS', 'what $OTHERS stands for does not stand in the line'],
  ["-L '80:${FAR}:80' m", '${FAR}', 'what ${FAR} stands for does not stand in the line'],
  ['-L 80:$FAR:80 m', '$FAR', 'systemd puts nothing in for $FAR within a word'],
])('a unit: what does not stand in it is told: %s', (words, where, message) => {
  const line = `ExecStart=/usr/bin/ssh -N ${words}`
  const { found, problems } = lines(`[Service]\n${line}\n`)
  expect(found).toEqual([])
  const column = line.indexOf(where) + 1 + (where.startsWith('80:') ? 3 : 0)
  expect(problems).toMatchObject([{ line: 2, column, message }])
})

test('a unit: who runs it may not stand in it either, and a shell has the variables too', () => {
  expect(lines('[Service]\nUser=%i\nExecStart=/usr/bin/ssh -N -L 80:a:1 m\n').problems).toMatchObject([
    { line: 2, column: 6, code: 'specifier' },
  ])
  const wrapped = `[Service]\nEnvironment=FAR=far\nExecStart=/bin/sh -c 'exec ssh -N -L 80:$FAR:80 m'\n`
  expect(short(wrapped)).toMatchObject([{ forwards: ['80:far:80'] }])
})

test('a crontab and a script', () => {
  const table = `# ssh -N -L 1:a:1 nobody
PATH=/usr/bin
@reboot bob sleep 5; /usr/bin/ssh -fN -R 2222:localhost:22 joe@middle >/dev/null 2>&1 &
*/5 * * * * root su - bob -c 'ssh -N -D 1080 middle'
`
  expect(short(table, '/etc/cron.d/tunnel')).toEqual([
    { program: 'ssh', host: 'middle', forwards: ['2222:localhost:22'], runBy: 'bob', line: 3 },
    { program: 'ssh', host: 'middle', forwards: ['1080'], runBy: 'bob', line: 4 },
  ])
  const script = 'if ! pgrep autossh; then autossh -M 0 -f -N -L 80:far:80 m; fi\nsshd -t && echo fine\n'
  expect(short(script)).toEqual([{ program: 'autossh', host: 'm', forwards: ['80:far:80'], runBy: null, line: 1 }])
  expect(lines('echo hello\n').problems).toMatchObject([{ code: 'no-ssh' }])
})

test.each([
  ['file', null],
  ['/var/spool/cron/crontabs/joe', 'joe'],
  ['/var/spool/cron/joe', 'joe'],
])('a table of a user has no field for one: %s', (name, runBy) => {
  const table = "* * * * * pgrep -f 'ssh -N' || ssh -fN -L 80:far:80 m\n@reboot flock -n /tmp/l ssh -N -D 1080 m\n"
  expect(short(table, name)).toMatchObject([
    { forwards: ['80:far:80'], runBy, line: 1 },
    { forwards: ['1080'], runBy, line: 2 },
  ])
})

test.each([
  ['ssh -N -D 1 m', null],
  ['sudo ssh -N -D 1 m', 'root'],
  ['sudo -nu bob ssh -N -D 1 m', 'bob'],
  ['sudo --user=bob -- ssh -N -D 1 m', 'bob'],
  ['sudo -g adm -u bob A=1 nohup ssh -N -D 1 m', 'bob'],
  ['doas -u bob ssh -N -D 1 m', 'bob'],
  ['runuser -u bob -- ssh -N -D 1 m', 'bob'],
  ["runuser -l bob -c 'ssh -N -D 1 m'", 'bob'],
  ["su bob -s /bin/sh -c 'ssh -N -D 1 m'", 'bob'],
  ["su -c 'ssh -N -D 1 m' bob", 'bob'],
  ["su -c 'sudo -u joe ssh -N -D 1 m'", 'joe'],
  ["sudo -u bob sh -c 'exec ssh -N -D 1 m'", 'bob'],
  ['flock -w 5 /tmp/l ssh -N -D 1 m', null],
  ["flock -n /tmp/l -c 'ssh -N -D 1 m'", null],
  ['chrt -f 10 timeout -k 1 1h nice -n 5 ssh -N -D 1 m', null],
])('who runs %s', (line, runBy) => {
  expect(short(`${line}\n`)).toMatchObject([{ host: 'm', forwards: ['1'], runBy }])
})

const config = `# mine
Port 2200
Host web *.web
  HostName web.example
  User = joe
  LocalForward 8080 far:80
  LocalForward "127.0.0.1:5432" db:5432
Host other !web
  DynamicForward 1080
Match host web
  ServerAliveInterval 15
Match exec "true"
  Port 1
Host *
  ServerAliveInterval 30
  IdentityFile ~/.ssh/a
  Port 22
  Foo bar
`

test('ssh_config: the first value counts, of forwards each', () => {
  const { found, problems } = readHosts({ name: 'config', text: config }, [])
  expect(problems).toEqual([])
  expect(found.map(({ destination }) => destination.written)).toEqual(['web', 'other'])
  expect(found[0]).toMatchObject({
    destination: { written: 'web', host: 'web.example', user: 'joe', port: 2200 },
    keepAlive: { interval: 15, countMax: null },
    identityFiles: ['~/.ssh/a'],
    session: 'shell',
    place: { file: 'config', line: 3 },
  })
  expect(found[0]?.forwards.map(writeForward)).toEqual(['8080:far:80', '127.0.0.1:5432:db:5432'])
  const options = found[0]?.options ?? []
  expect(options.find(({ keyword }) => keyword === 'foo')).toMatchObject({ kind: 'unknown', line: 18 })
  expect(options.find(({ keyword }) => keyword === 'match')).toMatchObject({
    kind: 'unknown',
    value: 'exec "true"',
    line: 12,
  })
})

test('ssh_config: what it includes, and what it does not have', () => {
  const main = { name: 'config', text: 'Include conf.d/*\nHost a\n  Include gone\n  LocalForward 1 b:1\n' }
  const part = { name: 'conf.d/x', text: 'Host a\n  User joe\n' }
  const { found } = readHosts(main, ['a'], pattern => (pattern === 'conf.d/*' ? [part] : []))
  expect(found).toMatchObject([{ destination: { user: 'joe' }, forwards: [{ file: 'config', line: 4 }] }])
  expect(found[0]?.options.find(({ keyword }) => keyword === 'include')).toMatchObject({ kind: 'unknown', line: 3 })
  expect(readHosts(main, ['z']).problems).toMatchObject([{ code: 'no-host' }])
  expect(readHosts({ name: 'c', text: 'Host x\nUser\nLocalForward 1\n' }, ['x']).problems).toMatchObject([
    { line: 2, column: 1, code: 'no-value' },
    { line: 3, column: 14, code: 'bad-forward' },
  ])
})

test('ssh_config: what a Host that does not match includes never holds', () => {
  const main = { name: 'config', text: 'Host a\n  Include part\nHost b\n  Port 2\n  Include part\n' }
  const part = { name: 'part', text: 'User joe\nHost b\n  Include deep\nHost *\n  Compression yes\n' }
  const deep = { name: 'deep', text: 'Match all\n  LocalForward 1 f:1\n' }
  const files: Record<string, typeof main> = { part, deep }
  const include = (name: string) => files[name] ?? []
  const told = (text: string, host: string) =>
    readHosts({ name: 'config', text }, [host], pattern => [include(pattern)].flat()).found.map(one => [
      one.forwards.length,
      one.destination.user,
      one.options.map(({ keyword }) => keyword),
    ])
  expect(told('Host a\n  Include part\nHost b\n  Port 2\n', 'b')).toEqual([[0, null, ['port']]])
  expect(told(main.text, 'b')).toEqual([[1, 'joe', ['port', 'user', 'localforward', 'compression']]])
  expect(told(main.text, 'a')).toEqual([[0, 'joe', ['user', 'compression']]])
})

test('what ssh -G prints', () => {
  const text = `user joe\nhostname 192.0.2.1\nport 22\nciphers aes\nforwardagent yes\nserveraliveinterval 0
localforward 8080 [far]:80\nidentityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/mine\n`
  const { found } = readEffective(text, 'web')
  expect(found).toMatchObject({
    destination: { written: 'web', host: '192.0.2.1', user: 'joe', port: 22 },
    identityFiles: ['~/.ssh/mine'],
    forwards: [{ listen: { port: 8080 }, far: { host: 'far', port: 80 } }],
  })
  expect(found?.options.filter(({ kind }) => kind === 'taken')).toMatchObject([{ keyword: 'forwardagent' }])
})

test('a unit: what stands in files beside it holds over its own, and autossh is told of as one of those', () => {
  const unit = `[Service]
Environment=PORT=1 AUTOSSH_POLL=60
EnvironmentFile=-/etc/default/absent
EnvironmentFile=/etc/default/tunnel
EnvironmentFile=/etc/default/secret
ExecStart=/usr/bin/autossh -M 0 -N -L \${PORT}:far:80 $MORE m
`
  const files = (path: string) =>
    path === '/etc/default/tunnel'
      ? [
          {
            name: path,
            text: '# of the tunnel\nPORT=8080\n; PORT=9\nMORE="-p 2222 \\\n-4" \nAUTOSSH_FIRST_POLL=5\nno line\n',
          },
        ]
      : []
  const { found, problems } = readStartLines({ name: 'unit', text: unit }, files)
  expect(problems).toEqual([])
  expect(found.map(({ forwards, destination }) => [forwards.map(writeForward), destination.port])).toEqual([
    [['8080:far:80'], 2222],
  ])
  expect(found[0]?.options.slice(0, 3).map(({ written, value, kind, line }) => [written, value, kind, line])).toEqual([
    ['AUTOSSH_POLL', '60', 'ours', 2],
    ['AUTOSSH_FIRST_POLL', '5', 'ours', 4],
    ['EnvironmentFile', '/etc/default/secret', 'unknown', 5],
  ])
})

test.each([
  ['ssh', '/etc/default/nope', 'absent', true],
  ['autossh -M 0', '/etc/default/nope', 'absent', true],
  ['ssh', '-/etc/default/nope', 'closed', true],
  ['ssh', '-/etc/default/nope', 'not asked', true],
  // systemd does without it as well.
  ['ssh', '-/etc/default/nope', 'absent', false],
])('of %s a file of variables that was not read is told, for it would hold: %s, %s', (program, file, state, isTold) => {
  const text = `[Service]\nEnvironment=HOST=203.0.113.20\nEnvironmentFile=${file}\nExecStart=/usr/bin/${program} -N -L 81:f:80 \${HOST}\n`
  const closed = (name: string) => (state === 'closed' ? [{ name, text: null }] : [])
  const { found } = readStartLines({ name: 'unit', text }, state === 'not asked' ? undefined : closed)
  expect(found.map(({ destination }) => destination.host)).toEqual(['203.0.113.20'])
  const told = found.flatMap(({ options }) => options.filter(({ written }) => written === 'EnvironmentFile'))
  const says = 'was not read: what it sets holds over what stands in the unit'
  const one = { keyword: '', value: '/etc/default/nope', kind: 'unknown', says, line: 3 }
  expect(told).toMatchObject(isTold ? [one] : [])
})

test.each([
  ['A=1 2  \nB= x', { A: '1 2', B: 'x' }],
  ['A="a \\"b\\" \\n $c"', { A: 'a "b" \\n $c' }],
  ["A='it \\ is\nso'", { A: 'it \\ is\nso' }],
  ['A=a\\\nb\nA=c\\ d', { A: 'c d' }],
  ['# x\\\nA=1\n =2\n9=3\nexport B=4', { A: '1' }],
])('a file of variables, as systemd reads it: %j', (text, variables) => {
  expect(readEnvironment(text)).toEqual(variables)
})

// What keeps ssh where systemd does not, as each of its steps meets another's: who is stopped or removed stays so, and who is started waits for nobody's turn.
import { encode } from '../../engine/host/quote'
import { scriptText } from '../../engine/parts/service/script-text'
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

/** A tunnel whose server nobody is: ssh ends, and is begun anew. */
const made = (tunnel: string): string[][] => {
  const [account, folder] = [`tun-${tunnel}`, `/etc/ssh-tunnels/${tunnel}`]
  const text = scriptText('pidfile', {
    tunnel,
    owner: 'me',
    description: tunnel,
    account,
    key: `${folder}/key`,
    knownHosts: `${folder}/known_hosts`,
    interval: 30,
    countMax: 3,
    forwards: [],
    command: 'ssh',
    server: { address: '127.0.0.1', port: 1 },
    login: account,
    bindsPrivileged: false,
    socketMode: '660',
    isAlterable: false,
  })
  return [
    ['account_add', account, '/usr/sbin/nologin', 'ssh-tunnels me'],
    ['service_put', 'pidfile', tunnel, encode(text)],
    ['service_start', 'pidfile', tunnel],
  ]
}

/** `hold` keeps everybody else from the turn of all and from the tunnel's own lock, until `free`. */
const functions = `service=/etc/ssh-tunnels/a/service pids=/run/ssh-tunnels-services
hold() { exec 7<$pids; flock 7; exec 8<$pids; [ ! -e $pids/.a ] || exec 8<$pids/.a; [ ! -e $pids/.a ] || flock 8; }
free() { exec 7<&- 8<&-; }
keeper() { cut -d ' ' -f 1 $pids/a.pid; }
until_it() {
  left=300
  while ! eval "$1"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "in vain: $1"; ps -ef >&2; exit 1; }
    sleep 0.1
  done
}
begun() { grep -c 'Started ssh' /var/log/tunnel-a.log || :; }
`

test.each([
  ['stopped', '$service stop; echo "stop $?"; mv $service /mnt/service\n', 'stop 0'],
  ['removed', `cp $service /mnt/service\n${batch(['service_remove', 'pidfile', 'a'])}`, 'exit 0'],
])('who is %s while another is about to take the place of a killed keeper stays so', (_what, end, said) => {
  // What waits for the lock is held up until all that ends the service has been done.
  const seen = inPrivateRoot(
    'dash',
    `${batch(...made('a'), ...made('b'))}${functions}first=$(keeper); successor=$(pgrep -P $first -x sh)
    kill -STOP $successor
    kill -9 $first
    until_it '! pgrep -x flock >/dev/null'
    hold
    kill -CONT $successor
    until_it 'waiting=$(pgrep -P $successor -x flock)'
    kill -STOP $waiting
    until_it 'case $(ps -o stat= -p $waiting) in T*) ;; *) false ;; esac'
    free
    ${end}kill -CONT $waiting
    until_it '! kill -0 $successor 2>/dev/null || [ -e $pids/a.ssh ]'
    sh /mnt/service status || echo "status $?"
    ls $pids | grep '^a' || echo "and has nothing there"`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', said, 'it does not run', 'status 3', 'and has nothing there'])
})

test.each(shells)('under %s a start waits for no turn, and who is told to end before his turn begins no ssh', shell => {
  const seen = inPrivateRoot(
    shell,
    `${batch(...made('a'))}${functions}$service stop
    exec 7<$pids; flock 7
    $service start 7<&- || echo "start $?"
    $service status 7<&-
    at=$(begun) first=$(keeper)
    until_it 'pgrep -P $first -x flock >/dev/null'
    reader=$(pgrep -P $first -x sh)
    kill $first
    free
    until_it '! kill -0 $reader 2>/dev/null'
    [ "$(begun)" = "$at" ] || echo 'ssh was begun'
    $service start
    until_it '[ "$(begun)" -gt "$at" ]'
    $service stop; echo "stop $?"
    $service status || echo "status $?"
    ${batch(['service_remove', 'pidfile', 'a'])}ls -d $pids 2>/dev/null || echo gone`,
  )
  expect(linesOf(seen)).toEqual([
    'exit 0',
    'ssh is between two tries',
    'stop 0',
    'it does not run',
    'status 3',
    'exit 0',
    'gone',
  ])
})

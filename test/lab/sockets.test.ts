// Unix sockets at either end of a tunnel, on real hosts: where it listens, and where it leads to; what a killed one leaves, and who may connect.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

let lab: Lab
let stack: Stack
let line: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const web = '/var/lib/ssh-tunnels-sockets/web/web.sock'
const database = '/run/app/db.sock'
const site = '/run/site.sock'

const host = (name: 'near' | 'middle', further = {}) => hostsOf(lab)(name, further)
const tunnels = (change: { readonly web?: object; readonly db?: object } = {}) => {
  const ends = { client: host('near'), server: host('middle') }
  return {
    web: { forward: 'remote', listen: web, far: 'far:80', ...ends, ...change.web },
    // As an administrator with sudo, who may connect by the socket's mode.
    db: {
      forward: 'local',
      listen: database,
      far: site,
      socket_mode: '0666',
      ...ends,
      client: host('near', { user: 'admin', become: 'sudo' }),
      ...change.db,
    },
    back: { forward: 'remote', listen: '203.0.113.20:8080', far: site, probe: 'http', ...ends },
  }
}

/** A service behind a socket, which answers HTTP; the perl is Debian's own. */
const serve = `umask 0; systemd-run -q --unit=site perl -MIO::Socket::UNIX -e '
  umask 0; $SIG{CHLD} = "IGNORE"; my $s = IO::Socket::UNIX->new(Local => "${site}", Listen => 9) or die;
  while (my $c = $s->accept) { next if fork; my $l = <$c>; print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello by socket\\n"; exit }'
  until [ -S ${site} ]; do sleep 0.1; done`

/** What a program on the host hears through a socket there, as a user. */
const through = async (on: 'near' | 'middle', path: string, user = 'root') =>
  (await lab.hosts[on].exec(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | runuser -u ${user} -- nc -U -w 5 ${path}`)).stdout

const modeOf = (on: 'near' | 'middle', path: string) => lab.hosts[on].sh(`stat -c '%a %U' ${path} 2>&1 || :`)

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  line = makeCommandLine(lab)
  await Promise.all([lab.hosts.near.sh(`${serve}; runuser -u admin -- sudo -n true`), lab.hosts.middle.sh(serve)])
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  line?.remove()
})

test('a folder that is not there, or in which its account may not write, is told before anything is touched', async () => {
  stack.declare(tunnels())
  expect((await stack.plan()).text).toContain(`near has no folder /run/app for the socket ${database}`)
  await lab.hosts.near.sh('mkdir /run/app')
  expect((await stack.plan()).text).toContain('tun-db may not make a socket in /run/app on near')
  await lab.hosts.near.sh('chmod 1777 /run/app')
})

test('one deploy makes them, and proves each; a second changes nothing', async () => {
  stack.declare(tunnels())
  expect((await stack.plan()).text).toContain(`"[${site}]:*"`)
  await stack.mustApply()
  const [one, db, back] = ['web', 'db', 'back'].map(name => stack.attributes(name))
  expect([one.proof, db.proof, back.proof].map(({ answered, from }) => [answered, from])).toEqual([
    [true, 'middle'],
    [true, 'near'],
    [true, 'here'],
  ])
  expect([one.endpoint, one.server_sockets, one.sockets]).toEqual([
    web,
    { paths: [web], folder: '/var/lib/ssh-tunnels-sockets/web' },
    null,
  ])
  expect(db.sshd).toMatchObject({ permit_open: [`[${site}]:*`], allow_stream_local_forwarding: 'local' })
  expect(back.sshd).toMatchObject({ permit_open: ['none'], allow_stream_local_forwarding: 'no' })
  expect((await stack.plan()).code).toBe(0)
})

test('visitors reach far, and who may connect is what the mode says', async () => {
  expect(await through('middle', web)).toContain('hello from far')
  expect(await through('middle', web, 'admin')).toBe('')
  expect(await through('near', database, 'admin')).toContain('hello by socket')
  expect(await fetchPage(lab, 8080)).toBe('hello by socket\n')
  expect(await modeOf('middle', web)).toBe('600 tun-web')
  expect(await modeOf('near', database)).toBe('666 tun-db')
})

/** As whoever has stolen the key. */
const withKey = (tunnel: string, words: string) =>
  lab.hosts.near.exec(
    `install -m 600 /etc/ssh-tunnels/${tunnel}/key /run/stolen
    timeout 10 ssh -F none -N -o BatchMode=yes -o IdentitiesOnly=yes -o ExitOnForwardFailure=yes -i /run/stolen \
      -o UserKnownHostsFile=/etc/ssh-tunnels/${tunnel}/known_hosts ${words} tun-${tunnel}@203.0.113.20 </dev/null & ssh=$!
    for n in 1 2 3 4 5 6 7 8 9 10; do [ -S /run/thief.sock ] && break; kill -0 $ssh || break; sleep 0.2; done
    printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -U -w 2 /run/thief.sock
    kill $ssh; rm -f /run/thief.sock /run/stolen`,
  )

test('a stolen key dials its one socket and no other, and its account makes none where it may not write', async () => {
  expect((await withKey('db', `-L /run/thief.sock:${site}`)).stdout).toContain('hello by socket')
  const other = await withKey('db', '-L /run/thief.sock:/run/dbus/system_bus_socket')
  expect([other.stdout, other.stderr]).toEqual(['', expect.stringContaining('open failed')])
  expect((await withKey('db', '-L /run/thief.sock:127.0.0.1:22')).stderr).toContain('administratively prohibited')
  expect((await withKey('db', '-R /tmp/thief.sock:127.0.0.1:22')).stderr).toContain('remote port forwarding failed')
  expect((await withKey('web', '-R /etc/thief.sock:127.0.0.1:22')).stderr).toContain('remote port forwarding failed')
  expect((await withKey('web', `-L /run/thief.sock:${site}`)).stderr).toContain('open failed')
})

test('what a killed ssh or sshd leaves is in nobody’s way', async () => {
  const fileOf = () =>
    Promise.all([lab.hosts.middle.sh(`stat -c %i ${web}`), lab.hosts.near.sh(`stat -c %i ${database}`)])
  const files = await fileOf()
  await lab.hosts.near.sh('systemctl kill -s KILL tunnel-db.service')
  await lab.hosts.middle.sh('pkill -KILL -u tun-web')
  await waitFor('both to be made anew', async () => {
    const now = await fileOf().catch(() => files)
    return now.every((file, index) => file !== files[index]) || undefined
  })
  await waitFor('both to come back', async () => {
    const [one, other] = await Promise.all([through('middle', web), through('near', database)])
    return (one.includes('hello from far') && other.includes('hello by socket')) || undefined
  })
})

test('a status counts connections, and the doctor names a far that is down', async () => {
  line.write('tunnels.yaml', {
    owner: 'terraform',
    hosts: { near: line.hostOf('near'), middle: line.hostOf('middle') },
    tunnels: {
      db: { client: 'near', server: 'middle', forward: 'local', listen: database, far: site, socketMode: 666 },
    },
  })
  await lab.hosts.near.sh(`systemd-run -q --unit=held sh -c 'tail -f /dev/null | nc -U ${database}'`)
  await waitFor('the connection to be counted', async () => {
    const [db] = JSON.parse(await line.must('status', 'tunnels.yaml', '--json')).tunnels
    return (db.state === 'up' && db.connections === 1) || undefined
  })
  await lab.hosts.near.sh('systemctl stop held')
  await lab.hosts.middle.sh(`systemctl stop site; rm -f ${site}`)
  const { code, said } = await line.runTunnels('doctor', 'db')
  expect([code, said]).toEqual([expect.any(Number), expect.stringContaining(`far (${site})`)])
  await lab.hosts.middle.sh(serve)
})

test('drift is seen: its folder, its list, and another mode', async () => {
  await lab.hosts.middle.sh('chmod 777 /var/lib/ssh-tunnels-sockets/web; : >/etc/ssh-tunnels/web/sockets')
  const { code, text } = await stack.plan()
  expect([code, text]).toEqual([2, expect.stringContaining('(mode 777, owner tun-web:tun-web)')])
  await stack.mustApply()
  expect(await modeOf('middle', '/var/lib/ssh-tunnels-sockets/web')).toBe('755 tun-web')
  expect((await stack.plan()).code).toBe(0)
})

test('another path, mode and kind of listener are changed in place, and the socket of before is gone', async () => {
  stack.declare(
    tunnels({ web: { listen: '203.0.113.20:8081' }, db: { listen: '/run/app/other.sock', socket_mode: '0660' } }),
  )
  expect((await stack.plan()).text).toContain('Plan: 0 to add, 2 to change, 0 to destroy.')
  await stack.mustApply()
  expect(await lab.hosts.near.sh('ls /run/app')).toBe('other.sock')
  expect(await modeOf('near', '/run/app/other.sock')).toBe('660 tun-db')
  expect(await lab.hosts.middle.sh('ls -d /var/lib/ssh-tunnels-sockets 2>/dev/null || :')).toBe('')
  expect(await fetchPage(lab, 8081)).toBe('hello from far\n')
  expect((await stack.plan()).code).toBe(0)
})

test('what somebody else has at the path is left alone, and told', async () => {
  await lab.hosts.near.sh('echo mine >/run/app/mine.sock')
  stack.declare(tunnels({ web: { listen: web }, db: { listen: '/run/app/mine.sock' } }))
  expect((await stack.apply()).text).toContain('/run/app/mine.sock on near is taken')
  expect(await lab.hosts.near.sh('cat /run/app/mine.sock; rm /run/app/mine.sock')).toBe('mine')
})

test('a destroy leaves the hosts as they were, byte for byte', async () => {
  await lab.hosts.near.sh('systemctl kill -s KILL tunnel-db.service')
  await stack.destroy()
  expect(await lab.hosts.near.sh('ls -A /run/app')).toBe('')
  expect(await fingerprints(lab)).toEqual(before)
})

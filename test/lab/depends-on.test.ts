// Tunnels that build on each other: a host is reached through a tunnel, and another tunnel's server is that host.
import { fingerprint, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'

let lab: Lab
let line: CommandLine
let before: string[]
const prints = () => Promise.all(Object.values(lab.hosts).map(fingerprint))

beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab)
  before = await prints()
  line.write('tunnels.yaml', {
    owner: 'me',
    hosts: {
      near: line.hostOf('near'),
      middle: line.hostOf('middle'),
      // far's sshd, where the tunnel door leads: before that is up nobody is there.
      inner: { ...line.hostOf('far'), address: lab.hosts.middle.address, port: 2022 },
    },
    tunnels: {
      inside: {
        dependsOn: ['door'],
        client: 'near',
        server: 'inner',
        forward: 'local',
        listen: '127.0.0.1:8090',
        far: '127.0.0.1:80',
      },
      door: { client: 'middle', forward: 'local', listen: `${lab.hosts.middle.address}:2022`, far: 'far:22' },
    },
  })
}, 300_000)
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

test('one apply brings up the one, and then the other through it', async () => {
  const { code, said } = await line.runTunnels('apply')
  expect(said).toMatch(/door: done[\s\S]*inside: [\s\S]*inside: done/)
  expect(code).toBe(0)
  const page = await lab.hosts.near.sh("printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 127.0.0.1 8090 | tail -n 1")
  expect(page.trim()).toBe('hello from far')
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
})

test('when the first cannot come up the other is not begun', async () => {
  await line.must('destroy', 'tunnels.yaml')
  await lab.hosts.middle.sh('systemd-run --quiet --unit=other nc -lk 203.0.113.20 2022')
  const { code, said } = await line.runTunnels('apply')
  await lab.hosts.middle.sh('systemctl stop other')
  expect(code).toBe(1)
  expect(said).toContain('port 2022 on middle is taken')
  expect(said).not.toContain('inside: near:')
})

test('a destroy takes the other down first, and leaves no trace', async () => {
  await line.must('apply', 'tunnels.yaml')
  const { code, said } = await line.runTunnels('destroy')
  expect(said).toMatch(/inside: removed[\s\S]*door: removed/)
  expect(code).toBe(0)
  expect(await prints()).toEqual(before)
})

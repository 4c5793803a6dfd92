// A client without root: the login's own files and units, from the first plan to a home that is as it was.
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { readBanner } from './stack'

const middle = '203.0.113.20'
const file = 'user.yaml'

let lab: Lab
let line: CommandLine
let before: string[]

const ends = { client: 'near', server: 'middle', serverAlive: { interval: 5, countMax: 2 } }
const ssh = { name: 'ssh', forward: 'local', listen: '127.0.0.1:5000', far: `${middle}:22` }
const socks = { name: 'socks', forward: 'dynamic', listen: '127.0.0.1:5001' }

interface Settings {
  /** Of both tunnels. */
  readonly both?: object
  readonly forwards?: readonly object[]
  readonly tunnels?: object
}
const declare = ({ both = {}, forwards = [ssh], tunnels }: Settings = {}) =>
  line.write(file, {
    owner: 'of-admin',
    hosts: { near: { ...line.hostOf('near'), user: 'admin' }, middle: line.hostOf('middle') },
    tunnels: tunnels ?? {
      out: { ...ends, forward: 'remote', listen: `${middle}:8081`, far: 'localhost:22', ...both },
      in: { ...ends, forwards, ...both },
    },
  })

const near = () => lab.hosts.near
const asAdmin = (command: string) =>
  near().sh(`su admin -s /bin/sh -c 'export XDG_RUNTIME_DIR=/run/user/$(id -u); ${command}'`)
const lingers = async () => (await near().exec('ls /var/lib/systemd/linger')).stdout
const prints = () => Promise.all([near(), lab.hosts.middle].map(fingerprint))
const plan = () => line.run('plan', file, '--detailed-exitcode')
const isEmpty = async () => {
  const { code, stdout, stderr } = await plan()
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
}
const answers = async (port: number) =>
  (await near().exec(`timeout 3 nc -w 2 127.0.0.1 ${port} </dev/null`)).stdout.startsWith('SSH-')
const up = (what: string) =>
  waitFor(what, async () => ((await readBanner(lab, 8081)) && (await answers(5000)) ? true : undefined))
const pidOf = (tunnel: string) => asAdmin(`systemctl --user show --property=MainPID --value tunnel-${tunnel}`)

beforeAll(async () => {
  lab = await startLab({ images: { near: 'polkit' } })
  line = makeCommandLine(lab)
  before = await prints()
})
afterAll(async () => {
  line?.remove()
  await lab?.stop()
})

test('where the login may not have its services go on, that is refused with what root has to say', async () => {
  const hosts = { far: { ...line.hostOf('far'), user: 'admin' }, middle: line.hostOf('middle') }
  const tunnels = { out: { ...ends, client: 'far', forward: 'remote', listen: `${middle}:8081`, far: 'localhost:22' } }
  line.write('far.yaml', { owner: 'of-admin', hosts, tunnels })
  const there = await fingerprint(lab.hosts.far)
  const { code, stdout, stderr } = await line.run('apply', 'far.yaml')
  expect(code).toBe(1)
  expect(stdout + stderr).toContain('have root say there: loginctl enable-linger admin')
  expect(await fingerprint(lab.hosts.far)).toBe(there)
  expect(await fingerprint(lab.hosts.middle)).toBe(before[1])
})

test.each([
  [{ ...ssh, listen: '127.0.0.1:110' }, 'port 110 there'],
  [{ ...ssh, listen: '198.51.100.10:5000', allowFrom: ['192.0.2.0/24'] }, 'allowFrom'],
  [{ ...ssh, listen: '/srv/x' }, 'the socket /srv/x there'],
  [{ ...ssh, watch: {} }, 'a resident proof there (watch)'],
])('what only root can do there is refused: %j', async ({ name: _, ...asked }, what) => {
  declare({ tunnels: { in: { ...ends, ...asked } } })
  const { code, stdout, stderr } = await line.run('apply', file)
  expect(code).toBe(1)
  expect(stdout + stderr).toContain(`near is a client without root, and ${what}`)
  expect(await prints()).toEqual(before)
})

test('a plan names what will keep it, and an apply brings both up, lingering with them', async () => {
  declare()
  const { code, stdout, stderr } = await plan()
  expect({ code, stderr: code === 2 ? '' : stdout + stderr }).toEqual({ code: 2, stderr: '' })
  expect(stdout).toMatch(/supervisor +\+? *= "systemd-user"/)
  expect(stdout).toContain('"~/.ssh-tunnels/out/key"')
  expect(await lingers()).toBe('')
  await line.must('apply', file)
  await up('both to be reached')
  await isEmpty()
  expect(await lingers()).toBe('admin\n')
  // A folder for its user alone; no account, nothing of root's.
  expect(await near().sh(`stat -c '%a %U' /home/admin/.ssh-tunnels /home/admin/.ssh-tunnels/out/key`)).toBe(
    '700 admin\n600 admin',
  )
  expect((await near().exec('getent passwd | grep tun-; ls -d /etc/ssh-tunnels')).stdout).toBe('')
  expect(await near().sh(`ps -o user= -p ${await pidOf('out')}`)).toBe('admin')
})

test('a killed ssh comes back by itself, and status, logs and doctor tell of it', async () => {
  const first = await pidOf('out')
  await near().sh(`kill -9 ${first}`)
  await waitFor('another ssh', async () => (!['0', first].includes(await pidOf('out')) ? true : undefined))
  await up('both to be reached again')
  await isEmpty()
  const status = JSON.parse(await line.must('status', file, '--json')) as { tunnels: Record<string, unknown>[] }
  expect(status.tunnels.find(({ name }) => name === 'out')).toMatchObject({ state: 'up', reconnects: 1 })
  expect(await line.must('logs', file, 'out', '--lines', '30')).toContain('Main process exited, code=killed')
  expect((await line.run('doctor', file)).code).toBe(0)
})

test('a listener of the same user that is none of ours counts as another program', async () => {
  declare({ forwards: [ssh, { ...ssh, name: 'taken', listen: '127.0.0.1:5002' }] })
  await near().sh(`su admin -s /bin/sh -c 'nohup nc -lk 127.0.0.1 5002 >/dev/null 2>&1 </dev/null & echo $! >/tmp/nc'`)
  const { code, stdout, stderr } = await line.run('apply', file)
  expect({ code, said: stdout + stderr }).toEqual({
    code: 1,
    said: expect.stringContaining('port 5002 on near is taken'),
  })
  await near().sh('kill $(cat /tmp/nc); rm /tmp/nc')
  declare()
  await line.must('apply', file)
  await isEmpty()
})

test('what somebody stops, changes or removes is a drift, which an apply mends', async () => {
  await asAdmin('systemctl --user stop tunnel-out')
  await near().sh(`sed -i 's/ServerAliveInterval=5/ServerAliveInterval=0/' /home/admin/.config/systemd/user/tunnel-in.service
    rm /home/admin/.ssh-tunnels/in/key; loginctl disable-linger admin`)
  const { code, stdout } = await plan()
  expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(/active +~? *= false/) })
  expect(stdout).toMatch(/enabled +~? *= false/)
  const doctor = await line.run('doctor', file)
  expect(doctor.code).not.toBe(0)
  expect(doctor.stdout).toContain('tunnel-out.service does not run on near')
  await line.must('apply', file)
  await up('both to be reached again')
  await isEmpty()
})

test('a forward is added while the others go on', async () => {
  const pid = await pidOf('in')
  declare({ forwards: [ssh, { ...ssh, name: 'again', listen: '127.0.0.1:5002' }] })
  expect((await plan()).stdout).not.toContain('will cut')
  await line.must('apply', file)
  await isEmpty()
  expect({ pid: await pidOf('in'), answers: await answers(5002) }).toEqual({ pid, answers: true })
  declare({ forwards: [ssh, socks] })
  await line.must('apply', file)
  await isEmpty()
  const through = `curl -s --max-time 5 --socks5-hostname 127.0.0.1:5001 telnet://${middle}:22 </dev/null`
  await waitFor('the proxy', async () => ((await near().exec(through)).stdout.includes('SSH-') ? true : undefined))
})

test('it is left to hand, begun by hand, and started at boot again', async () => {
  declare({ both: { enabled: false } })
  await line.must('apply', file)
  expect(await pidOf('out')).toBe('0')
  await isEmpty()
  await asAdmin('systemctl --user start tunnel-out tunnel-in')
  await up('both to be reached, started by hand')
  await isEmpty()
  declare()
  await line.must('apply', file)
  await up('both to be reached again')
  await isEmpty()
})

test('it is there after a reboot, with nobody logged in', async () => {
  await near().reboot()
  await up('both to be reached after a reboot')
  await isEmpty()
})

test('with another key after rotate, and with what a killed apply has left cleared', async () => {
  const key = () => near().sh('sha256sum /home/admin/.ssh-tunnels/out/key')
  const first = await key()
  await near().sh(`su admin -c 'mkdir ~/.ssh-tunnels.4194305.x; touch ~/.ssh-tunnels/out/.ssh-tunnels.1'`)
  await line.must('rotate', file, 'out')
  expect(await key()).not.toBe(first)
  expect(await near().sh('cd /home/admin; ls -d .ssh-tunnels.* .ssh-tunnels/out/.s* 2>/dev/null || true')).toBe('')
  await up('both to be reached with it')
  await isEmpty()
})

test('destroy leaves both hosts as they were, and lingering too', async () => {
  await line.must('destroy', file)
  expect(await prints()).toEqual(before)
  expect(await lingers()).toBe('')
})

test('lingering that stood before stays', async () => {
  await near().sh('loginctl enable-linger admin')
  declare()
  await line.must('apply', file)
  await line.must('destroy', file)
  expect(await prints()).toEqual(before)
  expect(await lingers()).toBe('admin\n')
  await near().sh('loginctl disable-linger admin')
})

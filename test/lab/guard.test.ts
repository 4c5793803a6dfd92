// A change that would lock out who deploys: the host takes it back by itself, and the admin's login works afterwards.
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'

let lab: Lab
let line: CommandLine
let before: string

const left = 'ls -A /var/lib/ssh-tunnels 2>/dev/null; systemctl list-units --all --no-legend "ssh-tunnels-undo*"'

beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab)
  before = await standing()
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

const write = (settings: object) =>
  line.write('tunnels.yaml', { owner: 'me', hosts: { middle: { ...line.hostOf('middle'), ...settings } } })

const standing = async () => `${await fingerprint(lab.hosts.middle)}\n${await lab.hosts.middle.sh(left)}`

const login = async () => (await lab.run('controller', [...lab.ssh('middle'), 'id -un'])).stdout.trim()

/** The command is killed while it waits for its fresh login, which it does not get. */
const dieArmed = () =>
  line.startAndKill(['apply', 'tunnels.yaml'], () =>
    waitFor('middle to let nobody in', async () => ((await login()) === '' ? true : undefined)),
  )

/** After a change that was undone nothing is in the way of another. */
async function goOn(): Promise<void> {
  expect(await login()).toBe('root')
  write({ sshd: { clientAliveInterval: 45 } })
  expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
  expect((await line.run('destroy', 'tunnels.yaml')).code).toBe(0)
  expect(await standing()).toBe(before)
}

const lockOuts: readonly (readonly [string, object])[] = [
  ['a group that may log in alone', { extra: { AllowGroups: 'nobody' } }],
  ['an account that may not', { extra: { DenyUsers: 'root' } }],
  ['keys elsewhere', { extra: { AuthorizedKeysFile: '/nowhere' } }],
  ['another method', { extra: { AuthenticationMethods: 'password' } }],
  ['another program in place of ours', { extra: { ForceCommand: '/bin/false' } }],
]

test.each(lockOuts)('%s: the host takes it back, rules and all, and the error says so', async (_, sshd) => {
  write({ sshd, firewall: { openPorts: [{ port: 9090 }] } })
  const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  expect({ code, told: /^.*undone: .*$/m.exec(stdout + stderr)?.[0] }).toEqual({
    code: 1,
    told: expect.stringContaining('after the change nobody could log in to middle as root'),
  })
  expect(await login()).toBe('root')
  expect(await standing()).toBe(before)
})

test('the error says what was tried, what happened, what is now and what to do', async () => {
  write({ sshd: { extra: { AllowGroups: 'nobody' } } })
  const { stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  expect(`${stdout}${stderr}`).toMatch(
    /What was tried: +sshd: AllowGroups nobody\n +What happened: [\s\S]*2 tries[\s\S]*What is now: [\s\S]*root can log in\n +What you can do: .*AllowGroups/,
  )
})

test('an sshd that somebody stops meanwhile runs again, and what others have changed is told', async () => {
  write({ sshd: { clientAliveInterval: 45 } })
  const other = '/etc/ssh/sshd_config.d/05-other.conf'
  const stops = lab.hosts.middle.sh(
    `until ls /var/lib/ssh-tunnels/undo-*/armed; do sleep 0.01; done >/dev/null 2>&1; echo '# theirs' >${other}; systemctl stop ssh`,
  )
  const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  await stops
  expect({ code, told: stdout + stderr }).toEqual({ code: 1, told: expect.stringContaining(`${other}: new`) })
  await lab.hosts.middle.sh(`rm ${other}`)
  await goOn()
})

test('who is killed before a login has confirmed it leaves a host that takes it back when its time is over', async () => {
  write({ sshd: { extra: { AllowGroups: 'nobody' } }, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  expect(await login()).toBe('')
  const run = (await lab.hosts.middle.sh('cd /var/lib/ssh-tunnels && echo undo-*')).trim()
  const timer = await lab.hosts.middle.sh(`systemctl show -P TimersMonotonic ssh-tunnels-${run}.timer`)
  expect(timer).toMatch(/OnActiveUSec=1min /)
  // No boot, although systemd has read the unit that is for one, and each start of a service wants it.
  await lab.hosts.middle.sh(
    `systemctl daemon-reload; systemd-run --quiet --wait true; [ -e /var/lib/ssh-tunnels/${run}/armed ]`,
  )
  await lab.hosts.middle.sh(`systemctl start ssh-tunnels-${run}.service`)
  await waitFor('middle to let root in', async () => ((await login()) === 'root' ? true : undefined))
  await goOn()
})

test('a host that boots in between has put the files back before sshd and the firewall read them', async () => {
  write({ sshd: { extra: { AllowGroups: 'nobody' } }, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  await lab.hosts.middle.reboot()
  const plan = await line.run('plan', 'tunnels.yaml')
  expect(plan.stdout + plan.stderr).toMatch(/middle has undone a change/)
  await goOn()
})

test('a change that lets the login in is confirmed, and nothing waits', async () => {
  write({ sshd: { clientAliveInterval: 45 } })
  expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
  expect(await lab.hosts.middle.sh(left)).toBe('')
  expect((await line.run('destroy', 'tunnels.yaml')).code).toBe(0)
  expect(await standing()).toBe(before)
})

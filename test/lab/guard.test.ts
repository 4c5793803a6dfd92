// A change that would lock out who deploys: the host takes it back by itself, and the admin's login works afterwards.

import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type GuardedHost, makeGuardedHost, unforeseen } from './guarded-host'

let lab: Lab
let at: GuardedHost

beforeAll(async () => {
  lab = await startLab()
  at = await makeGuardedHost(lab)
})
afterAll(async () => {
  await lab?.stop()
  at?.line.remove()
})

/** The command is killed while it waits for its fresh login, which it does not get. */
const dieArmed = () =>
  at.line.startAndKill(['apply', 'tunnels.yaml'], () =>
    waitFor('middle to let nobody in', async () => ((await at.login()) === '' ? true : undefined)),
  )

test('a change that locks out is taken back by the host, rules and all, and the error says so', async () => {
  at.write({ sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  const { code, stdout, stderr } = await at.line.run('apply', 'tunnels.yaml')
  expect({ code, told: stdout + stderr }).toEqual({
    code: 1,
    told: expect.stringMatching(
      /undone: after the change nobody could log in to middle as root\n +What was tried: +sshd: Ciphers 3des-cbc\n[\s\S]* 2 tries [\s\S]*What is now: [\s\S]*root can log in\n +What you can do: .*Ciphers/,
    ),
  })
  expect(await at.login()).toBe('root')
  expect(await at.standing()).toBe(at.before)
})

/** What would lock out, by its first words, and where the plan has the error. */
const foreseen: readonly (readonly [string, object])[] = [
  ['AllowGroups would lock us out of middle', { sshd: { extra: { AllowGroups: 'nobody' } } }],
  ['AuthorizedKeysFile would lock us out of middle', { sshd: { extra: { AuthorizedKeysFile: '/nowhere' } } }],
  [
    'allowFrom on port 22 would lock us out of middle',
    { firewall: { openPorts: [{ port: 22, from: ['192.0.2.128/25'] }] } },
  ],
]

test.each(foreseen)('%s: the plan says so, and an apply touches nothing', async (told, settings) => {
  at.write(settings)
  for (const verb of ['plan', 'apply']) {
    const { code, stdout, stderr } = await at.line.run(verb, 'tunnels.yaml')
    expect({ verb, code, said: stdout + stderr }).toEqual({ verb, code: 1, said: expect.stringContaining(told) })
    expect(stdout + stderr).not.toContain('undone')
  }
  expect(await at.standing()).toBe(at.before)
})

test('a file of somebody else that sshd has not read and that would lock out is not loaded by a tunnel of ours', async () => {
  const other = '/etc/ssh/sshd_config.d/05-other.conf'
  await lab.hosts.middle.writeFile(other, 'AllowUsers nobody\n')
  const tunnel = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' }
  const hosts = { near: at.line.hostOf('near'), middle: at.line.hostOf('middle') }
  at.line.write('tunnels.yaml', { owner: 'me', hosts, tunnels: { pub: tunnel } })
  const { code, said } = await at.line.runTunnels('apply')
  await lab.hosts.middle.sh(`rm ${other}`)
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(`sshd has not read ${other} yet`) })
  expect(await at.login()).toBe('root')
  expect(await at.standing()).toBe(at.before)
})

test.each([{ allowTcpForwarding: 'no' }, { extra: { PermitOpen: '127.0.0.1:80' } }])(
  '%j: a host that is reached through this one would be out of reach, and that is refused beforehand',
  async sshd => {
    const hosts = {
      middle: { ...at.line.hostOf('middle'), sshd },
      far: { ...at.line.hostOf('far'), via: ['middle'] },
    }
    const wiki = {
      client: 'far',
      server: 'middle',
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'localhost:80',
    }
    at.line.write('tunnels.yaml', { owner: 'me', hosts, tunnels: { wiki } })
    const { code, said } = await at.line.runTunnels('apply')
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringContaining('far is reached through middle, whose sshd would not connect us to 192.0.2.130:22'),
    })
    // Only the settings are refused: the tunnel does no harm.
    expect((await at.line.runTunnels('destroy')).code).toBe(0)
    expect(await at.standing()).toBe(at.before)
  },
)

test('what a login shell says behind our programs spoils no confirmation', async () => {
  await lab.hosts.middle.sh(`cp -p /root/.bashrc /root/.bashrc.was; echo 'trap "echo bye" EXIT' >/root/.bashrc`)
  at.write({ sshd: { clientAliveInterval: 45 } })
  const { code, said } = await at.line.runTunnels('apply')
  await lab.hosts.middle.sh('mv /root/.bashrc.was /root/.bashrc')
  expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
  await at.goOn()
})

test('who is killed before a login has confirmed it leaves a host that takes it back when its time is over', async () => {
  at.write({ guard: { window: 90 }, sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  expect(await at.login()).toBe('')
  const run = (await lab.hosts.middle.sh('cd /var/lib/ssh-tunnels && echo undo-*')).trim()
  await waitFor('the window to begin', async () => {
    const timer = await lab.hosts.middle.sh(`systemctl show -P TimersMonotonic ssh-tunnels-${run}.timer`)
    return /OnActiveUSec=1min 30s /.test(timer) ? true : undefined
  })
  // By the monotonic clock alone: whoever sets the clock meanwhile changes nothing (systemd.timer(5)).
  const calendar = `systemctl show -P TimersCalendar -P NextElapseUSecRealtime ssh-tunnels-${run}.timer`
  expect(await lab.hosts.middle.sh(calendar)).toBe('')
  // No boot, although systemd has read the unit that is for one, and each start of a service wants it.
  await lab.hosts.middle.sh(
    `systemctl daemon-reload; systemd-run --quiet --wait true; [ -e /var/lib/ssh-tunnels/${run}/armed ]`,
  )
  await lab.hosts.middle.sh(`systemctl start ssh-tunnels-${run}.service`)
  await waitFor('middle to let root in', async () => ((await at.login()) === 'root' ? true : undefined))
  await waitFor('middle to have put back the rest', async () =>
    (await lab.hosts.middle.sh(`[ ! -e /var/lib/ssh-tunnels/${run}/undone ] || echo so`)) ? true : undefined,
  )
  // At each sshd refuses connections for a moment.
  const reloads = `journalctl -u ssh -o cat --since "@$(stat -c %Y /var/lib/ssh-tunnels/${run}/boot)" | grep -c 'Received SIGHUP'`
  expect((await lab.hosts.middle.sh(reloads)).trim()).toBe('2')
  await at.goOn()
})

test('a host that boots in between has put the files back before sshd and the firewall read them', async () => {
  at.write({ sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  await lab.hosts.middle.reboot()
  const plan = await at.line.run('plan', 'tunnels.yaml')
  expect(plan.stdout + plan.stderr).toMatch(/middle has undone a change/)
  await at.goOn()
})

test('a rehearsal says who takes a change back there, and leaves nothing', async () => {
  at.write({})
  const { code, stdout } = await at.line.run('guard', 'test', 'middle', 'tunnels.yaml', '--json')
  expect({ code, ...readDocument('guard-test', stdout) }).toMatchObject({
    code: 0,
    undone: true,
    by: 'timer',
    atBoot: true,
    errors: [],
  })
  expect(await at.standing()).toBe(at.before)
})

test('a rehearsal beside a deploy is no false alarm, and both say how long each waits', async () => {
  at.write({ guard: { window: 90 }, sshd: { clientAliveInterval: 45 } })
  const rehearsed = at.line.run('guard', 'test', 'middle', 'tunnels.yaml')
  const isArmed = () => lab.hosts.middle.sh('ls -d /var/lib/ssh-tunnels/undo-*/armed 2>/dev/null || :')
  await waitFor('the rehearsal to begin', async () => ((await isArmed()) === '' ? undefined : true))
  const applied = await at.line.run('apply', 'tunnels.yaml')
  const { code, stdout, stderr } = await rehearsed
  expect({ code, told: stdout + stderr, applied: applied.code }).toEqual({
    code: 0,
    told: expect.stringMatching(/took the change back by itself[\s\S]*in 5 s, not the 90 s of guard.window,/),
    applied: 0,
  })
  const again = at.line.run('apply', 'tunnels.yaml')
  expect((await at.line.run('guard', 'test', 'middle', 'tunnels.yaml')).code).toBe(0)
  expect((await again).code).toBe(0)
  await at.goOn()
})

test('who stops a rehearsal leaves nothing either', async () => {
  at.write({})
  const isArmed = () => lab.hosts.middle.sh('ls -d /var/lib/ssh-tunnels/undo-*/armed 2>/dev/null || :')
  const began = () => waitFor('the rehearsal to begin', async () => ((await isArmed()) === '' ? undefined : true))
  expect(await at.line.startAndKill(['guard', 'test', 'middle', 'tunnels.yaml'], began, 'SIGINT')).toBe(130)
  expect(await at.standing()).toBe(at.before)
})

test('a host that could not take a change back is not changed', async () => {
  await lab.hosts.middle.sh('mkdir -p /var/lib/ssh-tunnels; mount -t tmpfs -o size=64k full /var/lib/ssh-tunnels')
  at.write({ sshd: { clientAliveInterval: 45 } })
  const { code, stdout, stderr } = await at.line.run('apply', 'tunnels.yaml')
  expect({ code, said: stdout + stderr }).toEqual({
    code: 1,
    said: expect.stringContaining('middle could not undo a change by itself, so nothing was changed'),
  })
  await lab.hosts.middle.sh('umount /var/lib/ssh-tunnels; rmdir /var/lib/ssh-tunnels')
  expect(await at.standing()).toBe(at.before)
})

// A change that would lock out who deploys: the host takes it back by itself, and the admin's login works afterwards.
import { encode, makeCall } from '../../engine/host/quote'
import { accountOf, dropInOf, folderOf, unitOf, unitPath } from '../../engine/parts/paths'
import { scripts } from '../../engine/remote/texts'
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

/** What only the login itself tells: nothing that a look knows of. */
const unforeseen = { extra: { Ciphers: '3des-cbc' } }

test('a change that locks out is taken back by the host, rules and all, and the error says so', async () => {
  write({ sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  expect({ code, told: /^.*undone: .*$/m.exec(stdout + stderr)?.[0] }).toEqual({
    code: 1,
    told: expect.stringContaining('after the change nobody could log in to middle as root'),
  })
  expect(await login()).toBe('root')
  expect(await standing()).toBe(before)
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
  write(settings)
  for (const verb of ['plan', 'apply']) {
    const { code, stdout, stderr } = await line.run(verb, 'tunnels.yaml')
    expect({ verb, code, said: stdout + stderr }).toEqual({ verb, code: 1, said: expect.stringContaining(told) })
    expect(stdout + stderr).not.toContain('undone')
  }
  expect(await standing()).toBe(before)
})

test('the error says what was tried, what happened, what is now and what to do', async () => {
  write({ sshd: unforeseen })
  const { stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  expect(`${stdout}${stderr}`).toMatch(
    /What was tried: +sshd: Ciphers 3des-cbc\n +What happened: [\s\S]*2 tries[\s\S]*What is now: [\s\S]*root can log in\n +What you can do: .*Ciphers/,
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
  await lab.hosts.middle.sh(`rm ${other}`)
  expect({ code, told: stdout + stderr }).toEqual({ code: 1, told: expect.stringContaining(`${other}: new`) })
  await goOn()
})

test('a file of somebody else that sshd has not read and that would lock out is not loaded by a tunnel of ours', async () => {
  const other = '/etc/ssh/sshd_config.d/05-other.conf'
  await lab.hosts.middle.writeFile(other, 'AllowUsers nobody\n')
  const tunnel = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' }
  const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
  line.write('tunnels.yaml', { owner: 'me', hosts, tunnels: { pub: tunnel } })
  const { code, said } = await line.runTunnels('apply')
  await lab.hosts.middle.sh(`rm ${other}`)
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(`sshd has not read ${other} yet`) })
  expect(await login()).toBe('root')
  expect(await standing()).toBe(before)
})

test('who is killed before a login has confirmed it leaves a host that takes it back when its time is over', async () => {
  write({ guard: { window: 90 }, sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  expect(await login()).toBe('')
  const run = (await lab.hosts.middle.sh('cd /var/lib/ssh-tunnels && echo undo-*')).trim()
  const timer = await lab.hosts.middle.sh(`systemctl show -P TimersMonotonic ssh-tunnels-${run}.timer`)
  expect(timer).toMatch(/OnActiveUSec=1min 30s /)
  // No boot, although systemd has read the unit that is for one, and each start of a service wants it.
  await lab.hosts.middle.sh(
    `systemctl daemon-reload; systemd-run --quiet --wait true; [ -e /var/lib/ssh-tunnels/${run}/armed ]`,
  )
  await lab.hosts.middle.sh(`systemctl start ssh-tunnels-${run}.service`)
  await waitFor('middle to let root in', async () => ((await login()) === 'root' ? true : undefined))
  await goOn()
})

test('a host that boots in between has put the files back before sshd and the firewall read them', async () => {
  write({ sshd: unforeseen, firewall: { openPorts: [{ port: 9090 }] } })
  await dieArmed()
  await lab.hosts.middle.reboot()
  const plan = await line.run('plan', 'tunnels.yaml')
  expect(plan.stdout + plan.stderr).toMatch(/middle has undone a change/)
  await goOn()
})

test('as long as somebody is there and tries to confirm it a host waits for longer than its window', async () => {
  // The first connection comes through at once, the next after a quarter of a minute.
  await lab.hosts.middle.sh(`nft add table inet slow
    nft add chain inet slow input '{ type filter hook input priority 0; }'
    nft add rule inet slow input tcp dport 22 ct state new limit rate over 4/minute burst 1 packets drop`)
  write({ guard: { window: 10 }, sshd: { clientAliveInterval: 45 } })
  const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  await lab.hosts.middle.sh('nft delete table inet slow')
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
  expect(await lab.hosts.middle.sh(left)).toBe('')
  await goOn()
})

test('a rehearsal says who takes a change back there, and leaves nothing', async () => {
  write({})
  const { code, stdout } = await line.run('guard', 'test', 'middle', 'tunnels.yaml', '--json')
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 0,
    undone: true,
    by: 'timer',
    atBoot: true,
    errors: [],
  })
  expect(await standing()).toBe(before)
})

test('who stops a rehearsal leaves nothing either', async () => {
  write({})
  const isArmed = () => lab.hosts.middle.sh('ls -d /var/lib/ssh-tunnels/undo-*/armed 2>/dev/null || :')
  const began = () => waitFor('the rehearsal to begin', async () => ((await isArmed()) === '' ? undefined : true))
  expect(await line.startAndKill(['guard', 'test', 'middle', 'tunnels.yaml'], began, 'SIGINT')).toBe(130)
  expect(await standing()).toBe(before)
})

test('a host that could not take a change back is not changed', async () => {
  await lab.hosts.middle.sh('mkdir -p /var/lib/ssh-tunnels; mount -t tmpfs -o size=64k full /var/lib/ssh-tunnels')
  write({ sshd: { clientAliveInterval: 45 } })
  const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
  expect({ code, said: stdout + stderr }).toEqual({
    code: 1,
    said: expect.stringContaining('middle could not undo a change by itself, so nothing was changed'),
  })
  await lab.hosts.middle.sh('umount /var/lib/ssh-tunnels; rmdir /var/lib/ssh-tunnels')
  expect(await standing()).toBe(before)
})

test('a change that lets the login in is confirmed, and nothing waits', async () => {
  write({ sshd: { clientAliveInterval: 45 } })
  expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
  expect(await lab.hosts.middle.sh(left)).toBe('')
  expect((await line.run('destroy', 'tunnels.yaml')).code).toBe(0)
  expect(await standing()).toBe(before)
})

describe('a whole tunnel', () => {
  const unit = unitOf('pub')
  let whole: string

  /** Everything of it goes, and somebody else's file comes in place of a unit, in one armed run that nobody confirms. */
  const removeArmed = async () => {
    const { command, program } = makeCall('middle', scripts.batch, [], 60)
    const steps = [
      ['guard_arm', 'r1', '60:600', encode('end\n')],
      ['unit_remove', unit],
      ['units_remove'],
      ['unit_put', unitPath('tunnel-other.service'), encode('[Service]\nExecStart=/bin/sleep 600\n')],
      ['unit_enable', 'tunnel-other.service'],
      ['sshd_remove', dropInOf('pub')],
      ['sshd_commit'],
      ['units_reload'],
      ['unit_start', 'tunnel-other.service'],
      ['units_start'],
      ['files_remove', `${folderOf('pub')}/key`, `${folderOf('pub')}/known_hosts`],
      ['files_remove', `${folderOf('pub')}/authorized_keys`],
      ['manager_unskip', 'pub'],
      ['account_remove', accountOf('pub')],
    ]
    const lines = [...steps, ['end'], ['']].map(words => words.join('\x1f')).join('\n')
    const { stdout, stderr, code } = await lab.hosts.middle.exec(command, program + lines)
    expect({ code, stderr, armed: stdout.includes('armed r1') }).toMatchObject({ code: 0, armed: true })
    await lab.hosts.middle.sh(`! id ${accountOf('pub')} 2>/dev/null && systemctl is-active tunnel-other`)
  }
  const comesBack = async () => {
    await waitFor(`${unit} to run`, async () =>
      (await lab.hosts.middle.exec(`systemctl is-active ${unit}`)).code === 0 ? true : undefined,
    )
    expect(await standing()).toBe(whole)
    expect((await lab.hosts.middle.sh('systemctl list-units --all --no-legend "tunnel-other*"')).trim()).toBe('')
    // Nothing to change, and far answers through it.
    const { code, stdout, stderr } = await line.run('plan', 'tunnels.yaml')
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: expect.stringMatching(/no changes/i) })
  }

  beforeAll(async () => {
    const tunnel = { client: 'middle', forward: 'local', listen: '203.0.113.20:8080', far: 'far:80' }
    line.write('tunnels.yaml', { owner: 'me', hosts: { middle: line.hostOf('middle') }, tunnels: { pub: tunnel } })
    expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
    whole = await standing()
  })
  afterAll(() => line.run('destroy', 'tunnels.yaml'))

  test('that goes in a run which nobody confirms is taken back: account, keys, files, and the unit runs', async () => {
    await removeArmed()
    await lab.hosts.middle.sh('sh /var/lib/ssh-tunnels/undo-r1/undo')
    expect(await lab.hosts.middle.sh('cat /var/lib/ssh-tunnels/undo-r1/said')).toBe('')
    await line.run('apply', 'tunnels.yaml')
    await comesBack()
  })

  test('a host that boots in between does the same', async () => {
    await removeArmed()
    await lab.hosts.middle.reboot()
    await line.run('apply', 'tunnels.yaml')
    await comesBack()
  })
})

describe('a host that is reached through its own tunnel', () => {
  const door = (address: object, tunnel: object = {}) =>
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { near: { ...line.hostOf('near'), ...address }, middle: line.hostOf('middle') },
      tunnels: {
        door: {
          client: 'near',
          server: 'middle',
          forward: 'remote',
          listen: '203.0.113.20:2222',
          far: '127.0.0.1:22',
          ...tunnel,
        },
      },
    })
  const through = { address: '203.0.113.20', port: 2222 }

  beforeAll(async () => {
    door({})
    expect((await line.run('apply', 'tunnels.yaml')).code).toBe(0)
  })

  test('is changed over it in one run, though that cuts the connection', async () => {
    door(through, { serverAlive: { interval: 20, countMax: 2 } })
    const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
    expect(await lab.hosts.near.sh('ls -A /var/lib/ssh-tunnels')).toBe('before-accounts')
    expect((await line.run('plan', 'tunnels.yaml')).code).toBe(0)
  })

  test.each([
    ['the tunnel goes', 'destroy', {}],
    ['it listens elsewhere', 'apply', { listen: '203.0.113.20:2223' }],
  ])('keeps it: %s, and that is refused before anything is touched', async (_what, verb, tunnel) => {
    door(through, tunnel)
    const before = await Promise.all([fingerprint(lab.hosts.near), standing()])
    const { code, stdout, stderr } = await line.run(verb, 'tunnels.yaml')
    expect({ code, said: stdout + stderr }).toEqual({
      code: 1,
      said: expect.stringContaining('near is reached through this very tunnel, which listens on 203.0.113.20:2222'),
    })
    expect(await Promise.all([fingerprint(lab.hosts.near), standing()])).toEqual(before)
    expect((await lab.hosts.near.sh('systemctl is-active tunnel-door')).trim()).toBe('active')
  })

  test('goes as any other when it is reached another way', async () => {
    door({})
    expect((await line.run('destroy', 'tunnels.yaml')).code).toBe(0)
    expect(await standing()).toBe(before)
  })
})

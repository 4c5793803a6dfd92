// What an armed run has done to a whole tunnel comes back; and a host that is reached through its own tunnel is not cut off.
import { encode, makeCall } from '../../engine/host/quote'
import { accountOf, dropInOf, folderOf, unitOf, unitPath } from '../../engine/parts/paths'
import { scripts } from '../../engine/remote/texts'
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type GuardedHost, makeGuardedHost } from './guarded-host'

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

describe('a whole tunnel', () => {
  const unit = unitOf('pub')
  let whole: string

  /** Everything of it goes, and somebody else's file comes in place of a unit, in one armed run that nobody confirms. */
  const removeArmed = async () => {
    const { command, program } = makeCall('middle', scripts.batch, [], 60)
    const steps = [
      ['guard_arm', 'r1', '60:600', encode('end\n')],
      ['unit_remove', unit],
      ['units_end'],
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
    expect(await at.standing()).toBe(whole)
    expect((await lab.hosts.middle.sh('systemctl list-units --all --no-legend "tunnel-other*"')).trim()).toBe('')
    // Nothing to change, and far answers through it.
    const { code, stdout, stderr } = await at.line.run('plan', 'tunnels.yaml')
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: expect.stringMatching(/no changes/i) })
  }

  beforeAll(async () => {
    const tunnel = { client: 'middle', forward: 'local', listen: '203.0.113.20:8080', far: 'far:80' }
    at.line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { middle: at.line.hostOf('middle') },
      tunnels: { pub: tunnel },
    })
    expect((await at.line.run('apply', 'tunnels.yaml')).code).toBe(0)
    whole = await at.standing()
  })
  afterAll(() => at.line.run('destroy', 'tunnels.yaml'))

  test('that goes in a run which nobody confirms is taken back: account, keys, files, and the unit runs', async () => {
    await removeArmed()
    await lab.hosts.middle.sh('sh /var/lib/ssh-tunnels/undo-r1/undo')
    expect(await lab.hosts.middle.sh('cat /var/lib/ssh-tunnels/undo-r1/said')).toBe('')
    await at.line.run('apply', 'tunnels.yaml')
    await comesBack()
  })

  test('a host that boots in between does the same', async () => {
    await removeArmed()
    await lab.hosts.middle.reboot()
    await at.line.run('apply', 'tunnels.yaml')
    await comesBack()
  })
})

describe('a host that is reached through its own tunnel', () => {
  const door = (address: object, tunnel: object = {}) =>
    at.line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { near: { ...at.line.hostOf('near'), ...address }, middle: at.line.hostOf('middle') },
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
    expect((await at.line.run('apply', 'tunnels.yaml')).code).toBe(0)
  })

  test('is changed over it in one run, though that cuts the connection', async () => {
    door(through, { serverAlive: { interval: 20, countMax: 2 } })
    const { code, stdout, stderr } = await at.line.run('apply', 'tunnels.yaml')
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
    expect(await lab.hosts.near.sh('ls -A /var/lib/ssh-tunnels')).toBe('before-accounts\nfolders')
    expect((await at.line.run('plan', 'tunnels.yaml')).code).toBe(0)
  })

  test.each([
    ['the tunnel goes', 'destroy', {}],
    ['it listens elsewhere', 'apply', { listen: '203.0.113.20:2223' }],
  ])('keeps it: %s, and that is refused before anything is touched', async (_what, verb, tunnel) => {
    door(through, tunnel)
    const before = await Promise.all([fingerprint(lab.hosts.near), at.standing()])
    const { code, stdout, stderr } = await at.line.run(verb, 'tunnels.yaml')
    expect({ code, said: stdout + stderr }).toEqual({
      code: 1,
      said: expect.stringContaining('near is reached through this very tunnel, which listens on 203.0.113.20:2222'),
    })
    expect(await Promise.all([fingerprint(lab.hosts.near), at.standing()])).toEqual(before)
    expect((await lab.hosts.near.sh('systemctl is-active tunnel-door')).trim()).toBe('active')
  })

  test('goes as any other when it is reached another way', async () => {
    door({})
    expect((await at.line.run('destroy', 'tunnels.yaml')).code).toBe(0)
    expect(await at.standing()).toBe(at.before)
  })
})

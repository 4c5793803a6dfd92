// A port that an older session of the same account holds, whose client is gone: a login that cannot have it ends that session, and nobody else ends any.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { fingerprints, untilPage } from '../lab/stack'

const minutes = 60_000
const folder = '/root/thief'
let lab: Lab
let command: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

describe.each(['bookworm', 'trixie', 'rhel-like', 'busybox', 'sysvinit'] as const)('%s', image => {
  beforeAll(async () => {
    lab = await startLab({ images: { middle: image }, log: () => {} })
    command = makeCommandLine(lab)
    const tunnel = { client: 'near', server: 'middle', forward: 'remote', far: 'far:80' }
    command.write('tunnels.yaml', {
      owner: 'taken',
      hosts: { near: command.hostOf('near'), middle: command.hostOf('middle') },
      tunnels: { web: { ...tunnel, listen: '203.0.113.20:8080' }, other: { ...tunnel, listen: '203.0.113.20:8081' } },
    })
    before = await fingerprints(lab)
    expect(await command.runTunnels('apply')).toMatchObject({ code: 0 })
    await lab.hosts.near.sh(`umask 077; mkdir ${folder}; cp /etc/ssh-tunnels/web/key /etc/ssh-tunnels/web/known_hosts ${folder}
    ssh-keygen -y -f ${folder}/key >${folder}/half.pub; ssh-keygen -q -t ed25519 -N '' -f ${folder}/unknown`)
  })
  afterAll(async () => {
    await lab?.stop()
    command?.remove()
  })

  /** What runs as the account on middle, by PID; from /proc, for busybox's pgrep knows no users. */
  async function runningAs(tunnel: string): Promise<{ readonly pid: string; readonly program: string }[]> {
    const { stdout } = await lab.hosts.middle.exec(
      `for one in /proc/[0-9]*; do
      [ "$(stat -c %U $one)" = tun-${tunnel} ] && read -r program <$one/comm && echo "\${one#/proc/} $program"
    done 2>/dev/null`,
    )
    const lines = stdout.trim().split('\n').filter(Boolean)
    return lines.map(line => ({ pid: line.split(' ')[0] ?? '', program: line.split(' ')[1] ?? '' }))
  }
  const isSession = ({ program }: { readonly program: string }) => /^sshd(-session)?$/.test(program)
  const sessionsOf = async (tunnel: string) => (await runningAs(tunnel)).filter(isSession).map(({ pid }) => pid)
  /** What sshd has started as the account beside sessions has ended. */
  const untilQuiet = () =>
    waitFor(
      'nothing to run as the account but sshd',
      async () => (await runningAs('web')).every(isSession) || undefined,
    )
  const login = (key: string, more = '') =>
    `ssh -F none -N -T -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${folder}/known_hosts -o ExitOnForwardFailure=yes -i ${folder}/${key} ${more} tun-web@203.0.113.20`
  const wanted = '-R 203.0.113.20:8080:far:80'

  test.each(['half.pub', 'unknown'])('who has no more than %s ends nothing', async key => {
    const [web, other] = [await sessionsOf('web'), await sessionsOf('other')]
    expect((await lab.hosts.near.exec(login(key, wanted))).stderr).toContain('Permission denied')
    await untilQuiet()
    expect([await sessionsOf('web'), await sessionsOf('other')]).toEqual([web, other])
  })

  test('a login that goes on stands beside the older one', async () => {
    const [web, other] = [await sessionsOf('web'), await sessionsOf('other')]
    await lab.hosts.near.sh(`systemd-run --quiet --unit=beside ${login('key')}`)
    await waitFor('two sessions', async () => (await sessionsOf('web')).length === 2 || undefined)
    await untilQuiet()
    expect([await sessionsOf('web'), await sessionsOf('other')]).toEqual([expect.arrayContaining(web), other])
    await lab.hosts.near.sh('systemctl stop beside')
  })

  test.each([
    ['cannot have the port', wanted],
    ['wants what it may not', '-R 203.0.113.20:9999:far:80'],
  ])('one that %s ends no session whose client answers', async (_what, more) => {
    const [web, other] = [await sessionsOf('web'), await sessionsOf('other')]
    expect((await lab.hosts.near.exec(login('key', more))).code).not.toBe(0)
    await untilQuiet()
    expect([await sessionsOf('web'), await sessionsOf('other')]).toEqual([web, other])
  })

  test(
    'near back from elsewhere with another address is answered for, while visitors keep the port busy',
    async () => {
      const { near } = lab.hosts
      let visiting = true
      const visitors = (async () => {
        while (visiting) await lab.run('visitor', ['curl', '--silent', '--max-time', '1', 'http://203.0.113.20:8080/'])
      })()
      const [stale, other] = [await sessionsOf('web'), await sessionsOf('other')]
      await lab.cutLink('near')
      await near.killUnit('tunnel-web.service', 'SIGKILL')
      await near.sh(`ip address del 198.51.100.10/24 dev eth0; ip address add 198.51.100.11/24 dev eth0
    ip route replace default via 198.51.100.1`)
      await lab.healLink('near')
      await untilPage(lab, 8080).finally(() => {
        visiting = false
      })
      await visitors
      expect((await sessionsOf('web')).filter(one => stale.includes(one))).toEqual([])
      // Its client is gone as well, and nobody ends it but sshd.
      expect(await sessionsOf('other')).toEqual(expect.arrayContaining(other))
    },
    3 * minutes,
  )

  test('a destroy leaves nothing of it', async () => {
    const { near } = lab.hosts
    await near.sh(`rm -r ${folder}; ip address del 198.51.100.11/24 dev eth0; ip address add 198.51.100.10/24 dev eth0
    ip route replace default via 198.51.100.1`)
    expect(await command.runTunnels('destroy')).toMatchObject({ code: 0 })
    expect(await fingerprints(lab)).toEqual(before)
    expect(await runningAs('web')).toEqual([])
  })
})

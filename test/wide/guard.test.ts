// A change that would lock out who deploys, on every kind of host: taken back by the host, its firewall's rules too, whoever makes them.
import { fingerprint, type HostName, type ImageName, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { fact } from './found'

const labs: readonly Readonly<Record<HostName, ImageName>>[] = [
  { near: 'ufw', middle: 'trixie', far: 'firewalld' },
  { near: 'iptables-nft', middle: 'ssh-socket', far: 'no-firewall' },
  { near: 'sysvinit', middle: 'rhel-like', far: 'iptables-legacy' },
  { near: 'bookworm', middle: 'busybox', far: 'bookworm' },
]

/** What else may stand: folders of runs, units and rules that no fingerprint has. */
const rest = `ls -A /var/lib/ssh-tunnels 2>/dev/null
systemctl list-units --all --no-legend 'ssh-tunnels-undo*' 2>/dev/null
firewall-cmd --list-all-zones 2>/dev/null; iptables-save 2>/dev/null | grep -v '^[#:]'; nft list ruleset 2>/dev/null | grep 9090
:`

describe.each(labs)('%j', images => {
  const names = Object.keys(images) as HostName[]
  let lab: Lab
  let line: CommandLine

  beforeAll(async () => {
    lab = await startLab({ images, log: () => {} })
    line = makeCommandLine(lab)
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  for (const name of names)
    fact(
      { table: 'hosts', row: images[name], column: 'locked out' },
      `${images[name]} takes back what locks us out`,
      async () => {
        const host = lab.hosts[name]
        const standing = async () => `${await fingerprint(host)}\n${await host.sh(rest)}`
        const before = await standing()
        // Whether two programs have a cipher in common only a login tells.
        const settings = { sshd: { extra: { Ciphers: '3des-cbc' } }, firewall: { openPorts: [{ port: 9090 }] } }
        line.write('tunnels.yaml', { owner: 'me', hosts: { [name]: { ...line.hostOf(name), ...settings } } })
        const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
        expect({ code, told: `${stdout}${stderr}` }).toEqual({
          code: 1,
          told: expect.stringContaining('undone: after the change'),
        })
        expect((await lab.run('controller', [...lab.ssh(name), 'id -un'])).stdout.trim()).toBe('root')
        expect(await standing()).toBe(before)
      },
    )

  for (const name of names)
    test(`${images[name]} takes back a rehearsal`, async () => {
      const host = lab.hosts[name]
      const standing = async () => `${await fingerprint(host)}\n${await host.sh(rest)}`
      const before = await standing()
      line.write('tunnels.yaml', { owner: 'me', hosts: { [name]: line.hostOf(name) } })
      const { code, stdout } = await line.run('guard', 'test', name, 'tunnels.yaml', '--json')
      const isSystemd = (await host.sh('[ -d /run/systemd/system ] && echo yes || echo no')).trim() === 'yes'
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 0,
        undone: true,
        by: isSystemd ? 'timer' : 'process',
        atBoot: isSystemd,
      })
      expect(await standing()).toBe(before)
    })
})

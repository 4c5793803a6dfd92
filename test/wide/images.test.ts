// What hosts can be started from: each image boots whole, is reached by ssh, lets in nothing else by its own means, and a reboot brings the same.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fingerprint, type HostName, type ImageName, type Lab, type LabHost, startLab } from '../../lab'
import { images as allImages, imageNames } from '../../lab/images'

/** Each image once, but for the one that nothing boots; one without a firewall of its own as middle, which has nftables for it. */
const labs: readonly Readonly<Partial<Record<HostName, ImageName>>>[] = [
  { near: 'ufw', middle: 'trixie', far: 'firewalld' },
  { near: 'iptables-nft', middle: 'ssh-socket', far: 'no-firewall' },
  { near: 'sysvinit', middle: 'rhel-like', far: 'iptables-legacy' },
  { near: 'openrc', middle: 'busybox', far: 'polkit' },
]

const nftables = 'nft list chain inet filter input | grep -q "policy drop"'

/** A shell text that succeeds where what the image is about is at work. */
const atWork: Readonly<Record<ImageName, string>> = {
  bookworm: nftables,
  trixie: `${nftables} && grep -q "^13" /etc/debian_version`,
  'ssh-socket': `${nftables} && systemctl is-active ssh.socket && ! systemctl is-enabled ssh.service`,
  'rhel-like': `${nftables} && systemctl is-active sshd && ! systemctl cat ssh && sshd -T | grep -qx "requiredrsasize 2048"`,
  busybox: `${nftables} && for name in sh awk find grep ls sed stat; do [ "$(readlink -f "$(command -v "$name")")" = /usr/bin/busybox ] || exit; done`,
  polkit: 'command -v pkcheck && systemctl cat polkit',
  openrc:
    'rc-status -r && [ -e /run/openrc/softlevel ] && ! command -v systemctl && iptables -S | grep -qx -- "-P INPUT DROP"',
  'no-init': '[ "$(cat /proc/1/comm)" = sshd ] && ! command -v systemctl',
  sysvinit: 'runlevel && ! command -v systemctl && iptables -S | grep -qx -- "-P INPUT DROP"',
  ufw: 'ufw status | grep -qx "Status: active" && ufw status | grep -q "^22/tcp  *ALLOW"',
  firewalld: 'firewall-cmd --state && [ "$(firewall-cmd --list-services)" = ssh ]',
  'iptables-nft':
    'iptables -V | grep nf_tables && iptables -S | grep -qx -- "-P INPUT DROP" && ! grep . /proc/net/ip_tables_names',
  'iptables-legacy':
    'iptables -V | grep legacy && iptables -S | grep -qx -- "-P INPUT DROP" && [ -z "$(nft list ruleset)" ]',
  'no-firewall': '[ -z "$(nft list ruleset)" ] && ! grep . /proc/net/ip_tables_names',
}

test('every image is tried once, and the command names the word that is wrong', () => {
  const tried = labs.flatMap(images => Object.values(images))
  expect([...tried, 'bookworm', 'no-init'].sort()).toEqual([...imageNames].sort())
  const up = (...words: readonly string[]) => {
    const argv = ['--require', 'tsx/cjs', join(__dirname, '../../lab/main.ts'), 'up', ...words]
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
    return { status, stderr }
  }
  expect(up('--image', 'middle=uwf')).toEqual({ status: 2, stderr: 'there is no image uwf; did you mean ufw?\n' })
  expect(up('--image', 'midle=ufw')).toEqual({ status: 2, stderr: 'there is no midle; did you mean middle?\n' })
  expect(up('--image')).toEqual({ status: 2, stderr: '--image needs HOST=IMAGE, as in middle=ufw\n' })
})

describe.each(labs)('%j', images => {
  let lab: Lab
  const hosts = () => (Object.keys(images) as HostName[]).map(name => lab.hosts[name])
  beforeAll(async () => {
    lab = await startLab({ images, log: () => {} })
  }, 600_000)
  afterAll(() => lab?.stop())

  test('boots whole, is reached by ssh and lets in nothing else', () => Promise.all(hosts().map(see)))

  test('a fingerprint can be taken, and stays', async () => {
    await Promise.all(hosts().map(async host => expect(await fingerprint(host)).toBe(await fingerprint(host))))
  })

  test('a reboot brings the same', async () => {
    await Promise.all(hosts().map(host => host.reboot()))
    await Promise.all(hosts().map(see))
  })

  test('a reset brings the same', async () => {
    await lab.reset()
    await Promise.all(hosts().map(see))
  })

  async function see(host: LabHost): Promise<void> {
    const { name, image, address } = host
    const { ownFirewall, noSystemd } = allImages[image]
    await host.sh('busybox httpd -p 2222 -h /etc')
    const [state, itself, nftables, login, root, ping, port] = await Promise.all([
      host.exec('systemctl is-system-running || systemctl --failed --no-legend'),
      host.exec(atWork[image]),
      host.exec('systemctl is-active nftables'),
      lab.run('controller', [...lab.ssh(name), 'hostname']),
      lab.run('controller', [...lab.ssh(name, 'admin'), 'sudo -n id -u']),
      lab.run('visitor', ['ping', '-q', '-c', '1', '-W', '5', address]),
      lab.run('visitor', ['curl', '-s', '--max-time', '2', `http://${address}:2222/hostname`]),
    ])
    expect({
      image,
      state: state.stdout.trim(),
      itself: itself.code,
      nftables: nftables.stdout.trim(),
      login: login.stdout.trim(),
      root: root.stdout.trim(),
      ping: ping.code,
      port: port.stdout.trim(),
    }).toEqual({
      image,
      state: noSystemd ? '' : 'running',
      itself: 0,
      nftables: noSystemd ? '' : ownFirewall ? 'inactive' : 'active',
      login: name,
      root: '0',
      ping: 0,
      port: image === 'no-firewall' ? name : '',
    })
  }
})

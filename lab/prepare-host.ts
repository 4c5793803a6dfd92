// A host's disk before its first boot: an overlay over its image's trees with what makes it near, middle or far.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { must } from './command'
import { images } from './images'
import { keyTypes } from './keys'
import { disksFolder, hostFolder, hostsOfLab, imageOf, keyFileOf, type LabState, rootOf } from './state'
import { type AnyHost, hostsFile, isFurther } from './topology'

const firewall = `#!/usr/sbin/nft -f
flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		meta l4proto { icmp, ipv6-icmp } accept
		tcp dport 22 accept
	}
}
`

const webService = `[Unit]
Description=The private service that tunnels publish

[Service]
ExecStart=/usr/bin/busybox httpd -f -p 80 -h /srv/www

[Install]
WantedBy=multi-user.target
`

export async function mountDisks(lab: LabState): Promise<void> {
  mkdirSync(disksFolder(lab), { recursive: true })
  await must(['mount', '-t', 'tmpfs', '-o', 'mode=0755,size=4g', 'lab', disksFolder(lab)])
}

export async function prepareHost(lab: LabState, host: AnyHost, trees: readonly string[]): Promise<void> {
  const disk = join(disksFolder(lab), host)
  for (const part of ['upper', 'work', 'root']) mkdirSync(join(disk, part), { recursive: true })
  const layers = `lowerdir=${trees.join(':')},upperdir=${disk}/upper,workdir=${disk}/work`
  await must(['mount', '-t', 'overlay', '-o', layers, `lab-${host}`, rootOf(lab, host)])

  write(lab, host, '/etc/hostname', `${host}\n`)
  write(lab, host, '/etc/hosts', hostsFile(hostsOfLab(lab)))
  // Where /etc/machine-id is empty, systemd takes D-Bus's before it makes one (machine-id(5)): all hosts would have their suite's.
  rmSync(join(rootOf(lab, host), 'var/lib/dbus/machine-id'), { force: true })
  for (const name of keyTypes.map(type => `ssh_host_${type}_key`)) {
    for (const file of [name, `${name}.pub`]) {
      copyFileSync(join(hostFolder(lab, host), file), join(rootOf(lab, host), 'etc/ssh', file))
    }
  }
  const users = host === 'far' ? ['admin', 'guest'] : ['admin']
  if (host === 'far') await inside(lab, host, ['useradd', '--create-home', '--shell', '/bin/bash', 'guest'])
  for (const home of ['/root', ...users.map(user => `/home/${user}`)]) {
    mkdirSync(join(rootOf(lab, host), home, '.ssh'), { recursive: true, mode: 0o700 })
    write(lab, host, `${home}/.ssh/authorized_keys`, readFileSync(`${keyFileOf(lab)}.pub`, 'utf8'), 0o600)
  }
  for (const user of users) await inside(lab, host, ['chown', '-R', `${user}:${user}`, `/home/${user}/.ssh`])

  if (host === 'middle' && !images[imageOf(lab, host)].ownFirewall) {
    write(lab, host, '/etc/nftables.conf', firewall, 0o755)
    enable(lab, host, '/lib/systemd/system/nftables.service', 'sysinit.target')
  }
  // A kernel allows its users 128 inotify instances by default, of which a whole host with root logged in has eleven, and these six.
  if (isFurther(host)) for (const unit of ['systemd-logind', 'console-getty']) mask(lab, host, `${unit}.service`)
  if (host === 'far') {
    write(lab, host, '/srv/www/index.html', 'hello from far\n')
    write(lab, host, '/etc/systemd/system/web.service', webService)
    enable(lab, host, '/etc/systemd/system/web.service', 'multi-user.target')
  }
}

function write(lab: LabState, host: AnyHost, path: string, text: string, mode = 0o644): void {
  const file = join(rootOf(lab, host), path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

function mask(lab: LabState, host: AnyHost, unit: string): void {
  symlinkSync('/dev/null', join(rootOf(lab, host), '/etc/systemd/system', unit))
}

/** What `systemctl enable` would do, which cannot be asked before the boot. */
function enable(lab: LabState, host: AnyHost, unitFile: string, target: string): void {
  const wants = join(rootOf(lab, host), `/etc/systemd/system/${target}.wants`)
  mkdirSync(wants, { recursive: true })
  const link = join(wants, unitFile.slice(unitFile.lastIndexOf('/') + 1))
  if (!existsSync(link)) symlinkSync(unitFile, link)
}

async function inside(lab: LabState, host: AnyHost, argv: readonly string[]): Promise<void> {
  await must(['chroot', rootOf(lab, host), ...argv])
}

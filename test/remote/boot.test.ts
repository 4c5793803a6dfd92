// What loads a firewall's rules at boot, by whatever a host starts then.
import { parseSnapshot } from '../../engine/look/snapshot'
import { inPrivateRoot, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const unit = (name: string, text: string) =>
  write(`/etc/systemd/system/${name}.service`, `[Service]\nExecStart=${text}\n`)
/** What `systemctl enable` does. */
const enable = (name: string) =>
  `mkdir -p /etc/systemd/system/multi-user.target.wants; ln -s /etc/systemd/system/${name}.service /etc/systemd/system/multi-user.target.wants/\n`
const script = (path: string, text: string) => `${write(path, `#!/bin/sh\n${text}\n`)}chmod 755 ${path}\n`
const noSystemd = 'rmdir /run/systemd/system\n'

const plugins = '/usr/share/netfilter-persistent/plugins.d'
/** In part as Debian's iptables-persistent has them. */
const debian = `mount -t tmpfs none /usr/share
${script(`${plugins}/15-ip4tables`, '# iptables-restore < /etc/sysconfig/iptables\n  iptables-restore $NOFLUSH < /etc/iptables/rules.v4')}
${script(`${plugins}/25-ip6tables`, 'ip6tables-restore $NOFLUSH < /etc/iptables/rules.v6; ip6tables-save > "/etc/iptables/rules.v6"')}
${script(`${plugins}/README`, 'iptables-restore < /etc/iptables/rules-save')}chmod 644 ${plugins}/README
${unit('netfilter-persistent', '/usr/sbin/netfilter-persistent start')}`
const [v4, v6] = ['/etc/iptables/rules.v4', '/etc/iptables/rules.v6']
const both = { '15-ip4tables': [v4], '25-ip6tables': [v6] }

const hosts: readonly (readonly [name: string, prepare: string, loads: object])[] = [
  ['nothing', '', {}],
  ['netfilter-persistent', debian + enable('netfilter-persistent'), both],
  ['netfilter-persistent that is not enabled', debian, {}],
  [
    'netfilter-persistent that is masked',
    `${debian}${enable('netfilter-persistent')}ln -sf /dev/null /etc/systemd/system/netfilter-persistent.service\n`,
    {},
  ],
  [
    'its script of sysvinit, without systemd',
    `${debian}${noSystemd}${script('/etc/rcS.d/S12netfilter-persistent', '/usr/sbin/netfilter-persistent start')}`,
    both,
  ],
  [
    'its script of sysvinit, beside its unit that is not enabled',
    `${debian}${script('/etc/rcS.d/S12netfilter-persistent', '/usr/sbin/netfilter-persistent start')}`,
    {},
  ],
  [
    "Red Hat's services",
    unit('iptables', '/usr/libexec/iptables/iptables.init start') +
      unit('ip6tables', '/usr/libexec/iptables/ip6tables.init start') +
      enable('iptables') +
      enable('ip6tables'),
    { 'iptables.service': ['/etc/sysconfig/iptables'], 'ip6tables.service': ['/etc/sysconfig/ip6tables'] },
  ],
  [
    "Alpine's",
    `${noSystemd}${script('/etc/runlevels/default/iptables', 'iptables-restore <"$iptables_save"')}
    ${write('/etc/conf.d/iptables', '# Location in which iptables initscript will save set rules\nIPTABLES_SAVE="/etc/iptables/rules-save"\n')}`,
    { iptables: ['/etc/iptables/rules-save'] },
  ],
  [
    "Arch's",
    unit('iptables', '/usr/bin/iptables-restore -w /etc/iptables/iptables.rules') + enable('iptables'),
    { 'iptables.service': ['/etc/iptables/iptables.rules'] },
  ],
  ["somebody's own", unit('fw', '/sbin/iptables-restore /root/rules') + enable('fw'), { 'fw.service': [] }],
  ['rc.local', write('/etc/rc.local', `iptables-restore <${v4}\n`), { 'rc.local': [v4] }],
  [
    'nftables.service',
    unit('nftables', '/usr/sbin/nft -f /etc/nftables.conf') + enable('nftables'),
    { 'nftables.service': ['/etc/nftables.conf'] },
  ],
]

describe.each(shells)('%s', shell => {
  test.each(hosts)('%s', (_name, prepare, loads) => {
    expect(parseSnapshot(inPrivateRoot(shell, `${prepare}look_all`).stdout).atBoot).toEqual(loads)
  })
})

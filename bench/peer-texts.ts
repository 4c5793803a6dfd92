// What the peers put on the hosts, for those that fill in no templates themselves: the same texts as Ansible's and pyinfra's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { far, type Tunnel } from './contender'

const firewallFile = '/etc/nftables.conf'
const include = 'include "/etc/peer/nft/*.nft"'

/** One of ansible/*.j2, which know no more of jinja2 than a value. */
export function fillIn(template: 'unit.j2' | 'sshd.j2', tunnel: Tunnel, server: string): string {
  const values: Readonly<Record<string, string>> = {
    'item.name': tunnel.name,
    'item.port': `${tunnel.port}`,
    server,
    far,
  }
  const text = readFileSync(join(__dirname, 'ansible', template), 'utf8')
  return text.replace(/\{\{ (\S+) \}\}/g, (all, name: string) => values[name] ?? all)
}

/** The line of authorized_keys. */
export const keyLine = ({ port }: Tunnel, server: string, publicKey: string) =>
  `restrict,port-forwarding,permitlisten="${server}:${port}",command="/bin/false" ${publicKey}`

export const ruleOf = ({ name, port }: Tunnel, server: string) =>
  `insert rule inet filter input ip daddr ${server} tcp dport ${port} accept comment "peer ${name}"`

/** Shell texts, each for a host. `set -e` is their caller's. */
export function shellTexts(lab: Lab) {
  const { address: server, hostKey } = lab.hosts.middle
  const account = ({ name }: Tunnel) =>
    `useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin peer-${name}`
  const file = (path: string, text: string) => `cat >${path} <<'END'\n${text.trimEnd()}\nEND`
  return {
    nearBefore: ['mkdir -p /etc/peer', file('/etc/peer/known_hosts', `${server} ${hostKey}`)].join('\n'),
    /** @param privateKey in place of one that is made there */
    near: (tunnel: Tunnel, privateKey?: string) => {
      const key = `/etc/peer/${tunnel.name}/key`
      return [
        account(tunnel),
        `mkdir -p /etc/peer/${tunnel.name}`,
        privateKey ? `umask 077; ${file(key, privateKey)}\numask 022` : `ssh-keygen -q -t ed25519 -N '' -f ${key}`,
        `chown -R peer-${tunnel.name} /etc/peer/${tunnel.name}`,
        file(`/etc/systemd/system/peer-${tunnel.name}.service`, fillIn('unit.j2', tunnel, server)),
      ].join('\n')
    },
    nearUp: (tunnels: readonly Tunnel[]) =>
      `systemctl daemon-reload\nsystemctl -q enable --now ${tunnels.map(({ name }) => `peer-${name}`).join(' ')}`,
    middle: (tunnel: Tunnel, publicKey: string) =>
      [
        'mkdir -p /etc/peer/authorized_keys /etc/peer/nft',
        account(tunnel),
        file(`/etc/peer/authorized_keys/peer-${tunnel.name}`, keyLine(tunnel, server, publicKey)),
        file(`/etc/ssh/sshd_config.d/10-peer-${tunnel.name}.conf`, fillIn('sshd.j2', tunnel, server)),
        file(`/etc/peer/nft/${tunnel.name}.nft`, ruleOf(tunnel, server)),
      ].join('\n'),
    /** Several may do so at the same time. */
    middleStays: `( flock 9; grep -q '/etc/peer/nft' ${firewallFile} || echo '${include}' >>${firewallFile} ) 9>/etc/peer/lock`,
    middleReload: 'sshd -t && systemctl reload ssh',
    loadRule: ({ name }: Tunnel) => `nft -f /etc/peer/nft/${name}.nft`,
    loadRules: `nft -f ${firewallFile}`,
    nearDown: (tunnels: readonly Tunnel[]) => {
      const units = tunnels.map(({ name }) => `peer-${name}`).join(' ')
      return [
        `systemctl -q disable --now ${units}`,
        ...tunnels.map(
          ({ name }) =>
            `rm -rf /etc/systemd/system/peer-${name}.service /etc/peer/${name}; userdel --force peer-${name}`,
        ),
        'systemctl daemon-reload',
      ].join('\n')
    },
    middleDown: (tunnels: readonly Tunnel[]) =>
      tunnels
        .map(
          ({ name }) =>
            `rm -f /etc/ssh/sshd_config.d/10-peer-${name}.conf /etc/peer/nft/${name}.nft /etc/peer/authorized_keys/peer-${name}; userdel --force peer-${name}`,
        )
        .join('\n'),
    middleForget: `rm -rf /etc/peer; sed -i '\\|/etc/peer/nft|d' ${firewallFile}`,
    nearForget: 'rm -rf /etc/peer',
  }
}

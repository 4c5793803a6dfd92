// Who makes the rules of a lab's host, and what is done there by hand: the programs' own words.
import type { ImageName } from '../../lab'

export interface Manager {
  /** As a plan names it. */
  readonly name: string
  /** Its own way to read its rules anew. */
  readonly reload: string
  /** Takes away what lets everybody into port 8081. */
  readonly takeAway: string
  /** Lets everybody into port 8080; TAG is the comment of our rules there. */
  readonly add: string
  /** Takes back what `add` has made and no deploy removes. */
  readonly addNoMore: string
}

/** Deletes the rules of a chain that a pattern finds. */
const deleteRules = (pattern: string) =>
  `nft -a list chain inet filter input | sed -n '/${pattern}/s/.*# handle //p' | while read -r handle; do nft delete rule inet filter input handle "$handle"; done`

/** In the table of ours that keeps others out. */
const loosenFence =
  'for table in $(nft list tables | sed -n "s/^table inet \\(ssh_tunnels_some_.*\\)/\\1/p"); do nft insert rule inet "$table" input tcp dport 8080 accept; done'

const nftables: Manager = {
  name: 'nftables',
  reload: 'systemctl reload nftables',
  takeAway: deleteRules('dport 8081 .*ssh-tunnels'),
  add: 'nft insert rule inet filter input tcp dport 8080 accept',
  addNoMore: deleteRules('tcp dport 8080 accept # handle'),
}

const iptables: Manager = {
  name: 'iptables',
  reload: 'netfilter-persistent reload',
  takeAway:
    'iptables-save | sed -n \'/--dport 8081 /s/^-A/-D/p\' | while read -r words; do eval "iptables $words"; done',
  add: 'iptables -I INPUT -p tcp --dport 8080 -j ACCEPT',
  addNoMore: 'iptables -D INPUT -p tcp --dport 8080 -j ACCEPT',
}

const withoutSystemd: Manager = {
  ...iptables,
  // What keeps others out beside a rule of somebody's needs systemd.
  add: 'iptables -I INPUT -p tcp -m tcp --dport 8080 -m comment --comment "TAG" -j ACCEPT',
  addNoMore: ':',
}

const nobody: Manager = {
  name: 'none',
  reload: 'systemctl restart nftables',
  takeAway: 'nft flush ruleset',
  add: loosenFence,
  addNoMore: ':',
}

export const managers: Readonly<Record<ImageName, Manager>> = {
  bookworm: nftables,
  trixie: nftables,
  'ssh-socket': nftables,
  'rhel-like': nftables,
  busybox: nftables,
  polkit: nftables,
  'iptables-nft': iptables,
  'iptables-legacy': { ...iptables, takeAway: 'sed -i /8081/d /etc/iptables/rules.v4' },
  sysvinit: withoutSystemd,
  openrc: withoutSystemd,
  ufw: {
    name: 'ufw',
    reload: 'ufw reload',
    takeAway: 'ufw delete allow proto tcp from any to "$(hostname -I | cut -d " " -f 1)" port 8081',
    add: 'ufw allow 8080/tcp',
    addNoMore: 'ufw delete allow 8080/tcp',
  },
  firewalld: {
    name: 'firewalld',
    reload: 'firewall-cmd --reload',
    takeAway: 'rm /etc/firewalld/policies/ssh-tun-*; firewall-cmd --reload',
    // It has rules of which nobody can tell whom they let in, so that such a table stands there from the first.
    add: `firewall-cmd --add-port=8080/tcp; ${loosenFence}`,
    addNoMore: 'firewall-cmd --remove-port=8080/tcp',
  },
  'no-firewall': nobody,
  'no-init': nobody,
}

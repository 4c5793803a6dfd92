// What can be wrong with a tunnel, made on the lab: how it is made, by which words it has to be recognised, and what cures it.
import type { ImageName, Lab } from '../../../lab'
import { managers } from '../../lab/firewall-managers'

export interface Ailment {
  /** One of the tutorial's four, or what else it is. */
  readonly problem: 'firewall' | 'keepalive' | 'forwarding' | 'binding' | 'other'
  readonly what: string
  /** The link of the chain that has to be named first, and words of its sentence or its evidence. */
  readonly link: string
  readonly says: readonly RegExp[]
  readonly make: (lab: Lab) => Promise<unknown>
  /** What the cure leaves, as somebody else's line that no longer wins. */
  readonly undo?: (lab: Lab) => Promise<unknown>
  /** fix: `--fix` cures it. Else words of the cure that it tells, after which `undo` is that cure. */
  readonly cure: 'fix' | RegExp
  /** Which of the two tunnels it is about. */
  readonly tunnel?: 'web' | 'onward'
}

const on = (host: 'near' | 'middle' | 'far', text: string) => (lab: Lab) => lab.hosts[host].sh(text)
const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
const foreign = '/etc/ssh/sshd_config.d/00-local.conf'
const main = '/etc/ssh/sshd_config'
const reload = '(systemctl try-reload-or-restart ssh 2>/dev/null || systemctl try-reload-or-restart sshd)'

/** As an administrator does it; then ssh comes back under the new rules. */
const withSshd = (text: string) => async (lab: Lab) => {
  await lab.hosts.middle.sh(`cp -a ${main} /root/sshd_config.before; ${text}; ${reload}`)
  await lab.hosts.near.sh('systemctl restart tunnel-web')
}
const undoSshd = on('middle', `rm -f ${foreign}; cp -a /root/sshd_config.before ${main}; ${reload}`)

const named = { problem: 'forwarding', link: 'sshd lets it', cure: 'fix', undo: undoSshd } as const
const forwarding: readonly Ailment[] = [
  {
    ...named,
    what: 'AllowTcpForwarding no in a Match block of a file that is read before ours',
    make: withSshd(`printf 'Match User tun-web\\n  AllowTcpForwarding no\\n' >${foreign}`),
    says: [
      /AllowTcpForwarding is no for tun-web, not remote \(\/etc\/ssh\/sshd_config\.d\/00-local\.conf:2\)/,
      /refuses the forward/,
    ],
  },
  {
    ...named,
    what: 'AllowTcpForwarding no in a Match block of the main file, before its Include',
    make: withSshd(`sed -i '1i Match User tun-*\\n  AllowTcpForwarding no\\nMatch all' ${main}`),
    says: [/AllowTcpForwarding is no for tun-web, not remote \(\/etc\/ssh\/sshd_config:2\)/],
  },
  {
    ...named,
    what: 'AllowTcpForwarding no in the main file, which includes nothing any more',
    make: withSshd(`sed -i '/^Include/d; /ssh-tunnels/d' ${main}; sed -i '1i AllowTcpForwarding no' ${main}`),
    says: [/AllowTcpForwarding is no for tun-web, not remote \(\/etc\/ssh\/sshd_config:1\)/, /no Include/],
  },
  {
    ...named,
    what: 'AllowTcpForwarding no in our own drop-in',
    make: withSshd(`sed -i 's/AllowTcpForwarding remote/AllowTcpForwarding no/' ${dropIn}`),
    says: [
      /AllowTcpForwarding is no for tun-web, not remote \(\/etc\/ssh\/sshd_config\.d\/10-ssh-tunnels-web\.conf:\d+\)/,
    ],
  },
  {
    ...named,
    what: 'DisableForwarding yes for everybody, before ours',
    make: withSshd(`printf 'Match all\\n  DisableForwarding yes\\n' >${foreign}`),
    says: [/DisableForwarding (is )?yes/, /00-local\.conf:2/],
  },
  {
    ...named,
    what: 'no port-forwarding in authorized_keys',
    make: withSshd("sed -i 's/port-forwarding,//' /etc/ssh-tunnels/web/authorized_keys"),
    says: [
      /authorized_keys on middle does not let the tunnel's key have its forward/,
      /authorized_keys:1 says restrict,permitlisten/,
    ],
  },
  {
    ...named,
    what: 'PermitListen of another port',
    make: withSshd(`sed -i 's/PermitListen .*/PermitListen 203.0.113.20:9999/' ${dropIn}`),
    says: [/PermitListen is 203\.0\.113\.20:9999 for tun-web, not 203\.0\.113\.20:8080/],
  },
]

const bound = { problem: 'binding', link: 'sshd lets it', cure: 'fix', undo: undoSshd } as const
const binding: readonly Ailment[] = [
  {
    ...bound,
    what: 'GatewayPorts no in a Match block of a file that is read before ours',
    make: withSshd(`printf 'Match User tun-*\\n  GatewayPorts no\\n' >${foreign}`),
    says: [/GatewayPorts is no for tun-web, not clientspecified \(.*00-local\.conf:2\)/, /loopback address alone/],
  },
  {
    ...bound,
    what: 'GatewayPorts no in our own drop-in',
    make: withSshd(`sed -i 's/GatewayPorts .*/GatewayPorts no/' ${dropIn}`),
    says: [/GatewayPorts is no for tun-web, not clientspecified \(.*10-ssh-tunnels-web\.conf:\d+\)/],
  },
  {
    ...bound,
    what: 'no GatewayPorts at all: our drop-in is away',
    make: withSshd(`rm ${dropIn}`),
    says: [/GatewayPorts is no for tun-web, not clientspecified/, /10-ssh-tunnels-web\.conf is away/],
  },
  {
    ...bound,
    what: 'GatewayPorts yes for everybody, before ours',
    make: withSshd(`printf 'Match all\\n  GatewayPorts yes\\n' >${foreign}`),
    says: [/GatewayPorts is yes for tun-web, not clientspecified \(.*00-local\.conf:2\)/],
  },
]

const unit = '/etc/systemd/system/tunnel-web.service'
const again = 'systemctl daemon-reload; systemctl restart tunnel-web'
const keepalive: readonly Ailment[] = [
  {
    problem: 'keepalive',
    what: 'ServerAliveInterval 0 in our own unit',
    link: 'service runs',
    make: on('near', `sed -i 's/ServerAliveInterval=[0-9]*/ServerAliveInterval=0/' ${unit}; ${again}`),
    says: [/has ServerAliveInterval 0, not 5/, /tunnel-web\.service:\d+ says -o ServerAliveInterval=0/],
    cure: 'fix',
  },
  {
    problem: 'keepalive',
    what: "somebody's drop-in of systemd with an ssh without keepalive",
    link: 'service runs',
    make: on('near', `mkdir -p ${unit}.d; printf '[Service]\\nEnvironment=A=b\\n' >${unit}.d/local.conf; ${again}`),
    says: [/somebody else changes tunnel-web\.service on near/, /tunnel-web\.service\.d\/local\.conf/],
    cure: /remove \/etc\/systemd\/system\/tunnel-web\.service\.d\/local\.conf on near/,
    undo: on('near', `rm -r ${unit}.d; ${again}`),
  },
  {
    problem: 'keepalive',
    what: 'a middle that forgets what is quiet, sooner than the keepalive goes',
    link: 'kept while quiet',
    make: on(
      'middle',
      'sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=4 net.netfilter.nf_conntrack_tcp_loose=0',
    ),
    says: [/middle forgets a connection that is quiet for 4 s, and a keepalive goes every 5 s/],
    cure: /serverAlive: \{ interval: 1 \}.*nf_conntrack|serverAlive: \{ interval: 1 \}/,
    undo: on(
      'middle',
      'sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=432000 net.netfilter.nf_conntrack_tcp_loose=1',
    ),
  },
  {
    problem: 'keepalive',
    what: 'a NAT on the way that forgets what is quiet, sooner than the keepalive goes',
    link: 'kept while quiet',
    make: async lab => {
      await lab.onRouter(forgetful)
      await lab.hosts.near.sh('systemctl restart tunnel-web')
      await twoDrops(lab)
    },
    says: [
      /keeps dropping, as where a NAT or firewall on the way forgets one that is quiet/,
      /Timeout, server 203\.0\.113\.20 not responding/,
    ],
    cure: /serverAlive: \{ interval: 1 \}/,
    undo: async lab => {
      await lab.onRouter(`nft delete table inet forgets; nft delete table ip nat; ${memory(432_000, 1)}`)
      await lab.hosts.near.sh('journalctl --rotate -q; journalctl --vacuum-time=1s -q; systemctl restart tunnel-web')
    },
  },
]

const memory = (seconds: number, loose: 0 | 1) =>
  `echo ${seconds} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established; echo ${loose} >/proc/sys/net/netfilter/nf_conntrack_tcp_loose`
const forgetful = `nft -f - <<'END'
table ip nat { chain post { type nat hook postrouting priority srcnat; iifname "near" oifname "middle" masquerade; }; }
table inet forgets { chain forward { type filter hook forward priority -5; ct state invalid drop; }; }
END
${memory(2, 0)}`

/** Each takes ServerAliveInterval times one more than ServerAliveCountMax. */
const twoDrops = (lab: Lab) =>
  lab.hosts.near.sh(`left=90
    until [ "$(journalctl -u tunnel-web --since=-3min -o cat | grep -c 'Timeout, server')" -ge 2 ]; do
      left=$((left - 1)); [ "$left" -gt 0 ] || exit 1; sleep 1
    done`)

const closed = { problem: 'firewall', link: 'firewall lets it', cure: 'fix' } as const
const reject = `nft -f - <<'END'
table inet strict { chain input { type filter hook input priority 10; policy accept; tcp dport 8080 reject with tcp reset; }; }
END`
/** Those of every image. */
const anyFirewall: readonly Ailment[] = [
  {
    ...closed,
    what: 'a table of somebody else, which rejects the port',
    make: on('middle', reject),
    says: [/inet strict input/, /tcp dport 8080 reject/],
    cure: /keep the rules of that host in \/etc\/nftables\.conf/,
    undo: on('middle', 'nft delete table inet strict'),
  },
  {
    ...closed,
    what: 'a rule before routing, where nobody can open it',
    make: on(
      'middle',
      "nft 'table ip early { chain pre { type filter hook prerouting priority -250; tcp dport 8080 drop; }; }'",
    ),
    says: [/ip early pre/, /hook prerouting/],
    cure: /take that rule away on middle/,
    undo: on('middle', 'nft delete table ip early'),
  },
  {
    ...closed,
    what: 'a router that drops what goes to the port',
    link: 'port reached',
    make: lab =>
      lab.onRouter(
        "nft 'table inet between { chain forward { type filter hook forward priority 5; tcp dport 8080 drop; }; }'",
      ),
    says: [/leads to far on middle itself, but not when it is asked from here/],
    cure: /see the firewalls between/,
    undo: lab => lab.onRouter('nft delete table inet between'),
  },
]

const ownRule = (takeAway: string) => takeAway.replaceAll('8081', '8080')
const ofNftables: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and the policy drops',
    make: on('middle', ownRule(managers.bookworm.takeAway)),
    says: [/\(nftables\) closes port 8080/, /policy drop of inet filter input/],
  },
  {
    ...closed,
    what: 'a rule that drops the port, before ours',
    make: on('middle', 'nft insert rule inet filter input tcp dport 8080 drop'),
    says: [/inet filter input handle \d+: tcp dport 8080 drop/],
    undo: on(
      'middle',
      "nft -a list chain inet filter input | sed -n '/dport 8080 drop/s/.*handle //p' | xargs -r -n1 nft delete rule inet filter input handle",
    ),
  },
  {
    ...closed,
    what: 'a rule that rejects the port, before ours',
    make: on('middle', 'nft insert rule inet filter input tcp dport 8080 reject with tcp reset'),
    says: [/inet filter input handle \d+: tcp dport 8080 reject/],
    undo: on(
      'middle',
      "nft -a list chain inet filter input | sed -n '/dport 8080 reject/s/.*handle //p' | xargs -r -n1 nft delete rule inet filter input handle",
    ),
  },
]
const ofIptables: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and the policy drops',
    make: on('middle', ownRule(managers['iptables-nft'].takeAway)),
    says: [/\(iptables\) closes port 8080/],
  },
  {
    ...closed,
    what: 'a rule that drops the port, before ours',
    make: on('middle', 'iptables -I INPUT -p tcp --dport 8080 -j DROP'),
    says: [/iptables -A INPUT .*--dport 8080 -j DROP/],
    undo: on('middle', 'iptables -D INPUT -p tcp --dport 8080 -j DROP'),
  },
  {
    ...closed,
    what: 'a rule that rejects the port, before ours',
    make: on('middle', 'iptables -I INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
    says: [/iptables -A INPUT .*--dport 8080 .*REJECT/],
    undo: on('middle', 'iptables -D INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
  },
]
const ofUfw: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and ufw drops the rest',
    make: on('middle', ownRule(managers.ufw.takeAway)),
    says: [/\(ufw\) closes port 8080/],
  },
  {
    ...closed,
    what: 'ufw insert 1 deny, before ours',
    make: on('middle', 'ufw insert 1 deny 8080/tcp'),
    says: [/\(ufw\) closes port 8080/, /8080.*DROP|8080.*drop/],
    undo: on('middle', 'ufw delete deny 8080/tcp'),
  },
]
const ofFirewalld: readonly Ailment[] = [
  {
    ...closed,
    what: 'our policy is away, and firewalld rejects the rest',
    make: on('middle', managers.firewalld.takeAway),
    says: [/\(firewalld\) closes port 8080/],
  },
  {
    ...closed,
    what: "a rich rule of firewalld's that drops the port",
    make: on('middle', "firewall-cmd -q --add-rich-rule='rule priority=-300 port port=8080 protocol=tcp drop'"),
    says: [/8080.*drop/],
    cure: /./,
    undo: on('middle', "firewall-cmd -q --remove-rich-rule='rule priority=-300 port port=8080 protocol=tcp drop'"),
  },
]

const others: readonly Ailment[] = [
  {
    problem: 'other',
    what: 'the unit is stopped',
    link: 'service runs',
    make: on('near', 'systemctl stop tunnel-web'),
    says: [/tunnel-web\.service does not run on near/],
    cure: 'fix',
  },
  {
    problem: 'other',
    what: "the tunnel's key is away",
    link: 'service runs',
    make: on('near', 'rm /etc/ssh-tunnels/web/key; systemctl restart tunnel-web'),
    says: [/near has no key for the tunnel/],
    cure: 'fix',
  },
  {
    problem: 'other',
    what: 'another host key is pinned',
    link: 'service runs',
    make: on(
      'near',
      "sed -i 's/ssh-ed25519 .*/ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/' /etc/ssh-tunnels/web/known_hosts; systemctl restart tunnel-web",
    ),
    says: [/near has another host key of 203\.0\.113\.20 pinned than that one has/],
    cure: 'fix',
  },
  {
    problem: 'other',
    what: 'another program has taken the port',
    link: 'port free',
    make: async lab => {
      await lab.hosts.near.sh('systemctl stop tunnel-web')
      await lab.hosts.middle.sh(
        'systemd-run -q --unit=thief nc -lk 203.0.113.20 8080; while ! ss -Hltn | grep -q :8080; do sleep 0.1; done',
      )
    },
    says: [/port 8080 on middle is taken/, /nc \(pid \d+\) listens on 203\.0\.113\.20:8080/],
    cure: /stop what listens there \(systemctl status \d+ on middle names it\)/,
    undo: async lab => {
      await lab.hosts.middle.sh('systemctl stop thief')
      await lab.hosts.near.sh('systemctl start tunnel-web')
    },
  },
  {
    problem: 'other',
    what: 'the account may not log in any more',
    link: 'sshd lets it',
    make: withSshd(`printf 'Match User tun-web\\n  DenyUsers tun-web\\n' >${foreign}`),
    says: [/sshd on middle will not let tun-web in/, /DenyUsers tun-web \(.*00-local\.conf:2\)/],
    cure: /let tun-web there not match tun-web on middle/,
    undo: async lab => {
      await undoSshd(lab)
      await lab.hosts.near.sh('systemctl restart tunnel-web')
    },
  },
  {
    problem: 'other',
    what: 'far refuses',
    link: 'far reached',
    make: on('far', 'systemctl stop web'),
    says: [/it refuses connections, nothing listens there/],
    cure: /see that the service on far:80 runs/,
    undo: on('far', 'systemctl start web'),
  },
  {
    problem: 'other',
    what: 'far gives no answer',
    link: 'far reached',
    make: lab => lab.cutLink('far'),
    says: [/it gives no answer at all/],
    cure: /see that the host of far:80 is up/,
    undo: lab => lab.healLink('far'),
  },
  {
    problem: 'other',
    what: 'there is no way to far',
    link: 'far reached',
    make: on('near', 'ip route add unreachable 192.0.2.130'),
    says: [/there is no way to it/],
    cure: /see that/,
    undo: on('near', 'ip route del unreachable 192.0.2.130'),
  },
  {
    problem: 'other',
    what: "far's name leads nowhere",
    link: 'far reached',
    make: on('near', "sed -i.before 's/ far / elsewhere /' /etc/hosts; systemctl restart tunnel-web"),
    says: [/its name leads to no address/],
    cure: /see that/,
    undo: on('near', 'mv /etc/hosts.before /etc/hosts; systemctl restart tunnel-web'),
  },
  {
    problem: 'other',
    what: 'near cannot reach the sshd of middle',
    link: 'server reached',
    make: async lab => {
      await lab.onRouter(
        'nft \'table inet between { chain forward { type filter hook forward priority 5; iifname "near" oifname "middle" tcp dport 22 reject with tcp reset; }; }\'',
      )
      await lab.hosts.near.sh('systemctl restart tunnel-web')
    },
    says: [/near cannot connect to sshd on middle \(203\.0\.113\.20:22\)/, /refused/i],
    cure: /the firewalls on the way/,
    undo: async lab => {
      await lab.onRouter('nft delete table inet between')
      await lab.hosts.near.sh('systemctl restart tunnel-web')
    },
  },
  {
    problem: 'other',
    what: 'large packets are lost on the way, without a word',
    link: 'large packets',
    make: async lab => {
      await lab.onRouter(
        'nft \'table inet hole { chain forward { type filter hook forward priority 5; iifname "near" oifname "middle" meta length > 1300 drop; }; }\'',
      )
    },
    says: [/small packets between near and middle come through, and large ones are lost/],
    cure: /smaller MTU/,
    undo: lab => lab.onRouter('nft delete table inet hole'),
  },
]

/** All of one image: sshd and systemd are tried on one with each version of them, firewalls on all. */
export function ailmentsOf(image: ImageName): readonly Ailment[] {
  if (image === 'ufw') return [...anyFirewall, ...ofUfw]
  if (image === 'firewalld') return [...anyFirewall, ...ofFirewalld]
  if (image.startsWith('iptables')) return [...anyFirewall, ...ofIptables]
  return [...anyFirewall, ...ofNftables, ...forwarding, ...binding, ...keepalive, ...others]
}

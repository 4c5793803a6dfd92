// The unit does not run, its connection is not there or is dead, or its port is somebody else's.
import { type Ailment, beginAnew, closeBetween, foreign, on, openBetween, undoSshd, withSshd } from './ailment'

const sick = { problem: 'session' } as const
const ports = (from: number) => on('middle', `sysctl -qw net.ipv4.ip_unprivileged_port_start=${from}`)

export const session: readonly Ailment[] = [
  {
    ...sick,
    what: 'the unit is stopped',
    link: 'service runs',
    make: on('near', 'systemctl stop tunnel-web'),
    says: [/tunnel-web\.service does not run on near/],
    cure: 'fix',
  },
  {
    ...sick,
    what: "the tunnel's key is away",
    link: 'service runs',
    make: on('near', 'rm /etc/ssh-tunnels/web/key; systemctl restart tunnel-web'),
    says: [/near has no key for the tunnel/],
    cure: 'fix',
  },
  {
    ...sick,
    what: 'another host key is pinned on near',
    link: 'service runs',
    make: on(
      'near',
      "sed -i 's/ssh-ed25519 .*/ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/' /etc/ssh-tunnels/web/known_hosts; systemctl restart tunnel-web",
    ),
    says: [/near has another host key of 203\.0\.113\.20 pinned than that one has/],
    cure: 'fix',
  },
  {
    ...sick,
    what: 'the account may not log in any more',
    link: 'sshd lets it',
    code: 'sshd-denies',
    make: withSshd(`printf 'Match User tun-web\\n  DenyUsers tun-web\\n' >${foreign}`),
    says: [/sshd on middle will not let tun-web in/, /DenyUsers tun-web \(.*00-local\.conf:2\)/],
    cure: /let tun-web there not match tun-web on middle/,
    undo: async lab => {
      await undoSshd(lab)
      await beginAnew(lab)
    },
  },
  {
    ...sick,
    what: 'another program has taken the port',
    link: 'port free',
    code: 'port-taken',
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
    ...sick,
    what: "ports below 9000 are root's on middle",
    link: 'port free',
    code: 'privileged-port',
    make: async lab => {
      await ports(9000)(lab)
      await beginAnew(lab)
    },
    says: [/tun-web may not listen on port 8080 of middle/, /ip_unprivileged_port_start is 9000/],
    cure: /listen on a port from 9000|ip_unprivileged_port_start/,
    undo: async lab => {
      await ports(1024)(lab)
      await beginAnew(lab)
    },
  },
  {
    ...sick,
    what: 'a half-dead session of sshd holds the port',
    link: 'session lives',
    make: async lab => {
      const { near, middle } = lab.hosts
      // So old that it is no try of ssh's that comes to nothing.
      await middle.sh('until [ "$(ps -o etimes= -u tun-web | sort -n | tail -n 1)" -gt 10 ]; do sleep 0.5; done')
      // Its end on near goes without a word, as with the power; and sshd, which would ask for it, hangs.
      await middle.sh("pkill -STOP -u tun-web 'sshd'")
      await near.sh("nft 'table inet mute { chain out { type filter hook output priority 0; tcp dport 22 drop; }; }'")
      await near.sh('systemctl kill -s KILL tunnel-web; ss -K dport = :22 >/dev/null; nft delete table inet mute')
    },
    says: [/half-dead/],
    cure: 'fix',
    undo: on('middle', "pkill -CONT -u tun-web 'sshd' || :"),
  },
  {
    ...sick,
    what: 'ssh hangs on near',
    link: 'session lives',
    make: on(
      'near',
      'systemctl kill -s STOP tunnel-web; while ss -Htn state established dport = :22 | grep -q .; do sleep 0.2; done',
    ),
    says: [/ssh on near has no connection to middle/],
    cure: 'fix',
    undo: on('near', 'systemctl kill -s CONT tunnel-web'),
  },
  {
    ...sick,
    what: 'near cannot reach the sshd of middle',
    link: 'server reached',
    code: 'host-unreachable',
    make: async lab => {
      await closeBetween('iifname "near" oifname "middle" tcp dport 22 reject with tcp reset')(lab)
      await beginAnew(lab)
    },
    says: [/near cannot connect to sshd on middle \(203\.0\.113\.20:22\)/, /refused/i],
    cure: /the firewalls on the way/,
    undo: async lab => {
      await openBetween(lab)
      await beginAnew(lab)
    },
  },
  {
    ...sick,
    what: 'large packets from near to middle are lost, without a word',
    link: 'large packets',
    code: 'large-packets-lost',
    make: closeBetween('iifname "near" oifname "middle" meta length > 1300 drop'),
    says: [/small packets between near and middle come through, and large ones are lost/],
    cure: /smaller MTU/,
    undo: openBetween,
  },
  {
    ...sick,
    what: 'large packets from middle to near are lost, without a word',
    link: 'large packets',
    code: 'large-packets-lost',
    make: closeBetween('iifname "middle" oifname "near" meta length > 1300 drop'),
    says: [/small packets between near and middle come through, and large ones are lost/],
    cure: /smaller MTU/,
    undo: openBetween,
  },
]

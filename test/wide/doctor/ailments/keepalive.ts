// The connection drops while nobody uses it: the tutorial's second problem.
import type { Lab } from '../../../../lab'
import { type Ailment, beginAnew, dropIn, on, undoSshd, withSshd } from './ailment'

const unit = '/etc/systemd/system/tunnel-web.service'
const again = 'systemctl daemon-reload; systemctl restart tunnel-web'
const sick = { problem: 'keepalive', link: 'kept while quiet', code: 'drops-while-quiet' } as const
const ours = { problem: 'keepalive', link: 'service runs', cure: 'fix' } as const
const kernel = (host: 'near' | 'middle', seconds: number, loose: 0 | 1) =>
  on(
    host,
    `sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=${seconds} net.netfilter.nf_conntrack_tcp_loose=${loose}`,
  )
/** It tells the line of the spec, and once that says so `--fix` makes it so. */
const oftener = {
  says: /^say serverAlive: \{ interval: 1 \} for the tunnel \(tunnels\.yaml:\d+\), and deploy/,
  spec: { web: { serverAlive: { interval: 1, countMax: 1 } } },
}

export const keepalive: readonly Ailment[] = [
  {
    ...ours,
    what: 'ServerAliveInterval 0 in our own unit',
    make: on('near', `sed -i 's/ServerAliveInterval=[0-9]*/ServerAliveInterval=0/' ${unit}; ${again}`),
    says: [/has ServerAliveInterval 0, not 5/, /tunnel-web\.service:\d+ says -o ServerAliveInterval=0/],
  },
  {
    ...ours,
    what: 'no ServerAliveInterval in our own unit any more',
    make: on('near', `sed -i '/ServerAliveInterval=/d' ${unit}; ${again}`),
    says: [/ServerAliveInterval/],
  },
  {
    ...ours,
    what: 'the spec wants a keepalive more often than the unit that stands',
    spec: { web: { serverAlive: { interval: 2, countMax: 3 } } },
    link: 'sshd lets it',
    says: [/ClientAliveInterval is 5 for tun-web, not 2/],
  },
  {
    ...ours,
    what: 'ClientAliveInterval 0 in our own drop-in of sshd',
    link: 'sshd lets it',
    make: withSshd(`sed -i 's/ClientAliveInterval .*/ClientAliveInterval 0/' ${dropIn}`),
    says: [/ClientAliveInterval is 0 for tun-web, not 5/],
    undo: undoSshd,
  },
  {
    problem: 'keepalive',
    what: "somebody's drop-in of systemd with an ssh without keepalive",
    link: 'service runs',
    make: on(
      'near',
      `mkdir -p ${unit}.d; { printf '[Service]\\nExecStart=\\n'; sed -n '/^ExecStart=/,/[^\\]$/p' ${unit} | sed 's/ServerAliveInterval=[0-9]*/ServerAliveInterval=0/'; } >${unit}.d/local.conf; ${again}`,
    ),
    says: [/somebody else changes tunnel-web\.service on near/, /tunnel-web\.service\.d\/local\.conf/],
    cure: /remove \/etc\/systemd\/system\/tunnel-web\.service\.d\/local\.conf on near/,
    undo: on('near', `rm -r ${unit}.d; ${again}`),
  },
  {
    ...sick,
    what: 'a middle that forgets what is quiet, sooner than the keepalive goes',
    make: kernel('middle', 4, 0),
    says: [/middle forgets a connection that is quiet for 4 s, and a keepalive goes every 5 s/],
    cure: oftener,
    undo: kernel('middle', 432_000, 1),
  },
  {
    ...sick,
    what: 'a near that forgets what is quiet, sooner than the keepalive goes',
    make: kernel('near', 4, 0),
    says: [/near forgets a connection that is quiet for 4 s, and a keepalive goes every 5 s/],
    cure: oftener,
    undo: kernel('near', 432_000, 1),
  },
  {
    ...sick,
    what: 'a NAT on the way that forgets what is quiet, sooner than the keepalive goes',
    make: async lab => {
      await lab.onRouter(forgetful)
      await beginAnew(lab)
      await twoDrops(lab)
    },
    says: [
      /keeps dropping, as where a NAT or firewall on the way forgets one that is quiet/,
      /Timeout, server 203\.0\.113\.20 not responding/,
    ],
    cure: oftener,
    undo: async lab => {
      await lab.onRouter(`nft delete table inet forgets; nft delete table ip nat; ${memory(432_000, 1)}`)
      await beginAnew(lab)
    },
  },
]

const memory = (seconds: number, loose: 0 | 1) =>
  `echo ${seconds} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established; echo ${loose} >/proc/sys/net/netfilter/nf_conntrack_tcp_loose`
const forgetful = `nft -f - <<'END'
table ip nat { chain post { type nat hook postrouting priority srcnat; iifname "near" oifname "middle" masquerade; }; }
table inet forgets { chain forward { type filter hook forward priority -5; iifname { "near", "middle" } oifname { "near", "middle" } ct state invalid drop; }; }
END
${memory(2, 0)}`

/** Each takes ServerAliveInterval times one more than ServerAliveCountMax. */
const twoDrops = (lab: Lab) =>
  lab.hosts.near.sh(`since=$(date +%s) left=90
    until [ "$(journalctl -u tunnel-web --since=@$since -o cat | grep -c 'Timeout, server')" -ge 2 ]; do
      left=$((left - 1)); [ "$left" -gt 0 ] || exit 1; sleep 1
    done`)

// sshd of middle refuses the forward, or binds it to loopback alone: the tutorial's third and fourth problem.
import { type Ailment, dropIn, foreign, main, undoSshd, withSshd } from './ailment'

const named = { problem: 'forwarding', link: 'sshd lets it', cure: 'fix', undo: undoSshd } as const
export const forwarding: readonly Ailment[] = [
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
export const binding: readonly Ailment[] = [
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

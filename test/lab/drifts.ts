// What people change by hand on a host, one thing a tunnel, and how the plan shows it.
import type { HostName } from '../../lab'

export interface Drift {
  /** The tunnel's name, which says what happens to it. */
  readonly tunnel: string
  readonly on: HostName
  readonly byHand: string
  /** What the plan says of the tunnel. */
  readonly shows: readonly RegExp[]
}

export const folder = (tunnel: string) => `/etc/ssh-tunnels/${tunnel}`
const dropIn = (tunnel: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${tunnel}.conf`
const unit = (tunnel: string) => `tunnel-${tunnel}.service`
const handle = (tunnel: string) =>
  `$(nft -a list chain inet filter input | sed -n 's/.*"ssh-tunnels ${tunnel} .*handle //p')`

/** One keyword of a tunnel's drop-in set to another value, and the line of the plan that names it. */
const keyword = (tunnel: string, name: string, value: string, shows: RegExp): Drift => ({
  tunnel,
  on: 'middle',
  byHand: `sed -i 's/ ${name} .*/ ${name} ${value}/' ${dropIn(tunnel)}; systemctl reload ssh`,
  shows: [/~ sshd += \{/, shows],
})

export const drifts: readonly Drift[] = [
  keyword('sshd-forwarding', 'AllowTcpForwarding', 'yes', /~ allow_tcp_forwarding += "yes" -> "remote"/),
  keyword('sshd-permit-open', 'PermitOpen', 'any', /~ "any" -> "none"/),
  keyword('sshd-interval', 'ClientAliveInterval', '5', /~ client_alive_interval += 5 -> 30/),
  keyword('sshd-count', 'ClientAliveCountMax', '9', /~ client_alive_count_max += 9 -> 3/),
  {
    tunnel: 'key-line-other',
    on: 'middle',
    byHand: `sed -i 's/ssh-ed25519 .*/ssh-ed25519 AAAAother/' ${folder('key-line-other')}/authorized_keys`,
    shows: [/~ authorized_key += \{/, /~ public_key += "ssh-ed25519 AAAAother" -> "ssh-ed25519 AAAAC3/],
  },
  {
    tunnel: 'key-line-mode',
    on: 'middle',
    byHand: `chmod 666 ${folder('key-line-mode')}/authorized_keys`,
    shows: [/~ authorized_key += \{/, /~ options += ".* \(mode 666, owner root:root\)" -> "restrict,/],
  },
  {
    tunnel: 'drop-in-gone',
    on: 'middle',
    byHand: `rm ${dropIn('drop-in-gone')}; systemctl reload ssh`,
    shows: [/\+ sshd += \{/, /\+ allow_tcp_forwarding += "remote"/],
  },
  {
    tunnel: 'drop-in-edited',
    on: 'middle',
    byHand: `sed -i 's/PermitListen .*/PermitListen any/; s/GatewayPorts .*/GatewayPorts no/' ${dropIn('drop-in-edited')}; systemctl reload ssh`,
    shows: [/~ gateway_ports += "no" -> "clientspecified"/, /~ "any" -> "203\.0\.113\.20:\d+"/],
  },
  {
    tunnel: 'boot-link-gone',
    on: 'near',
    byHand: `rm /etc/systemd/system/multi-user.target.wants/${unit('boot-link-gone')}`,
    shows: [/~ service += \{/, /~ enabled += false -> true/],
  },
  {
    tunnel: 'rule-gone',
    on: 'middle',
    byHand: `nft delete rule inet filter input handle ${handle('rule-gone')}`,
    shows: [/~ open += false -> true/, /\+ "203\.0\.113\.20 tcp\/\d+ from anywhere"/],
  },
  {
    tunnel: 'rule-moved',
    on: 'middle',
    byHand: `nft replace rule inet filter input handle ${handle('rule-moved')} tcp dport 9999 accept comment '"ssh-tunnels rule-moved terraform"'`,
    shows: [
      /~ open += false -> true/,
      /~ "any address tcp\/9999 from anywhere" -> "203\.0\.113\.20 tcp\/\d+ from anywhere"/,
    ],
  },
  {
    tunnel: 'rule-file-gone',
    on: 'middle',
    byHand: `rm ${folder('rule-file-gone')}/firewall.nft`,
    shows: [/~ persistent += false -> true/],
  },
  {
    tunnel: 'unit-stopped',
    on: 'near',
    byHand: `systemctl stop ${unit('unit-stopped')}`,
    shows: [/~ active += false -> true/, /~ proof += \{/],
  },
  {
    tunnel: 'unit-disabled',
    on: 'near',
    byHand: `systemctl disable ${unit('unit-disabled')}`,
    shows: [/~ enabled += false -> true/],
  },
  {
    tunnel: 'unit-edited',
    on: 'near',
    byHand: `sed -i 's/^RestartSec=.*/RestartSec=99/' /etc/systemd/system/${unit('unit-edited')}`,
    shows: [/~ unit_sha256 += "[0-9a-f]{64}" -> "[0-9a-f]{64}"/],
  },
  {
    tunnel: 'unit-gone',
    on: 'near',
    byHand: `systemctl disable --now ${unit('unit-gone')}; rm /etc/systemd/system/${unit('unit-gone')}; systemctl daemon-reload`,
    shows: [/\+ service += \{/, /\+ active += true/],
  },
  {
    tunnel: 'shell-server',
    on: 'middle',
    byHand: 'sed -i "/^tun-shell-server:/s,/usr/sbin/nologin,/bin/bash," /etc/passwd',
    shows: [/~ account += \{/, /~ shell += "\/bin\/bash" -> "\/usr\/sbin\/nologin"/],
  },
  {
    tunnel: 'shell-client',
    on: 'near',
    byHand: 'sed -i "/^tun-shell-client:/s,/usr/sbin/nologin,/bin/bash," /etc/passwd',
    shows: [/~ client_account += \{/, /~ shell += "\/bin\/bash" -> "\/usr\/sbin\/nologin"/],
  },
  {
    tunnel: 'key-line-edited',
    on: 'middle',
    byHand: `sed -i 's/^restrict,//' ${folder('key-line-edited')}/authorized_keys`,
    shows: [/~ authorized_key += \{/, /~ options += "port-forwarding,.*" -> "restrict,port-forwarding,.*"/],
  },
  {
    tunnel: 'key-line-gone',
    on: 'middle',
    byHand: `rm ${folder('key-line-gone')}/authorized_keys`,
    shows: [/\+ authorized_key += \{/, /\+ public_key += "ssh-ed25519 /],
  },
  {
    tunnel: 'key-gone',
    on: 'near',
    byHand: `rm ${folder('key-gone')}/key`,
    shows: [/~ key += \{/, /public_key += .*\(known after apply\)/],
  },
  {
    tunnel: 'key-open',
    on: 'near',
    byHand: `chmod 644 ${folder('key-open')}/key`,
    shows: [/~ key += \{/],
  },
  {
    tunnel: 'pin-edited',
    on: 'near',
    byHand: `echo '203.0.113.20 ssh-ed25519 AAAAwrong' > ${folder('pin-edited')}/known_hosts`,
    shows: [/~ key += \{/, /~ host_key += "ssh-ed25519 AAAAwrong" -> "ssh-ed25519 AAAAC3/],
  },
]

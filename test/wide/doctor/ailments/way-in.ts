// Nobody gets into middle as root: names, port 22, host key, login, sudo; and a clock that is wrong.
import { type Ailment, closeBetween, on, openBetween, reload } from './ailment'

const away = { problem: 'way in' } as const

export const wayIn: readonly Ailment[] = [
  {
    ...away,
    what: "middle's name leads to no address",
    link: 'name resolved',
    code: 'name-unresolved',
    spec: { middle: { address: 'no-such-host.invalid' } },
    says: [/middle/, /no-such-host\.invalid/],
    cure: /check the spelling, or use an IP address/,
  },
  {
    ...away,
    what: 'sshd of middle is stopped',
    link: 'reached',
    code: 'host-unreachable',
    make: on('middle', 'systemctl stop ssh'),
    says: [/cannot reach middle.* at 203\.0\.113\.20:22/, /refused/],
    cure: /check the port, and that the service runs on the host/,
    undo: on('middle', 'systemctl start ssh'),
  },
  {
    ...away,
    what: 'nothing answers at port 22 of middle',
    link: 'reached',
    code: 'host-unreachable',
    make: closeBetween('iifname "controller" oifname "middle" tcp dport 22 drop'),
    says: [/cannot reach middle.* at 203\.0\.113\.20:22/, /no answer/],
    cure: /that no firewall on the way drops the connection/,
    undo: openBetween,
  },
  {
    ...away,
    what: 'middle has another host key than the spec pins',
    link: 'host key',
    code: 'host-key-mismatch',
    make: on(
      'middle',
      `mkdir /root/keys; mv /etc/ssh/ssh_host_* /root/keys/; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; ${reload}`,
    ),
    says: [/will not log in to middle: its host key is not the expected one/],
    cure: /console/,
    undo: on('middle', `rm /etc/ssh/ssh_host_*; mv /root/keys/ssh_host_* /etc/ssh/; rmdir /root/keys; ${reload}`),
  },
  {
    ...away,
    what: 'middle does not take our key any more',
    link: 'login',
    code: 'login-refused',
    make: on('middle', 'mv /root/.ssh/authorized_keys /root/.ssh/authorized_keys.before'),
    says: [/middle refused the login as root@203\.0\.113\.20/],
    cure: /put the public key in root's authorized_keys/,
    undo: on('middle', 'mv /root/.ssh/authorized_keys.before /root/.ssh/authorized_keys'),
  },
  {
    ...away,
    what: 'the user is not root',
    link: 'root',
    code: 'not-root',
    spec: { middle: { user: 'admin' } },
    says: [/cannot change anything on middle: admin@203\.0\.113\.20:22 is not root/],
    cure: /set become: sudo/,
  },
  {
    ...away,
    what: 'sudo wants a password',
    link: 'root',
    code: 'become-refused',
    spec: { middle: { user: 'admin', become: 'sudo' } },
    make: on('middle', "mv /etc/sudoers.d/admin /root/; echo 'admin ALL=(ALL) ALL' >/etc/sudoers.d/asks"),
    says: [/admin@203\.0\.113\.20:22 cannot become root on middle with sudo/],
    cure: /./,
    undo: on('middle', 'rm /etc/sudoers.d/asks; mv /root/admin /etc/sudoers.d/'),
  },
  {
    ...away,
    what: 'the clock of near is three hours ahead',
    link: 'clock',
    code: 'clock-wrong',
    // The kernel's clock is that of all hosts of the lab: what near takes for the time is another.
    make: on(
      'near',
      `printf '#!/bin/sh\\n[ "$*" = +%%s ] && exec /bin/date -d "3 hours" +%%s\\nexec /bin/date "$@"\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date`,
    ),
    says: [/the clock of near is 3 h ahead of ours/],
    cure: /timedatectl set-ntp true on near/,
    undo: on('near', 'rm /usr/local/bin/date'),
  },
]

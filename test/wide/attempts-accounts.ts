// Attempts to be somebody else: another account, another key, and what the account itself may on the hosts.
import type { Attempt, Login } from './attempt'

const accountsAndKeys = 'other accounts, other keys'
const onHosts = 'as the account, on the hosts'

type Row = Omit<Attempt, 'group' | 'outside'>

const login = (row: Row): Attempt => ({ ...row, group: accountsAndKeys, outside: true })

/** By another tunnel's key. */
const remoteAccount = (whose: string, key: Login): Attempt =>
  login({
    name: `the remote forward's account, by the ${whose} key`,
    key,
    tries: 'hold -l tun-pub -R 203.0.113.20:8080:127.0.0.1:8001',
    seen: 'read_from 203.0.113.20 8080',
    alone: true,
    control: 'remote',
  })
const localAccount = (name: string, more: Partial<Attempt> = {}): Attempt =>
  login({ name, tries: 'page_of far:80 -l tun-dial', control: 'local', ...more })

/** `as_account` runs a shell text as the tunnel's account; who may everything is root. */
const here = (name: string, text: string, more: Partial<Attempt> = {}): Attempt => ({
  group: onHosts,
  name,
  tries: `as_account '${text}'`,
  outside: true,
  ...more,
})
const middle = { on: 'middle' } as const

export const accounts: readonly Attempt[] = [
  login({ name: 'root of the middle', tries: 'go -l root door cat /etc/word' }),
  login({
    name: "root of the middle, by the local forward's key",
    key: 'local',
    tries: 'go -l root door cat /etc/word',
  }),
  login({ name: 'an administrator of the middle', tries: 'go -l admin door cat /etc/word' }),
  login({ name: 'root of far', tries: 'go -l root far cat /etc/word' }),
  login({ name: 'root of its own host', tries: 'go -l root near cat /etc/word' }),
  login({
    name: "the second tunnel's account",
    tries: 'hold -l tun-second -R 203.0.113.20:8081:127.0.0.1:8001',
    seen: 'read_from 203.0.113.20 8081',
    alone: true,
    control: 'second',
  }),
  localAccount("the local forward's account"),
  remoteAccount("local one's", 'local'),
  remoteAccount("second tunnel's", 'second'),
  localAccount("the local forward's account, by the second tunnel's key", { key: 'second' }),
  // The password of who may everything is its name.
  login({ name: 'a password', tries: 'guess password' }),
  login({ name: 'a password, asked for by PAM', tries: 'guess keyboard-interactive' }),
  login({
    name: 'a new key, certified by its own',
    tries: 'certify && hold -i fresh -R 203.0.113.20:8080:127.0.0.1:8001',
    seen: 'read_from 203.0.113.20 8080',
    alone: true,
  }),

  here("to read another tunnel's private key", 'grep -q PRIVATE /etc/ssh-tunnels/dial/key && echo WORD'),
  here('to write beside its own key', 'echo WORD >/etc/ssh-tunnels/pub/new && cat /etc/ssh-tunnels/pub/new'),
  here(
    'to pin another host key',
    'echo "# WORD" >>/etc/ssh-tunnels/pub/known_hosts && grep WORD /etc/ssh-tunnels/pub/known_hosts',
  ),
  here(
    'to write its unit',
    'echo "# WORD" >>/etc/systemd/system/tunnel-pub.service && grep WORD /etc/systemd/system/tunnel-pub.service',
  ),
  here(
    "to stop another tunnel's unit",
    'systemctl stop tunnel-dial && ! systemctl -q is-active tunnel-dial && echo WORD',
  ),
  here("to end another tunnel's ssh", 'pkill -u tun-dial && echo WORD'),
  here('to read the passwords', 'grep -q ^root: /etc/shadow && echo WORD'),
  here('to become root', 'sudo -n cat /etc/word'),
  here(
    'to write its authorized keys',
    'echo "# WORD" >>/etc/ssh-tunnels/pub/authorized_keys && grep WORD /etc/ssh-tunnels/pub/authorized_keys',
    middle,
  ),
  here(
    "to write another tunnel's authorized keys",
    'echo "# WORD" >>/etc/ssh-tunnels/dial/authorized_keys && grep WORD /etc/ssh-tunnels/dial/authorized_keys',
    middle,
  ),
  here(
    'to write settings of sshd',
    'echo "# WORD" >/etc/ssh/sshd_config.d/00-new.conf && cat /etc/ssh/sshd_config.d/00-new.conf',
    middle,
  ),
  here(
    'to write its own settings of sshd',
    'echo "# WORD" >>/etc/ssh/sshd_config.d/10-ssh-tunnels-pub.conf && grep WORD /etc/ssh/sshd_config.d/10-ssh-tunnels-pub.conf',
    middle,
  ),
  here("to read the host's private key", 'grep -q PRIVATE /etc/ssh/ssh_host_ed25519_key && echo WORD', middle),
  here('to read the passwords of the middle', 'grep -q ^root: /etc/shadow && echo WORD', middle),
  here('to become root of the middle', 'sudo -n cat /etc/word', middle),
  here(
    'to change the rules of the firewall',
    'nft add table inet word && nft list tables | grep -q word && nft delete table inet word && echo WORD',
    middle,
  ),
]

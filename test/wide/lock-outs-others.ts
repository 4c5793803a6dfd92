// Lock-outs by the firewall, by tunnels, and by what somebody else does while our change waits to be confirmed.
import { type LockOut, startSshd, tellSshd, type Victim, whileArmed } from './lock-out'

const wrong = '198.51.100.99/32'
/** What locks out nobody by itself. */
const harmless = { sshd: { clientAliveInterval: 45 }, firewall: { openPorts: [{ port: 9090 }] } }
/** What no look can know of beforehand. */
const harmful = { sshd: { extra: { Ciphers: '3des-cbc' } }, firewall: { openPorts: [{ port: 9090 }] } }

const firewall: readonly LockOut[] = [
  {
    group: 'firewall',
    name: 'ssh from a wrong source',
    host: { firewall: { openPorts: [{ port: 22, from: [wrong] }] } },
  },
  {
    group: 'firewall',
    name: 'ssh from a wrong source, and another port',
    host: { firewall: { openPorts: [{ port: 9090 }, { port: 22, from: [wrong, '2001:db8:9::/64'] }] } },
  },
]

const tunnels: readonly LockOut[] = [
  {
    group: 'tunnels',
    name: 'a listener on the port of sshd',
    tunnels: ({ name, address }) => ({
      cuts: { client: name, forward: 'local', listen: `${address}:22`, far: '127.0.0.1:22', allowFrom: [wrong] },
    }),
  },
  {
    group: 'tunnels',
    name: 'beside a setting that cuts',
    host: harmful,
    tunnels: ({ name, address }) => ({
      first: { client: name, forward: 'local', listen: `${address}:8090`, far: '127.0.0.1:22' },
      second: { client: name, forward: 'local', listen: `${address}:8091`, far: '127.0.0.1:22' },
    }),
  },
]

/** A table of somebody else's before everything, with this rule. */
const table = (rule: string) =>
  `nft -f - <<'RULES'
table inet other { chain input { type filter hook input priority -300; ${rule}; }; }
RULES`
const noTable = 'nft delete table inet other 2>/dev/null; :'

/** Who makes the rules closes ssh by his own means. */
const closing: Readonly<Record<string, string>> = {
  nftables: 'nft flush chain inet filter input',
  iptables: 'iptables -I INPUT -p tcp --dport 22 -j DROP',
  ufw: 'ufw insert 1 deny 22/tcp >/dev/null',
  firewalld: 'firewall-cmd -q --remove-service=ssh',
  none: "nft -f - <<'RULES'\ntable inet filter { chain input { type filter hook input priority 0; policy drop; }; }\nRULES",
}
const opening: Readonly<Record<string, string>> = {
  nftables: 'nft -f /etc/nftables.conf',
  iptables: 'iptables -D INPUT -p tcp --dport 22 -j DROP 2>/dev/null; :',
  ufw: 'ufw delete deny 22/tcp >/dev/null; :',
  firewalld: 'firewall-cmd -q --add-service=ssh',
  none: 'nft delete table inet filter',
}
const of = (words: Readonly<Record<string, string>>, { manager }: Victim): string => words[manager.name] ?? ':'

const dropIn = '/etc/ssh/sshd_config.d/05-other.conf'
/** Somebody else's line that sshd has not read, until our reload lets it. */
const unread = (line: string): Partial<LockOut> => ({
  before: `printf '${line}\\n' >${dropIn}`,
  meanwhileBack: () => `rm ${dropIn}; ${startSshd}; printf '${line}\\n' >${dropIn}`,
  after: `rm ${dropIn}; ${tellSshd}`,
  stands: /05-other\.conf: sshd had not read it before/,
})
/** A program by which rules are loaded, that fails while a run is armed. */
const failing = ['nft', 'iptables', 'ip6tables', 'ufw', 'firewall-cmd', 'iptables-legacy', 'ip6tables-legacy']
const failsWhileArmed = `for program in ${failing.join(' ')}; do
  real=$(command -v "$program") || continue
  printf '#!/bin/sh\\nif ls /var/lib/ssh-tunnels/undo-*/armed >/dev/null 2>&1; then case " $* " in *list*|*-save*|*--get*|*status*|*--state*) ;; *) echo no >&2; exit 1 ;; esac; fi\\nexec %s "$@"\\n' "$real" >/usr/local/sbin/$program
  chmod +x /usr/local/sbin/$program
done`
const failsNoMore = failing.map(program => `rm -f /usr/local/sbin/${program}`).join('; ')

const theirs: readonly Omit<LockOut, 'group'>[] = [
  {
    name: 'reject at priority -300, until the run is over',
    host: harmless,
    meanwhile: () => [table('tcp dport 22 reject'), whileArmed(':'), noTable].join('\n'),
  },
  {
    name: 'reject at priority -300, and it stays',
    host: harmless,
    meanwhile: () => table('tcp dport 22 ct state new reject'),
    meanwhileBack: () => noTable,
    stands: /table inet other/,
  },
  {
    name: 'drop at priority -300, and it stays',
    host: harmless,
    meanwhile: () => table('tcp dport 22 ct state new drop'),
    meanwhileBack: () => noTable,
    stands: /table inet other/,
  },
  {
    name: 'who makes the rules closes ssh, until the run is over',
    host: harmless,
    meanwhile: victim => [of(closing, victim), whileArmed(':'), of(opening, victim)].join('\n'),
  },
  {
    name: 'rules read anew again and again',
    host: harmful,
    meanwhile: ({ manager }) => whileArmed(`{ ${manager.reload}; } >/dev/null 2>&1`),
  },
  { name: 'a manager whose load fails', host: harmful, before: failsWhileArmed, after: failsNoMore },
  {
    name: 'a drop-in of sshd that was not loaded',
    host: harmless,
    ...unread('AllowUsers nobody'),
  },
  {
    name: 'a drop-in of sshd that arrives, and stays',
    host: harmless,
    meanwhile: () => `printf 'AllowUsers nobody\\n' >${dropIn}; ${tellSshd}`,
    meanwhileBack: () => `rm -f ${dropIn} ${dropIn}.*; ${tellSshd}`,
    stands: /05-other\.conf/,
  },
  {
    name: 'sshd is killed, and starts again',
    host: harmless,
    meanwhile: () => 'kill -KILL "$(cat /run/sshd.pid)"',
  },
  {
    name: 'sshd is stopped',
    host: harmless,
    meanwhile: () => 'systemctl stop ssh.socket ssh sshd 2>/dev/null || kill "$(cat /run/sshd.pid)"',
  },
  {
    name: 'sshd dies when it reads its files, which name an address that is gone',
    host: harmless,
    ...unread('ListenAddress 203.0.113.99'),
  },
]

export const ofOthers: readonly LockOut[] = [
  ...firewall,
  ...tunnels,
  ...theirs.map(one => ({ group: 'somebody else' as const, ...one })),
]

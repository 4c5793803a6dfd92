// What somebody tries who runs code as a tunnel's account: a table of shell texts, each of which succeeds only when it has had its effect.
// As root each of them does succeed, so that none fails for another reason.
import type { LabHost } from '../../lab'

/** Where the code runs: as a process of the account's, as after a bug in sshd, or inside the tunnel's unit, as after one in ssh. */
export type Inside = 'account' | 'unit'

export interface Attempt {
  readonly what: string
  /** A POSIX sh text. $own and $other are tunnels of this host, $victim is a process of root's, $admins one of admin's. */
  readonly text: string
  /** The other may do it, as every local user may; nothing for both. */
  readonly only?: Inside
}

/** Inside the unit homes are empty folders of its own. */
const real = (path: string) => {
  const home = /^\/(root|home)\b/.exec(path)?.[0]
  return home ? `! mountpoint -q ${home} && ` : ''
}

const reads = (what: string, path: string, pattern = '.'): Attempt => ({
  what: `read ${what}`,
  text: `grep -q '${pattern}' ${path}`,
})
const writes = (path: string): Attempt => ({ what: `write ${path}`, text: `${real(path)}: >${path} && rm -f ${path}` })
const changes = (path: string): Attempt => ({ what: `change ${path}`, text: `: >>${path}` })
const tells = (what: string, text: string): Attempt => ({ what, text })
const perl = (what: string, text: string, only?: Inside): Attempt => ({
  what,
  text: `perl -e '${text}'`,
  ...(only ? { only } : {}),
})

/** PTRACE_ATTACH and PTRACE_DETACH of ptrace(2), whose number is the machine's. */
const ptrace = (pid: string) =>
  `nr=101; [ "$(uname -m)" = x86_64 ] || nr=117; perl -e 'my ($nr, $pid) = map { $_ + 0 } @ARGV; exit 1 if syscall($nr, 16, $pid, 0, 0) < 0; waitpid($pid, 0); syscall($nr, 17, $pid, 0, 0)' "$nr" ${pid}`

export const attempts: readonly Attempt[] = [
  reads("another tunnel's key", '/etc/ssh-tunnels/$other/key', 'PRIVATE'),
  reads('a host key', '/etc/ssh/ssh_host_ed25519_key', 'PRIVATE'),
  reads("root's key", '/root/.ssh/id_ed25519', 'PRIVATE'),
  reads("a user's key", '/home/admin/.ssh/id_ed25519', 'PRIVATE'),
  reads("root's authorized keys", '/root/.ssh/authorized_keys'),
  reads("a user's authorized keys", '/home/admin/.ssh/authorized_keys'),
  reads('/etc/shadow', '/etc/shadow'),
  reads('/etc/gshadow', '/etc/gshadow'),
  reads('sudoers', '/etc/sudoers'),
  reads('a core file', '/var/lib/systemd/coredump/core.victim'),
  reads("root's environment", '/proc/$victim/environ', 'SECRET'),
  reads("a user's environment", '/proc/$admins/environ', 'SECRET'),
  reads("root's memory", '/proc/$victim/maps'),
  { ...reads("others' command lines", '/proc/$victim/cmdline'), only: 'unit' },
  tells('list the open files of root', 'ls /proc/$victim/fd/0'),
  tells('read the journal', 'journalctl --quiet --lines=1 _UID=0 | grep -q .'),

  ...[
    '/etc/try',
    '/etc/ssh-tunnels/try',
    '/etc/ssh-tunnels/$own/try',
    '/etc/ssh-tunnels/$other/try',
    '/etc/ssh/sshd_config.d/try.conf',
    '/etc/systemd/system/try.service',
    '/etc/systemd/system/multi-user.target.wants/try.service',
    '/etc/profile.d/try.sh',
    '/usr/local/bin/try',
    '/usr/bin/try',
    '/var/lib/try',
    '/var/spool/try',
    '/var/log/try',
    '/run/try',
    '/run/ssh-tunnels.1.try',
    '/run/tunnel-$own.service.starts.try',
    '/run/systemd/system/try.service',
    '/root/try',
    '/home/admin/try',
    '/home/try',
  ].map(writes),
  ...[
    '/etc/passwd',
    '/etc/hosts',
    '/etc/ssh/sshd_config',
    '/etc/ssh-tunnels/$own/key',
    '/etc/ssh-tunnels/$own/known_hosts',
    '/etc/systemd/system/tunnel-$own.service',
    '/home/admin/.ssh/authorized_keys',
  ].map(changes),
  tells('make a job of cron', ': >/etc/cron.d/try && rm /etc/cron.d/try'),
  tells('link a file of root into a folder of everybody', 'ln /etc/shadow /var/tmp/try && rm /var/tmp/try'),
  tells('set a kernel setting', 'cat /proc/sys/net/ipv4/ip_forward >/proc/sys/net/ipv4/ip_forward'),
  tells('change the firewall', 'nft add table inet try && nft delete table inet try'),
  tells('mount', 'mount -t tmpfs try /mnt && umount /mnt'),
  { ...tells('make a namespace', 'unshare --user --map-root-user true'), only: 'unit' },
  perl('open a raw socket', 'use Socket; socket(S, PF_INET, SOCK_RAW, 1) or exit 1'),

  tells(
    'stop a unit',
    'systemctl stop bystander; ! systemctl is-active --quiet bystander && systemctl start bystander',
  ),
  tells(
    'stop its own unit',
    'systemctl stop tunnel-$own; ! systemctl is-active --quiet tunnel-$own && systemctl start tunnel-$own',
  ),
  tells('start a unit', 'systemctl start idle && systemctl stop idle'),
  tells('restart a unit', 'systemctl restart idle && systemctl stop idle'),
  tells('kill a unit', 'systemctl kill --signal=CONT bystander'),
  tells('set a property of a unit', 'systemctl set-property --runtime bystander CPUWeight=99'),
  tells('enable a unit', 'systemctl enable --quiet idle && systemctl disable --quiet idle'),
  tells('mask a unit', 'systemctl mask --quiet --runtime idle && systemctl unmask --quiet --runtime idle'),
  tells('change a unit', 'systemctl revert bystander'),
  tells('have systemd read units anew', 'systemctl daemon-reload'),
  tells('set the environment of systemd', 'systemctl set-environment TRY=1 && systemctl unset-environment TRY'),
  tells('run a unit of its own', 'systemd-run --quiet true'),
  tells(
    'call systemd on the bus',
    'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Reload',
  ),
  tells(
    'set what logind tells everybody',
    'busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager SetWallMessage sb try false',
  ),
  tells(
    'linger by a file',
    'mkdir -p /var/lib/systemd/linger && : >/var/lib/systemd/linger/$user && rm /var/lib/systemd/linger/$user',
  ),
  tells(
    'name the host',
    'hostnamectl hostname --transient try && hostnamectl hostname --transient "$(cat /etc/hostname)"',
  ),

  tells('signal a process of root', 'kill -CONT $victim'),
  tells('signal a process of a user', 'kill -CONT $admins'),
  tells('signal another tunnel', 'kill -CONT $others'),
  tells('trace a process of root', ptrace('$victim')),
  tells('trace a process of a user', ptrace('$admins')),
  tells('be root by sudo', '[ "$(sudo -n id -u)" = 0 ]'),
  tells('be root by su', '[ "$(su -s /bin/sh -c "id -u" root </dev/null)" = 0 ]'),
  { ...tells('be root by a setuid program', '[ "$(/usr/local/bin/as-root -e "print \\$>")" = 0 ]'), only: 'unit' },
  tells(
    'change its own entry among the accounts',
    'was=$(getent passwd $user | cut -d: -f5); chfn -r 1 $user && usermod --comment "$was" $user',
  ),

  tells('hold the lock of a deploy', `${real('/root')}flock --nonblock /root true`),
  tells('hold the lock of starts', 'flock --nonblock /run/systemd/inaccessible/dir true'),
  tells('hold the lock of accounts', 'flock --nonblock /etc/.pwd.lock true'),
]

/** Whom a host's attempts are about. */
export interface Where {
  readonly host: LabHost
  readonly own: string
  readonly other: string
}

/** Victims and bystanders, which every host of an attempt needs. Answers the text that takes them away. */
export async function prepareVictims(host: LabHost): Promise<void> {
  await host.sh(`
    for folder in /root /home/admin; do
      mkdir -p $folder/.ssh; ssh-keygen -q -t ed25519 -N '' -f $folder/.ssh/id_ed25519
      chown --reference=$folder/.ssh $folder/.ssh/id_ed25519*
    done
    install -m 600 /etc/hostname -D /var/lib/systemd/coredump/core.victim
    install -m 4755 /usr/bin/perl /usr/local/bin/as-root
    mkdir -p /etc/cron.d; : >>/etc/.pwd.lock
    for unit in bystander victim admins; do
      printf '[Service]\\nEnvironment=SECRET=1\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/$unit.service
    done
    echo User=admin >>/etc/systemd/system/admins.service
    printf '[Service]\\nType=exec\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/idle.service
    systemctl daemon-reload; systemctl start bystander victim admins`)
}

/** Runs all that are for `inside` in one go; answers what has had its effect. `by` runs a program text as whoever tries. */
export async function tryAll(
  { host, own, other }: Where,
  inside: Inside | 'root',
  by: (script: string) => Promise<string>,
): Promise<string[]> {
  const mine = attempts.filter(({ only }) => only === undefined || inside === 'root' || only === inside)
  const others = await host.sh(`systemctl show -P MainPID tunnel-${other}`)
  const [victim, admins] = (await host.sh('systemctl show -P MainPID victim admins')).split(/\s+/)
  const names = `own=${own} other=${other} user=tun-${own} victim=${victim} admins=${admins} others=${others}`
  const script = mine
    .map(({ text }, at) => `( ${names}\n${text}\n) </dev/null >/dev/null 2>&1 && echo ${at}\n`)
    .join('')
  const done = (await by(`${script}echo end\n`)).trim().split('\n')
  if (done.pop() !== 'end') throw new Error(`the attempts did not come to their end: ${done.join(' ')}`)
  // Beside these stands what sh says of a program that the kernel has ended.
  return done.flatMap(at => (/^\d+$/.test(at) ? (mine[Number(at)]?.what ?? []) : []))
}

/** As the account, without any sandbox. */
export const asAccount =
  ({ host, own }: Where) =>
  async (script: string) => {
    await host.writeFile('/run/attempts.sh', script)
    return host.sh(
      `chmod 644 /run/attempts.sh; setpriv --reuid=tun-${own} --regid=tun-${own} --init-groups sh /run/attempts.sh`,
    )
  }

/** Inside the tunnel's unit: its own text, with another program. */
export const inUnit =
  ({ host, own }: Where) =>
  async (script: string) => {
    const text = (await host.sh(`cat /etc/systemd/system/tunnel-${own}.service`))
      .replace(/^ExecStartPre=[\s\S]*?\n(?=ExecStart=)/m, '')
      .replace(
        /^ExecStart=[\s\S]*?\n(?=Restart=)/m,
        'Type=oneshot\nStandardOutput=file:/run/attempts.out\nExecStart=/bin/sh /run/attempts.sh\n',
      )
      .replace(/^Restart.*\n/gm, '')
    await host.writeFile('/run/attempts.sh', script)
    await host.writeFile('/run/systemd/system/attempts.service', text)
    return host.sh(`rm -f /run/attempts.out; systemctl daemon-reload
      systemctl start attempts || journalctl --unit attempts --lines 20 >&2; cat /run/attempts.out; rm /run/systemd/system/attempts.service; systemctl daemon-reload`)
  }

export const asRoot =
  ({ host }: Where) =>
  (script: string) =>
    host.sh(script)

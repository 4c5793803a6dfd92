// Code that runs as a tunnel's account and wants that no deploy goes through: it holds what it can open, fills what it can write, takes the
// port that is to come, does not end when asked, and forks faster than anybody finds it.

import type { LabHost } from '../../lab'
import { waitFor } from '../../lab/command'

/** Locks of both kinds on every file and folder that it can open; prints a line when it has them. */
const holdLocks = `use Fcntl qw(:flock F_SETLK F_RDLCK SEEK_SET);
  my @held;
  for my $path (split /\\n/, qx(find /run /etc /root /tmp /var/lib /var/lock -xdev 2>/dev/null)) {
    next if !(-f $path || -d $path) || !open(my $file, "<", $path);
    flock($file, LOCK_EX | LOCK_NB);
    fcntl($file, F_SETLK, pack("s s x![q] q q l", F_RDLCK, SEEK_SET, 0, 0, 0));
    push @held, $file;
  }
  $SIG{TERM} = $SIG{HUP} = $SIG{INT} = "IGNORE";
  sleep 1000 while 1;`

const takePort = (address: string, port: number) => `use Socket; $SIG{TERM} = "IGNORE"; my $s;
  socket($s, PF_INET, SOCK_STREAM, 0) && bind($s, sockaddr_in(${port}, inet_aton("${address}"))) && listen($s, 9) or die $!;
  sleep 1000 while 1;`

/** Each of its processes is gone as soon as another has begun. */
const comet = `$SIG{TERM} = "IGNORE"; while (1) { my $child = fork; exit if $child; select(undef, undef, undef, 0.001) unless defined $child }`

const script = (host: LabHost, port: number | null): string => `
cat >/dev/shm/fill /dev/zero 2>/dev/null; cat /dev/zero >/tmp/fill; cat /dev/zero >/run/lock/fill
cd /etc/ssh-tunnels/*/
# A program of root's that the account has started, and that asks for a password for ever.
mkfifo /dev/shm/ask
su -c true root <>/dev/shm/ask >/dev/null 2>&1 &
( trap '' TERM HUP INT; while :; do sleep 100; done ) &
perl -e '${holdLocks}' &
${port === null ? '' : `perl -e '${takePort(host.address, port)}' &`}
for n in 1 2 3 4; do perl -e '${comet}' & done
`

/** Begins, and is there when this resolves. `cgroup`: of a unit that it is to belong to. */
export async function holdUp(host: LabHost, account: string, port: number | null, cgroup?: string): Promise<void> {
  await host.writeFile('/run/hold-up.sh', script(host, port))
  const join = cgroup
    ? `for folder in $(find /sys/fs/cgroup -type d -path '*/${cgroup}'); do echo $$ >$folder/cgroup.procs; done; `
    : ''
  await host.sh(`chmod 644 /run/hold-up.sh
    for folder in /tmp /dev/shm /run/lock; do mountpoint -q $folder && mount -o remount,size=256k $folder; done
    sh -c "${join.replaceAll('$', '\\$')}exec setpriv --reuid=${account} --regid=${account} --init-groups sh /run/hold-up.sh" </dev/null >/dev/null 2>&1 &`)
  await waitFor(`${account} to hold up a deploy`, async () => {
    const holds = port === null ? '' : `ss -Hltn sport = :${port} | grep -q . || exit; `
    const { stdout } = await host.exec(`${holds}pgrep -U ${account} -x su; pgrep -u ${account} -x perl`)
    return stdout.split('\n').filter(Boolean).length > 4 ? true : undefined
  })
}

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
    my $lock = pack("s s x![q] q q l", F_RDLCK, SEEK_SET, 0, 0, 0);
    fcntl($file, F_SETLK, $lock);
    push @held, $file;
  }
  $0 = "locks-held";
  $SIG{TERM} = $SIG{HUP} = $SIG{INT} = "IGNORE";
  sleep 1000 while 1;`

const takePort = (address: string, port: number) => `use Socket; $SIG{TERM} = "IGNORE"; my $s;
  socket($s, PF_INET, SOCK_STREAM, 0) && bind($s, sockaddr_in(${port}, inet_aton("${address}"))) && listen($s, 9) or die $!;
  sleep 1000 while 1;`

/** Each of its processes is gone as soon as another has begun. */
const comet = `$SIG{TERM} = "IGNORE"; while (1) { my $child = fork; exit if $child; select(undef, undef, undef, 0.001) unless defined $child }`

const script = (host: LabHost, port: number | null): string => `
for folder in /dev/shm /tmp /run/lock; do ! mountpoint -q $folder || cat /dev/zero >$folder/fill; done
cd /etc/ssh-tunnels/*/
# A program of root's that the account has started, and that asks for a password for ever.
ask=/dev/shm/ask-$(id -u)
mkfifo $ask
su -c true root <>$ask >/dev/null 2>&1 &
( trap '' TERM HUP INT; while :; do sleep 100; done ) &
perl -e '${holdLocks}' &
${port === null ? '' : `perl -e '${takePort(host.address, port)}' &`}
for n in 1 2 3 4; do perl -e '${comet}' & done
`

/** Begins, and is there when this resolves. `cgroup`: of a unit that it is to belong to. */
export async function holdUp(host: LabHost, account: string, port: number | null, cgroup?: string): Promise<void> {
  const file = `/run/hold-up-${account}.sh`
  await host.writeFile(file, script(host, port))
  const join = cgroup
    ? `for folder in $(find /sys/fs/cgroup -type d -path '*/${cgroup}'); do echo $$ >$folder/cgroup.procs; done; `
    : ''
  await host.sh(`chmod 644 ${file}
    for folder in /tmp /dev/shm /run/lock; do mountpoint -q $folder && mount -o remount,size=256k $folder; done
    sh -c "${join.replaceAll('$', '\\$')}exec setpriv --reuid=${account} --regid=${account} --init-groups sh ${file}" </dev/null >/dev/null 2>&1 &`)
  await waitFor(`${account} to hold up a deploy`, async () => {
    // Of those that fork pgrep may find none.
    const holds = port === null ? '' : `ss -Hltn sport = :${port} | grep -q . && `
    const all = `${holds}pgrep -U ${account} -x su && pgrep -u ${account} -f locks-held`
    return (await host.exec(all)).code === 0 ? true : undefined
  })
}

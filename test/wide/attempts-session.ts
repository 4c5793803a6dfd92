// Attempts to do anything with a session: a tunnel needs none. Each with the key of either forward.
import type { Attempt, Group } from './attempt'

const shells: Group = 'shell, command, sftp, scp, subsystem'
const extras: Group = 'environment, agent, X11, tun device'

type Row = Pick<Attempt, 'name' | 'tries' | 'seen'>

const inShells: readonly Row[] = [
  { name: 'a shell', tries: 'echo "cat /etc/word" | go -T door' },
  { name: 'a shell with a terminal', tries: 'echo "cat /etc/word; exit" | go -tt door' },
  { name: 'a command', tries: 'go door cat /etc/word' },
  { name: 'a command with a terminal', tries: 'go -tt door cat /etc/word' },
  { name: 'a command without standard input', tries: 'go -n -T door cat /etc/word' },
  { name: 'a command that OpenSSH calls RemoteCommand', tries: 'go -o RemoteCommand="cat /etc/word" door' },
  { name: 'sftp, to get a file', tries: 'echo "get /etc/word got" | sftp_ -b - door; cat got' },
  { name: 'sftp, to list a folder', tries: 'echo "ls /etc/word" | sftp_ -b - door | grep -q ^/etc/word && cat word' },
  {
    name: 'sftp, to put a file',
    tries: 'echo "put word /tmp/put-by-sftp" | sftp_ -b - door',
    seen: 'cat /tmp/put-by-sftp && rm /tmp/put-by-sftp',
  },
  {
    name: "sftp with the server's path as a command",
    tries: 'echo "get /etc/word got" | sftp_ -s /usr/lib/openssh/sftp-server -b - door; cat got',
  },
  { name: 'scp, to get a file', tries: 'scp_ door:/etc/word got; cat got' },
  { name: 'scp by its old protocol, to get a file', tries: 'scp_ -O door:/etc/word got; cat got' },
  {
    name: 'scp, to put a file',
    tries: 'scp_ word door:/tmp/put-by-scp',
    seen: 'cat /tmp/put-by-scp && rm /tmp/put-by-scp',
  },
  {
    name: 'scp by its old protocol, to put a file',
    tries: 'scp_ -O word door:/tmp/put-by-old-scp',
    seen: 'cat /tmp/put-by-old-scp && rm /tmp/put-by-old-scp',
  },
  {
    name: 'a subsystem',
    tries: 'greet_sftp && cat word',
  },
]

const inExtras: readonly Row[] = [
  { name: 'SetEnv', tries: 'go -o SetEnv="LC_WORD=$(cat word)" door env' },
  { name: 'SendEnv', tries: 'LC_WORD=$(cat word) go -o SendEnv=LC_WORD door env' },
  {
    name: 'an agent, forwarded',
    tries: `eval "$(ssh-agent)" && ssh-add -q agent && go -A door ssh-add -l; kill "$SSH_AGENT_PID"`,
  },
  {
    name: 'X11',
    tries: `DISPLAY=127.0.0.1:7 hold_on -X door`,
    seen: 'stands 6010 && cat /etc/word',
  },
  {
    name: 'X11, trusted',
    tries: `DISPLAY=127.0.0.1:7 hold_on -Y door`,
    seen: 'stands 6010 && cat /etc/word',
  },
  {
    name: 'a tun device',
    tries: 'hold -w any:7; await_answer',
    seen: '[ "$(cat /sys/class/net/tun7/carrier)" = 1 ] && cat /etc/word',
  },
  {
    name: 'a tap device',
    tries: 'hold -o Tunnel=ethernet -w any:8; await_answer',
    seen: '[ "$(cat /sys/class/net/tap8/carrier)" = 1 ] && cat /etc/word',
  },
]

const withSocket: readonly Row[] = [
  { name: 'a command over a master', tries: 'hold; go -S held door cat /etc/word' },
  { name: 'a command over a master, by -O proxy', tries: 'hold; go -S held -O proxy door cat /etc/word' },
  {
    name: 'sftp over a master',
    tries: 'hold; echo "get /etc/word got" | sftp_ -o ControlPath=held -b - door; cat got',
  },
]

const withEither = (group: Group, rows: readonly Row[]): Attempt[] =>
  rows.flatMap(row =>
    (['remote', 'local'] as const).map(key => ({
      ...row,
      group,
      key,
      name: `${row.name}, by the ${key} forward's key`,
    })),
  )

export const sessions: readonly Attempt[] = [
  ...withEither(shells, inShells),
  ...withEither(extras, inExtras),
  ...withEither('ssh -O', withSocket),
]

// Attempts to do anything with a session: a tunnel needs none. Each with the key of either forward.
import type { Attempt, Group } from './attempt'

const shells: Group = 'shell, command, sftp, scp, subsystem'
const extras: Group = 'environment, agent, X11, tun device'

type Row = readonly [name: string, tries: string, seen?: string]

const inShells: readonly Row[] = [
  ['a shell', 'echo "cat /etc/word" | go -T door'],
  ['a shell with a terminal', 'echo "cat /etc/word; exit" | go -tt door'],
  ['a command', 'go door cat /etc/word'],
  ['a command with a terminal', 'go -tt door cat /etc/word'],
  ['a command without standard input', 'go -n -T door cat /etc/word'],
  ['a command that OpenSSH calls RemoteCommand', 'go -o RemoteCommand="cat /etc/word" door'],
  ['sftp, to get a file', 'echo "get /etc/word got" | sftp_ -b - door; cat got'],
  ['sftp, to list a folder', 'echo "ls /etc/word" | sftp_ -b - door | grep -q ^/etc/word && cat word'],
  [
    'sftp, to put a file',
    'echo "put word /tmp/put-by-sftp" | sftp_ -b - door',
    'cat /tmp/put-by-sftp && rm /tmp/put-by-sftp',
  ],
  [
    "sftp with the server's path as a command",
    'echo "get /etc/word got" | sftp_ -s /usr/lib/openssh/sftp-server -b - door; cat got',
  ],
  ['scp, to get a file', 'scp_ door:/etc/word got; cat got'],
  ['scp by its old protocol, to get a file', 'scp_ -O door:/etc/word got; cat got'],
  ['scp, to put a file', 'scp_ word door:/tmp/put-by-scp', 'cat /tmp/put-by-scp && rm /tmp/put-by-scp'],
  [
    'scp by its old protocol, to put a file',
    'scp_ -O word door:/tmp/put-by-old-scp',
    'cat /tmp/put-by-old-scp && rm /tmp/put-by-old-scp',
  ],
  ['a subsystem', 'greet_sftp && cat word'],
]

const inExtras: readonly Row[] = [
  ['SetEnv', 'go -o SetEnv="LC_WORD=$(cat word)" door env'],
  ['SendEnv', 'LC_WORD=$(cat word) go -o SendEnv=LC_WORD door env'],
  ['an agent, forwarded', `eval "$(ssh-agent)" && ssh-add -q agent && go -A door ssh-add -l; kill "$SSH_AGENT_PID"`],
  ['X11', `DISPLAY=127.0.0.1:7 hold_on -X door`, 'stands 6010 && cat /etc/word'],
  ['X11, trusted', `DISPLAY=127.0.0.1:7 hold_on -Y door`, 'stands 6010 && cat /etc/word'],
  ['a tun device', 'hold -w any:7; await_answer', '[ "$(cat /sys/class/net/tun7/carrier)" = 1 ] && cat /etc/word'],
  [
    'a tap device',
    'hold -o Tunnel=ethernet -w any:8; await_answer',
    '[ "$(cat /sys/class/net/tap8/carrier)" = 1 ] && cat /etc/word',
  ],
]

const withSocket: readonly Row[] = [
  ['a command over a master', 'hold; go -S held door cat /etc/word'],
  ['a command over a master, by -O proxy', 'hold; go -S held -O proxy door cat /etc/word'],
  ['sftp over a master', 'hold; echo "get /etc/word got" | sftp_ -o ControlPath=held -b - door; cat got'],
]

const withEither = (group: Group, rows: readonly Row[]): Attempt[] =>
  rows.flatMap(([name, tries, seen]) =>
    (['remote', 'local'] as const).map(key => ({
      tries,
      ...(seen && { seen }),
      group,
      key,
      name: `${name}, by the ${key} forward's key`,
    })),
  )

export const sessions: readonly Attempt[] = [
  ...withEither(shells, inShells),
  ...withEither(extras, inExtras),
  ...withEither('ssh -O', withSocket),
]

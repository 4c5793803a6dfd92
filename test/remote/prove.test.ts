// The resident proof's program: what it takes for an answer, what it writes down, and when it calls the hook.
import { inPrivateRoot, linesOf, prepareRoot, type Shell, shells } from './private-root'

beforeAll(prepareRoot)

const listens = (port: number) =>
  `for n in $(seq 100); do ss -Hltn 2>/dev/null | grep -q ":${port} " && break; sleep 0.05; done\n`

/** Something that listens on the port and says this to whoever comes. */
const serve = (port: number, says: string) => `printf '${says}' >/mnt/says
perl -MIO::Socket::INET -e '
  $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 5) or die;
  while ($client = $server->accept) {
    open $says, "<", "/mnt/says"; print {$client} <$says>; shutdown $client, 1; 1 while sysread $client, $heard, 99; close $client;
  }' ${port} </dev/null >/dev/null 2>&1 &
${listens(port)}`
const prove = (...words: string[]) => `run_script prove ${words.map(word => `'${word}'`).join(' ')}\n`
const tell = "cut -d ' ' -f 2- /var/lib/ssh-tunnels-watch/web/history\n"

function told(shell: Shell, script: string): string[] {
  const ended = inPrivateRoot(shell, script)
  expect(ended.stderr).toBe('')
  return linesOf(ended).filter(line => line !== 'exit 0')
}

describe.each(shells)('under %s', shell => {
  test.each([
    ['ssh', 'SSH-2.0-far\\r\\n', '-', 'proven SSH-2.0-far'],
    ['ssh', '220 far ESMTP\\r\\n', '-', 'unproven it does not speak ssh: it said 220 far ESMTP'],
    ['http', 'HTTP/1.0 503 Busy\\r\\n\\r\\n', '-', 'proven HTTP/1.0 503 Busy'],
    ['http', 'HTTP/1.0 503 Busy\\r\\n\\r\\n', '2xx,401', 'unproven it said HTTP/1.0 503 Busy'],
    ['http', 'HTTP/1.0 204 None\\r\\n\\r\\n', '2xx,401', 'proven HTTP/1.0 204 None'],
    ['tcp', '\\001\\033[2Jx', '-', 'proven it speaks'],
    ['ssh', '$(reboot)`reboot`\\033[2J\\n', '-', 'unproven it does not speak ssh: it said $(reboot)`reboot`[2J'],
  ])('a probe of %s that hears %j with statuses %s is: %s', (kind, says, statuses, state) => {
    expect(told(shell, `${serve(2110, says)}${prove('web', kind, '127.0.0.1', '2110', statuses)}${tell}`)).toEqual([
      state,
    ])
  })

  test('where nobody answers it is unproven, and of a silence that may be one nobody knows', () => {
    expect(told(shell, `${prove('web', 'ssh', '127.0.0.1', '2199', '-')}${tell}`)).toEqual([
      'unproven nobody answers there',
    ])
    const silent = `{ sleep 30 | busybox nc -l -p 2110; } >/dev/null 2>&1 </dev/null &\n${listens(2110)}`
    expect(told(shell, `${silent}${prove('web', 'tcp', '127.0.0.1', '2110', '-')}${tell}`)).toEqual([
      'unknown it keeps silent, as one may that is not the first to speak',
    ])
  })

  test('only a change is written down and hooked, with its words as they are; the history has an end', () => {
    const odd = 'a "b" $HOME ; #'
    const hook = ['sh', '-c', 'echo "$SSH_TUNNELS_TUNNEL $SSH_TUNNELS_STATE: $1" >>/mnt/hooked', 'hook', odd]
    const away = prove('web', 'ssh', '127.0.0.1', '2199', '-', ...hook)
    const there = prove('web', 'ssh', '127.0.0.1', '2110', '-', ...hook)
    const past = `mkdir -p /var/lib/ssh-tunnels-watch/web; for n in $(seq 200); do echo "$n proven x"; done >/var/lib/ssh-tunnels-watch/web/history\n`
    const script = `${past}${serve(2110, 'SSH-2.0-far\\r\\n')}${there}${away}${away}${there}
wc -l </var/lib/ssh-tunnels-watch/web/history; tail -n 3 /var/lib/ssh-tunnels-watch/web/history | cut -d ' ' -f 2-; cat /mnt/hooked
stat -c %a /var/lib/ssh-tunnels-watch/web/history; ls /var/lib/ssh-tunnels-watch/web\n`
    expect(told(shell, script)).toEqual([
      '100',
      'proven x',
      'unproven nobody answers there',
      'proven SSH-2.0-far',
      `web unproven: ${odd}`,
      `web proven: ${odd}`,
      '600',
      'checked',
      'history',
    ])
  })

  test('the first proof calls no hook', () => {
    expect(
      told(
        shell,
        `${prove('web', 'ssh', '127.0.0.1', '2199', '-', 'touch', '/mnt/hooked')}ls /mnt/hooked 2>/dev/null || :\n`,
      ),
    ).toEqual([])
  })
})

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
/** After a probe of ssh it waits for a second, and after one of http it does not. */
const page = 'HTTP/1.0 204 None\\r\\n\\r\\n'
const prove = (...words: string[]) => `run_script prove ${words.map(word => `'${word}'`).join(' ')}\n`
const tell = "cut -d ' ' -f 2- /var/lib/ssh-tunnels-watch/web/history\n"

function told(shell: Shell, script: string): string[] {
  const ended = inPrivateRoot(shell, script)
  expect(ended.stderr).toBe('')
  return linesOf(ended).filter(line => line !== 'exit 0')
}

// Once: what it waits for is long, and bash's own.
test('where one that should speak keeps silent it is unproven', () => {
  const silent = `perl -MIO::Socket::INET -e '$server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2110, Listen => 5) or die; sleep 60' </dev/null >/dev/null 2>&1 &
${listens(2110)}`
  expect(told('dash', `${silent}${prove('web', 'tcp', '127.0.0.1', '2110', '-')}${tell}`)).toEqual([
    'unproven it said nothing within 5 s',
  ])
})

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

  test('where nobody answers it is unproven', () => {
    expect(told(shell, `${prove('web', 'ssh', '127.0.0.1', '2199', '-')}${tell}`)).toEqual([
      'unproven nobody answers there',
    ])
  })

  test.each([
    ['ssh', 'there is no bash', 'rm -f /bin/bash /usr/bin/bash'],
    ['tls', 'there is no openssl', 'rm -f /usr/bin/openssl'],
    ['ssh', 'there is no setpriv', 'rm -f /usr/bin/setpriv'],
    [
      'ssh',
      'nothing can be dialled from here: line 1: /dev/tcp/127.0.0.1/2199: No such file or directory',
      'printf \'#!/bin/sh\\necho "bash: line 1: /dev/tcp/127.0.0.1/2199: No such file or directory" >&2; exit 1\\n\' >/mnt/bash; rm -f /bin/bash; cp /mnt/bash /usr/bin/bash; chmod 755 /usr/bin/bash',
    ],
  ])('what keeps %s from being asked is unknown, and no silence: %s', (kind, why, spoil) => {
    expect(told(shell, `${spoil}\n${prove('web', kind, '127.0.0.1', '2199', '-')}${tell}`)).toEqual([`unknown ${why}`])
  })

  test('a hook hears of far alone: not that nobody could tell, and of far again when it is another than before that', () => {
    const hook = ['sh', '-c', 'echo "$SSH_TUNNELS_STATE" >>/mnt/hooked']
    const away = prove('web', 'http', '127.0.0.1', '2199', '-', ...hook)
    const there = prove('web', 'http', '127.0.0.1', '2110', '-', ...hook)
    const blind = `mv /usr/bin/setpriv /mnt/\n`
    const seeing = `mv /mnt/setpriv /usr/bin/\n`
    const script = `${serve(2110, page)}${there}${blind}${there}${seeing}${there}cat /mnt/hooked 2>/dev/null || echo none
${blind}${there}${seeing}${away}cat /mnt/hooked; cut -d ' ' -f 2 /var/lib/ssh-tunnels-watch/web/history\n`
    expect(told(shell, script)).toEqual(['none', 'unproven', ...['proven', 'unknown', 'proven', 'unknown', 'unproven']])
  })

  test('what reads far’s bytes is nobody, and can become nothing else', () => {
    const spy = `mv "$(readlink -f "$(command -v bash)")" /usr/bin/bash.real; printf '#!/bin/sh\\n{ id -u; id -G; grep NoNewPrivs /proc/self/status; } >/mnt/told\\nexec /usr/bin/bash.real "$@"\\n' >/usr/bin/bash; chmod 755 /usr/bin/bash; : >/mnt/told; chmod 666 /mnt/told\n`
    const script = `${serve(2110, 'SSH-2.0-far\\r\\n')}${spy}${prove('web', 'ssh', '127.0.0.1', '2110', '-')}${tell}tr '\\t' ' ' </mnt/told\n`
    expect(told(shell, script)).toEqual(['proven SSH-2.0-far', '65534', '65534', 'NoNewPrivs: 1'])
  })

  test('where another proof of the host is under way it waits for its turn', () => {
    const held = `mkdir -p /var/lib/ssh-tunnels-watch; exec 8</var/lib/ssh-tunnels-watch; flock 8\n`
    const waits = `${prove('web', 'http', '127.0.0.1', '2199', '-').trim()} 8<&- & proof=$!
until [ "$(ps -C flock -o state=)" = S ]; do sleep 0.05; done\n`
    const script = `${held}${waits}ls /var/lib/ssh-tunnels-watch/web; echo free; flock -u 8; wait $proof; ${tell}`
    expect(told(shell, script)).toEqual(['free', 'unproven nobody answers there'])
  })

  test('only a change is written down and hooked, with its words as they are; the history has an end', () => {
    const odd = 'a "b" $HOME ; #'
    const hook = ['sh', '-c', 'echo "$SSH_TUNNELS_TUNNEL $SSH_TUNNELS_STATE: $1" >>/mnt/hooked', 'hook', odd]
    const away = prove('web', 'http', '127.0.0.1', '2199', '-', ...hook)
    const there = prove('web', 'http', '127.0.0.1', '2110', '-', ...hook)
    const past = `mkdir -p /var/lib/ssh-tunnels-watch/web; for n in $(seq 200); do echo "$n proven x"; done >/var/lib/ssh-tunnels-watch/web/history\n`
    const script = `${past}${serve(2110, page)}${there}${away}${away}${there}
wc -l </var/lib/ssh-tunnels-watch/web/history; tail -n 3 /var/lib/ssh-tunnels-watch/web/history | cut -d ' ' -f 2-; cat /mnt/hooked
stat -c %a /var/lib/ssh-tunnels-watch/web/history; ls /var/lib/ssh-tunnels-watch/web\n`
    expect(told(shell, script)).toEqual([
      '100',
      'proven x',
      'unproven nobody answers there',
      'proven HTTP/1.0 204 None',
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
        `${prove('web', 'http', '127.0.0.1', '2199', '-', 'touch', '/mnt/hooked')}ls /mnt/hooked 2>/dev/null || :\n`,
      ),
    ).toEqual([])
  })
})

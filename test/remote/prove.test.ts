// The resident proof's program: what it takes for an answer, what it writes down, and when it calls the hook.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
const quoted = (words: readonly string[]) => words.map(word => `'${word}'`).join(' ')
/** As the unit runs it: the proof, and behind it what the hook is told. */
const proveWith = (name: string, words: readonly string[], dials: string, hook: readonly string[]) =>
  `run_script prove ${quoted(['prove', name, ...words, dials, hook.length > 0 ? 'hooked' : '-'])}\n${
    hook.length > 0 ? `run_script prove ${quoted(['tell', name, ...hook])}\n` : ''
  }`
const prove = (name: string, kind: string, address: string, port: string, statuses: string, ...hook: string[]) =>
  proveWith(name, [kind, address, port, statuses], '-', hook)
const tell = "cut -d ' ' -f 2- /var/lib/ssh-tunnels-watch/web/history\n"

/** A key and a certificate, and this machine's openssl with all that it is linked to: the tree has none. */
function makeTls(folder: string): string[] {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=far -keyout ${key} -out ${cert}`
  execFileSync('openssl', words.split(' '), { stdio: 'pipe' })
  const openssl = execFileSync('which', ['openssl'], { encoding: 'utf8' }).trim()
  const linked = execFileSync('ldd', [openssl], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  return [key, cert, openssl, ...linked]
}

function told(shell: Shell, script: string, files: readonly string[] = []): string[] {
  const ended = inPrivateRoot(shell, script, files)
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

  test('one of several forwards has a history of its own, and the hook hears which it is', () => {
    const root = '/var/lib/ssh-tunnels-watch/pair'
    const one = (label: string, port: string) =>
      prove(`pair:${label}`, 'ssh', '127.0.0.1', port, '-', 'sh', '-c', 'echo $SSH_TUNNELS_TUNNEL >>/mnt/hooked')
    const before = `mkdir -p ${root}/pair.web; echo '1 proven x' >${root}/pair.web/history\n`
    const script = `${before}${one('pair/web', '2199')}${one('db', '2199')}cat /mnt/hooked; tail -qn 1 ${root}/pair.web/history ${root}/db/history | cut -d ' ' -f 2; ls ${root}\n`
    expect(told(shell, script)).toEqual(['pair/web', 'unproven', 'unproven', 'db', 'pair.web'])
  })

  test('where nobody answers it is unproven', () => {
    expect(told(shell, `${prove('web', 'ssh', '127.0.0.1', '2199', '-')}${tell}`)).toEqual([
      'unproven nobody answers there',
    ])
  })

  test('a real TLS server shakes hands, also with a certificate that nobody knows; what speaks something else does not', () => {
    const server = `mkdir /mnt/ssl; cp "$scripts"/* /mnt/ssl/ 2>/dev/null || :; chmod -R a+rX /mnt/ssl
printf '#!/bin/sh\\nexec /mnt/ssl/ld-* --library-path /mnt/ssl /mnt/ssl/openssl "$@"\\n' >/usr/bin/openssl; chmod 755 /usr/bin/openssl
openssl s_server -quiet -accept 127.0.0.1:2443 -key /mnt/ssl/key -cert /mnt/ssl/cert </dev/null >/dev/null 2>&1 &
${listens(2443)}${serve(2110, '220 far ESMTP\\r\\n')}`
    const both = ['2443', '2110'].map(port => prove('web', 'tls', '127.0.0.1', port, '-')).join('')
    const made = mkdtempSync(join(tmpdir(), 'tls-'))
    try {
      expect(told(shell, `${server}${both}${tell}`, makeTls(made))).toEqual([
        'proven it shakes hands',
        'unproven no TLS',
      ])
    } finally {
      rmSync(made, { recursive: true })
    }
  })

  describe('a far that need not speak, asked by the host that dials it', () => {
    /** Far, and a forward as ssh is one: it takes a connection at once, and dials far on 2300 after that. */
    const parts = `useradd --system tun-web
far() { setpriv --reuid nobody --clear-groups perl -MIO::Socket::INET -e '
  $far = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2300, Listen => 5, ReuseAddr => 1) or die;
  while ($one = $far->accept) { $said = $ARGV[0]; print {$one} $said; push @all, $one }' "$1" </dev/null >/dev/null 2>&1 & far=$!
${listens(2300)}}
setpriv --reuid tun-web --clear-groups perl -MIO::Socket::INET -e '
  $SIG{CHLD} = "IGNORE";
  $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2110, Listen => 5) or die;
  while ($client = $server->accept) {
    next if fork;
    $far = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 2300) or sleep 60;
    $client->autoflush; print {$client} $said while sysread $far, $said, 99; sleep 60;
  }' </dev/null >/dev/null 2>&1 &
${listens(2110)}`
    const ask = proveWith('web', ['tcp', '127.0.0.1', '2110', '-'], '2300', [])

    test('is proven when the tunnel has one more connection to it, and unproven when it has none', () => {
      expect(told(shell, `${parts}far ''\n${ask}kill $far\n${ask}far ''\n${ask}${tell}`)).toEqual([
        'proven it takes the connection and keeps it open',
        'unproven the tunnel has no connection to far for it',
        'proven it takes the connection and keeps it open',
      ])
    })

    test('and has to speak again when it has spoken first before', () => {
      expect(told(shell, `${parts}far 'hello'\n${ask}kill $far\nfar ''\n${ask}${tell}`)).toEqual([
        'proven it speaks',
        'unproven it said nothing within 5 s, and it has spoken first before',
      ])
    })

    test('is unknown where nobody lists connections, or the account is gone', () => {
      const blind = `mv /usr/bin/ss /mnt/ss; printf '#!/bin/sh\\nexit 1\\n' >/usr/bin/ss; chmod 755 /usr/bin/ss\n`
      expect(told(shell, `${parts}far ''\n${blind}${ask}${tell}`)).toEqual([
        'unknown the connections of the tunnel cannot be listed',
      ])
      expect(told(shell, `${ask}${tell}`)).toEqual(['unknown there is no account tun-web'])
    })
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

  test('a webhook is posted what has changed, as JSON whatever far has said, and its address is in no command line', () => {
    const server = `perl -MIO::Socket::INET -e '
$server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2120, Listen => 5, ReuseAddr => 1) or die;
while ($one = $server->accept) {
  ($head, $length) = ("", 0);
  while (<$one>) { $head .= $_; $length = $1 if /^Content-Length: (\\d+)/i; last if /^\\s*$/ }
  read $one, $body, $length; open $to, ">>", "/mnt/posted"; print {$to} split(/\\r/, $head), " $body"; close $to;
  print {$one} "HTTP/1.0 200 OK\\r\\n\\r\\n"; close $one }' </dev/null >/dev/null 2>&1 &
${listens(2120)}`
    const far = serve(2110, 'SSH-2.0-"far\\x\x01 \xff\r\n')
    const proved = `run_script prove 'prove' 'web' 'ssh' '127.0.0.1' '2110' '-' '-' 'hooked'
`
    const post = (to: string) => `run_script prove 'post' 'web' '${to}'
`
    const watched = `mv /usr/bin/curl /usr/bin/curl.real; printf '#!/bin/sh\necho "$*" >>/mnt/words\nexec /usr/bin/curl.real "$@"\n' >/usr/bin/curl; chmod 755 /usr/bin/curl
`
    const script = `${server}${watched}printf '%s\n' http://127.0.0.1:2120/secret >/mnt/address
${proved}${far}${proved}${post('/mnt/address')}cat /mnt/posted | tr -d '\r' | sed -n '1p;$p'; grep -c secret /mnt/words || :
${post('/mnt/address')}echo 'x" y' >/mnt/address; echo 'unproven why' >/var/lib/ssh-tunnels-watch/web/untold; ${post('/mnt/address')}ls /var/lib/ssh-tunnels-watch/web
`
    expect(told(shell, script)).toEqual([
      'POST /secret HTTP/1.1',
      ' {"tunnel":"web","state":"proven","why":"SSH-2.0-\\"far\\\\x"}',
      '0',
      '/mnt/address holds no address',
      'the webhook ended with exit status 1',
      'checked',
      'history',
    ])
  })

  test('a port that is dropped without a word is unproven after ten seconds, with no more rights than the unit has', () => {
    const drop = `nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in tcp dport 2110 drop'\n`
    const rights = `proves() { setpriv --bounding-set=-all,+setuid,+setgid -- sh "$scripts/prove.sh" prove web ssh 127.0.0.1 2110 - - -; }\n`
    expect(told(shell, `${serve(2110, 'SSH-2.0-far\\r\\n')}${rights}proves\n${drop}proves\n${tell}`)).toEqual([
      'proven SSH-2.0-far',
      'unproven no answer in 10 s',
    ])
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

  test('what a hook could not be told, for the host went down, it is told the next time, and once', () => {
    const hook = ['sh', '-c', 'echo "$SSH_TUNNELS_STATE: $SSH_TUNNELS_WHY" >>/mnt/hooked']
    const pending = `mkdir -p /var/lib/ssh-tunnels-watch/web; echo 'unproven nobody answers there' >/var/lib/ssh-tunnels-watch/web/untold\n`
    const tells = `run_script prove ${quoted(['tell', 'web', ...hook])}\n`
    expect(told(shell, `${pending}${tells}${tells}cat /mnt/hooked; ls /var/lib/ssh-tunnels-watch/web\n`)).toEqual([
      'unproven: nobody answers there',
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

// What status.sh tells beside a look, of a real process, real connections and a journal that holds all kinds of things.
import { readHealth } from '../../engine/look/health'
import { parseRecords } from '../../engine/look/records'
import { parseSnapshot } from '../../engine/look/snapshot'
import type { Traffic } from '../../engine/parts/snapshot'
import { batch, inPrivateRoot, linesOf, prepareRoot, type Shell, shells, write } from './private-root'

beforeAll(prepareRoot)

const accounts = ['tun-a', 'tun-b'].map(name => ['account_add', name, '/usr/sbin/nologin', 'ssh-tunnels me'])
const status = (...requests: readonly (readonly string[])[]) => {
  const lines = [...requests, ['end']].map(fields => `${fields.join('\x1f')}\n`).join('')
  return `base64 -d <<'END' | run_script status\n${Buffer.from(lines).toString('base64')}\nEND\n`
}

/** An entry of `journalctl --output=export`, `ago` seconds old. */
const entry = (unit: string, ago: number, text: string) =>
  `printf '__CURSOR=s=1;i=2\\n__REALTIME_TIMESTAMP=%s123456\\n' $(($(date +%s) - ${ago}))
  printf '%s\\n' ${text} '_SYSTEMD_UNIT=${unit}' ''`

/** systemctl, that tells of PID; and journalctl, that tells its last entry first. Both say how often they were asked. */
const programs = `
cat >/mnt/bin/systemctl <<'END'
#!/bin/sh
case $* in
  *NRestarts*) echo asked >>/mnt/asked; printf 'Id=tunnel-a.service\\nMainPID=%s\\nNRestarts=3\\n\\nId=tunnel-b.service\\nMainPID=0\\nNRestarts=14\\n' "$(cat /mnt/pid)" ;;
esac
END
cat >/mnt/bin/journalctl <<'END'
#!/bin/sh
echo asked >>/mnt/asked
${entry('tunnel-a.service', 5, "'MESSAGE=client_loop: send disconnect: a=b'")}
printf '__REALTIME_TIMESTAMP=1\\nMESSAGE\\n\\007\\000\\000binary\\n_SYSTEMD_UNIT=tunnel-b.service\\n\\n'
${entry('tunnel-a.service', 50, 'MESSAGE=older')}
${entry('tunnel-b.service', 90, "'MESSAGE=Host key verification failed.'")}
END
chmod 755 /mnt/bin/*
`

/** An sshd of sorts on 2222, to which tun-a holds a connection; tun-a listens on 2110 with a visitor, and root has a connection of his own. */
const furnish = `${batch(...accounts)}${programs}
wait_for() { for n in $(seq 200); do if eval "$1" 2>/dev/null; then return 0; fi; sleep 0.05; done; echo "waited in vain for $1" >&2; ss -tanpe >&2; exit 1; }
{ busybox nc -l -p 2222 -e sleep 30 & } >/dev/null 2>&1 </dev/null
wait_for 'ss -Hltn | grep -q :2222'
setpriv --reuid tun-a --clear-groups bash -c 'exec 5<>/dev/tcp/127.0.0.1/2222; echo "0123456789" >&5; exec sleep 30' >/dev/null 2>&1 </dev/null &
echo $! >/mnt/pid
setpriv --reuid tun-a --clear-groups busybox nc -l -p 2110 -e sleep 30 >/dev/null 2>&1 </dev/null &
wait_for 'ss -Hltn | grep -q :2110'
bash -c 'exec 5<>/dev/tcp/127.0.0.1/2110; exec sleep 30' >/dev/null 2>&1 </dev/null &
wait_for 'ss -Htne state established | grep -q ":2110 .*uid:"'
wait_for 'ss -Htni state established | grep -q bytes_acked:12'
wait_for '[ "$(ps -o etimes= -p "$(cat /mnt/pid)")" -ge 1 ]'
`

function trafficIn(shell: Shell, script: string): { traffic: Traffic | null; rest: string[] } {
  const ended = inPrivateRoot(shell, script)
  expect(ended.stderr).toBe('')
  const lines = linesOf(ended)
  return {
    traffic: parseSnapshot(lines.filter(line => line.includes('\x1f')).join('\n')).traffic,
    rest: lines.filter(line => !line.includes('\x1f')),
  }
}

const asked = [
  ['look_session', 'tunnel-a.service'],
  ['look_session', 'tunnel-b.service'],
  ['look_port', 'tun-a', '2110'],
  ['look_port', 'tun-b', '2111'],
]

describe.each(shells)('under %s', shell => {
  test('it tells sessions, their age, bytes and last words, and who is connected, in one go', () => {
    const { traffic, rest } = trafficIn(shell, `${furnish}${status(...asked)}cat /mnt/asked`)
    expect(traffic).toEqual({
      sessions: {
        'tunnel-a.service': {
          restarts: 3,
          age: expect.any(Number),
          bytes: { sent: expect.any(Number), received: 0 },
          words: { text: 'client_loop: send disconnect: a=b', age: expect.any(Number) },
        },
        'tunnel-b.service': {
          restarts: 14,
          age: null,
          bytes: null,
          words: { text: 'Host key verification failed.', age: expect.any(Number) },
        },
      },
      open: { 'tun-a 2110': 1, 'tun-b 2111': 0 },
    })
    const { age, bytes, words } = traffic?.sessions['tunnel-a.service'] ?? {}
    expect(age).toBeGreaterThanOrEqual(1)
    expect(bytes?.sent).toBeGreaterThanOrEqual(11)
    // The journal here tells the time a moment after it was read.
    expect(words?.age).toBeGreaterThanOrEqual(4)
    expect(rest).toEqual(['exit 0', 'exit 0', 'asked', 'asked'])
  })

  test('of a host that only listens it tells who is connected', () => {
    const { traffic } = trafficIn(shell, `${furnish}${status(['look_port', 'tun-a', '2110'])}`)
    expect(traffic).toEqual({ sessions: {}, open: { 'tun-a 2110': 1 } })
  })

  test('port 0 is each that the host has chosen for the tunnel, and of one that has none nothing is told', () => {
    const kept = write(
      '/etc/ssh-tunnels/a/ports',
      '# mark\n2110 local 127.0.0.1:0 far:80\n2112 local 127.0.0.1:0 far:81\n',
    )
    const { traffic } = trafficIn(
      shell,
      `${furnish}${kept}${status(['look_port', 'tun-a', '0'], ['look_port', 'tun-b', '0'])}`,
    )
    expect(traffic).toEqual({ sessions: {}, open: { 'tun-a 2110': 1, 'tun-a 2112': 0 } })
  })

  test('where ss fails nothing is told of connections, instead of none', () => {
    const { traffic } = trafficIn(
      shell,
      `${furnish}printf '#!/bin/sh\\nexit 1\\n' >/mnt/bin/ss; chmod 755 /mnt/bin/ss\n${status(...asked)}`,
    )
    expect(traffic?.open).toEqual({})
    expect(traffic?.sessions['tunnel-a.service']).toMatchObject({ restarts: 3, bytes: null })
  })

  test('the doctor is told when a unit was written, and from which port on ports are not root’s', () => {
    const written = 'mkdir -p /etc/systemd/system; touch -d @900 /etc/systemd/system/tunnel-a.service\n'
    const ended = inPrivateRoot(
      shell,
      `${written}${status(['look_tunnel', 'a'], ['look_tunnel', 'b'], ['look_health'])}cat /proc/sys/net/ipv4/ip_unprivileged_port_start`,
    )
    const lines = linesOf(ended)
    const health = readHealth(parseRecords(lines.join('\n')), [0, 0])
    expect([ended.stderr, health.written]).toEqual(['', { 'tunnel-a.service': 900 }])
    expect(lines).toContain(String(health.unprivilegedFrom))
  })

  test.each([
    ['how the tunnels are', [['look_tunnel', 'a'], ['look_health']]],
    ['what goes through them', asked],
  ])('who asks %s has connections listed once, and the journal read once', (_what, requests) => {
    const count = `cp -L /bin/sleep /mnt/ssh; setpriv --reuid tun-a --clear-groups /mnt/ssh 60 >/dev/null 2>&1 </dev/null &
for one in ss journalctl; do
  there=$(command -v $one); printf '#!/bin/sh\\ncase $*-%s in *-Hl*-ss) ;; *) echo %s >>/mnt/counted ;; esac\\nexec %s "$@"\\n' $one $one $there >/mnt/counts; mv /mnt/counts /mnt/bin/$one
  chmod 755 /mnt/bin/$one
done
`
    const plain = programs.replace(/cat >\/mnt\/bin\/journalctl[\s\S]*?\nEND\n/, '')
    const { rest } = trafficIn(
      shell,
      `${furnish.replace(programs, plain)}${count}${status(...requests)}sort /mnt/counted`,
    )
    expect(rest.filter(line => !line.startsWith('exit'))).toEqual(['journalctl', 'ss'])
  })

  test('a look asks for none of it', () => {
    const { traffic } = trafficIn(
      shell,
      `${batch(...accounts)}${status(['look_tunnel', 'a']).replace('run_script status', 'run_script look')}`,
    )
    expect(traffic).toBeNull()
  })
})

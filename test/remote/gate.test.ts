// How long a tunnel's unit waits before it starts ssh.
import { inPrivateRoot, linesOf, prepareRoot, type Shell, shells, write } from './private-root'

beforeAll(prepareRoot)

const starts = '/run/tunnel-web.service.starts'

interface Before {
  /** Seconds ago: since when ssh does not hold, and its last start. */
  readonly trouble?: number
  readonly last?: number
  /** As systemd counts: 0 after a start that somebody asked for. */
  readonly restarts?: number
}

interface Passed {
  /** What it slept, one after the other, in seconds. */
  readonly slept: readonly number[]
  /** For how long ssh has not held; in seconds. */
  readonly trouble: number | null
}

/** @param other when another tunnel of this host has started, as touch(1) takes it */
function pass(shell: Shell, { trouble, last, restarts = 2 }: Before, other?: string): Passed {
  const uptime = 100_000
  const known = `echo "${trouble === undefined ? 0 : uptime - trouble} ${uptime - (last ?? 0)}" >${starts}\n`
  const seen = inPrivateRoot(
    shell,
    `${write('/mnt/bin/systemctl', `#!/bin/sh\necho ${restarts}\n`)}
${write('/mnt/bin/sleep', '#!/bin/sh\necho "$1" >>/mnt/slept\n')}
chmod 755 /mnt/bin/sleep
mkdir -p /run/systemd/inaccessible/dir
: >/mnt/slept
echo '${uptime}.00 0.00' >/mnt/uptime
echo '0.00 0.00 0.00 1/100 1' >/mnt/loadavg
for one in uptime loadavg; do mount --bind /mnt/$one /proc/$one; done
${last === undefined ? '' : known}${other === undefined ? '' : `touch --date='${other}' /run/tunnel-other.service.starts\n`}
$under -c "$(cat "$scripts/gate.sh")" gate tunnel-web.service
cat ${starts} /mnt/slept
`,
  )
  const [line = '', ...slept] = linesOf(seen)
  const [since] = line.split(' ').map(Number)
  return { slept: slept.map(Number), trouble: since ? uptime - since : null }
}

describe.each(shells)('under %s', shell => {
  test.each<[string, Before, Passed]>([
    ['the first start', {}, { slept: [], trouble: null }],
    ['ssh ended for the first time, a moment after it was started', { last: 3 }, { slept: [], trouble: 0 }],
    [
      'somebody started it anew, and it ended a moment later',
      { trouble: 3, last: 3, restarts: 1 },
      { slept: [], trouble: 0 },
    ],
    ['ssh had held for hours', { trouble: 9_000, last: 8_000 }, { slept: [], trouble: 0 }],
    ['it ended again at once', { trouble: 1, last: 1 }, { slept: [1], trouble: 1 }],
    ['it has not held for 40 seconds', { trouble: 40, last: 4 }, { slept: [5], trouble: 40 }],
    ['it has not held for an hour', { trouble: 3_600, last: 4 }, { slept: [60], trouble: 3_600 }],
    ['somebody starts it by hand meanwhile', { trouble: 3_600, last: 4, restarts: 0 }, { slept: [], trouble: null }],
  ])('%s', (_, before, expected) => {
    expect(pass(shell, before)).toEqual(expected)
  })

  test.each([
    ['a moment ago', 'now + 1 hour', [0.02]],
    ['a while ago', 'now - 1 hour', []],
  ])('another tunnel has started %s', (_, other, slept) => {
    expect(pass(shell, {}, other)).toEqual({ slept, trouble: null })
  })
})

// How long a tunnel's unit waits before it starts ssh again.
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

/** Until the next start, and for how long ssh has not held by then; both in seconds. */
function waitsAfter(shell: Shell, { trouble, last, restarts = 1 }: Before): { wait: number; trouble: number | null } {
  const ago = (seconds: number) => `$(($(cut -d. -f1 </proc/uptime) + 10000 - ${seconds}))`
  const known = last === undefined ? '' : `echo "${trouble === undefined ? 0 : ago(trouble)} ${ago(last)}" >${starts}\n`
  const seen = inPrivateRoot(
    shell,
    `${write('/mnt/bin/systemctl', `#!/bin/sh\necho ${restarts}\n`)}
mkdir -p /run/systemd/inaccessible/dir
# The machine may have been booted a moment ago.
echo "$(($(cut -d. -f1 </proc/uptime) + 10000)).00 0.00" >/mnt/uptime
${known}mount --bind /mnt/uptime /proc/uptime
cp ${starts} /mnt/before 2>/dev/null || echo none >/mnt/before
$under -c "$(cat "$scripts/gate.sh")" gate tunnel-web.service &
until [ -s ${starts} ] && ! cmp -s ${starts} /mnt/before; do sleep 0.05; done
cut -d. -f1 </proc/uptime
cat ${starts}
`,
  )
  const [now, line = ''] = linesOf(seen)
  const [since, next] = line.split(' ').map(Number)
  return { wait: Number(next) - Number(now), trouble: since ? Number(now) - since : null }
}

describe.each(shells)('under %s', shell => {
  test.each<[string, Before, { wait: number; trouble: number | null }]>([
    ['the first start', {}, { wait: 0, trouble: null }],
    ['ssh ended for the first time, a moment after it was started', { last: 3 }, { wait: 0, trouble: 0 }],
    ['ssh had held for hours', { trouble: 9_000, last: 8_000 }, { wait: 0, trouble: 0 }],
    ['it ended again at once', { trouble: 1, last: 1 }, { wait: 1, trouble: 1 }],
    ['it has not held for 40 seconds', { trouble: 40, last: 4 }, { wait: 5, trouble: 40 }],
    ['it has not held for an hour', { trouble: 3_600, last: 4 }, { wait: 60, trouble: 3_600 }],
    ['somebody starts it by hand meanwhile', { trouble: 3_600, last: 4, restarts: 0 }, { wait: 0, trouble: null }],
  ])('%s', (_, before, expected) => {
    expect(waitsAfter(shell, before)).toEqual(expected)
  })
})

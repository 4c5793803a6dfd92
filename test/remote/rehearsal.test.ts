// A host that could not undo a change by itself is told of before anything is touched; and a rehearsal, which is undone like any change.
import { encode } from '../../engine/host/quote'
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const guard = '/var/lib/ssh-tunnels/undo-r1'
const armed = (window: number, ...steps: readonly (readonly string[])[]) =>
  batch(['guard_arm', 'r1', `0:${window}`, encode('end\n')], ...steps)
const put = ['sshd_put', '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf', encode('# new\n')]
/** No timer starts without systemd: nor does here what else waits. */
const hides = (program: string) => `rm /usr/bin/${program}\n`

const unable: readonly (readonly [string, string, string])[] = [
  [
    'a disk that is read-only',
    'mount -o remount,ro /var/lib',
    'what was before cannot be kept in /var/lib/ssh-tunnels: mkdir: ',
  ],
  [
    'a disk that is full',
    'mount -t tmpfs -o size=64k test /var/lib',
    'what was before cannot be kept in /var/lib/ssh-tunnels: head: ',
  ],
  [
    'a disk without a file left',
    'mount -t tmpfs -o nr_inodes=2 test /var/lib',
    'what was before cannot be kept in /var/lib/ssh-tunnels: mkdir: ',
  ],
  [
    'no place for the unit of a boot',
    'mount -t tmpfs -o ro test /etc/systemd/system',
    'cannot be put into /etc/systemd/system: ',
  ],
  ['nobody who could wait', hides('setsid'), 'there is no setsid for a process that outlives this connection'],
]

describe.each(shells)('under %s', shell => {
  test.each(unable)('%s: refused, and nothing is touched', (_what, makes, told) => {
    const { stdout, stderr } = inPrivateRoot(
      shell,
      `${makes}\nlisting /etc >/mnt/before; listing /var/lib >/mnt/var-before
      ${armed(600, put)}
      listing /etc >/mnt/after; listing /var/lib >/mnt/var-after
      same /etc /mnt/before /mnt/after; same /var/lib /mnt/var-before /mnt/var-after`,
    )
    expect(linesOf({ stdout, stderr })).toEqual(['failed 0', 'exit 77', '/etc same', '/var/lib same'])
    expect(stderr).toContain(told)
  })

  test('a rehearsal is undone when its time is over, and leaves nothing', () => {
    const seen = inPrivateRoot(
      shell,
      `listing /etc >/mnt/before
      ${armed(1, ['rehearse'])}
      run_script rehearsed r1
      tries=300; until [ -e ${guard}/undone ] || [ $tries = 0 ]; do sleep 0.1; tries=$((tries - 1)); done
      run_script rehearsed r1; run_script confirm r1 undo; run_script rehearsed r1
      listing /etc >/mnt/after; same /etc /mnt/before /mnt/after; ls -A /var/lib`,
    )
    expect(linesOf(seen)).toEqual([
      'armed r1',
      'exit 0',
      'armed process yes yes',
      'exit 0',
      'undone process no no',
      'exit 0',
      'undone',
      'exit 0',
      'gone timer no no',
      'exit 0',
      '/etc same',
    ])
  })
})

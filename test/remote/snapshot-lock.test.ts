// The reading script and others at the same time: it waits for a batch, and nobody else can hold it up.
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

describe.each(shells)('under %s', shell => {
  test('the snapshot waits until a batch is done, and for no other snapshot', () => {
    const seen = inPrivateRoot(
      shell,
      `mkfifo /mnt/held
      hold() { flock "$1" /root sh -c 'echo >/mnt/held; exec sleep 1; ' & read -r line </mnt/held; start=$(date +%s%N); }
      took() { echo "$1 $((($(date +%s%N) - start) / 1000000))"; wait; }
      hold -x; look_all >/dev/null; took batch
      hold -s; look_all >/dev/null; took snapshot`,
    )
    const [batch = 0, snapshot = 0] = seen.stdout.split('\n').map(line => Number(line.split(' ')[1]))
    expect(batch).toBeGreaterThan(900)
    expect(snapshot).toBeLessThan(batch)
  })

  test.each([
    ['root’s home', '/root', ':'],
    ['a folder of its own, where everybody may read root’s home', '/run/lock-of-ssh-tunnels', 'chmod 755 /root'],
  ])('nobody but root can hold it up: it locks %s', (_, lock, prepare) => {
    const seen = inPrivateRoot(
      shell,
      `${prepare}
      ${batch()}
      for path in /etc /run /root ${lock}; do
        setpriv --reuid nobody --clear-groups flock -x "$path" sleep 600 >/dev/null 2>&1 &
      done
      until ! flock -n /etc true; do sleep 0.1; done
      ${batch()}
      look_all >/dev/null; flock -n ${lock} echo free`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'free'])
  })
})

// Accounts come and go without a trace in /etc, also in the backups that useradd(8) leaves.
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const add = (name: string) => ['account_add', name, '/usr/sbin/nologin', 'ssh-tunnels me']
const remove = (name: string) => ['account_remove', name]
const before = 'listing /etc >/mnt/before\n'
const after = 'listing /etc >/mnt/after\nsame /etc /mnt/before /mnt/after\nls -A /var/lib\n'

describe.each(shells)('under %s', shell => {
  test('an account is a system account with our mark and no home', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'))}getent passwd tun-a; getent shadow tun-a; ls -d /nonexistent || :`,
    )
    expect(linesOf(seen)).toEqual([
      'exit 0',
      expect.stringMatching(/^tun-a:x:\d{3}:\d{3}:ssh-tunnels me:\/nonexistent:\/usr\/sbin\/nologin$/),
      expect.stringMatching(/^tun-a:!/),
    ])
  })

  test.each([
    ['in the order they came', ['tun-a', 'tun-b']],
    ['in the other order', ['tun-b', 'tun-a']],
  ])('two accounts removed %s leave /etc as it was, byte for byte', (_order, [first = '', second = '']) => {
    const seen = inPrivateRoot(
      shell,
      `${before}${batch(add('tun-a'))}${batch(add('tun-b'))}
      ${batch(['account_set', 'tun-a', '/bin/sh', 'ssh-tunnels me'])}${batch(remove(first))}${batch(remove(second))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'exit 0', 'exit 0', 'exit 0', '/etc same'])
  })

  test('backups that did not exist before do not exist after', () => {
    const seen = inPrivateRoot(
      shell,
      `rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow-
      ${before}${batch(add('tun-a'), add('tun-b'))}ls /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- | wc -l
      ${batch(remove('tun-a'), remove('tun-b'))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', '4', 'exit 0', '/etc same'])
  })

  test('accounts of others that only look like ours do not keep the backups away', () => {
    const seen = inPrivateRoot(
      shell,
      `useradd --system tun-foreign
      ${before}${batch(add('tun-a'))}${batch(remove('tun-a'))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', '/etc same'])
  })

  test('an account that cannot be added leaves nothing behind', () => {
    const seen = inPrivateRoot(shell, `groupadd tun-a\n${before}${batch(add('tun-a'))}${after}`)
    expect(linesOf(seen)).toEqual(['failed 1', 'exit 9', '/etc same'])
  })

  test('what runs under an account is ended before it is removed', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'))}
      setpriv --reuid tun-a --regid tun-a --clear-groups sleep 1000 &
      until pgrep -u tun-a >/dev/null; do :; done
      ${batch(['sessions_end', 'tun-a'], ['sessions_end', 'tun-a'])}
      pgrep -u tun-a || echo ended
      setpriv --reuid tun-a --regid tun-a --clear-groups sleep 1000 &
      until pgrep -u tun-a >/dev/null; do :; done
      ${batch(remove('tun-a'), ['sessions_end', 'tun-a'])}
      getent passwd tun-a || echo gone`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'ended', 'exit 0', 'gone'])
  })
})

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
      `${batch(add('tun-a'))}getent passwd tun-a; getent shadow tun-a; ls -d /nonexistent || :
      usermod --lock tun-a
      ${batch(['account_set', 'tun-a', '/bin/sh', 'ssh-tunnels me'])}getent shadow tun-a`,
    )
    expect(linesOf(seen)).toEqual([
      'exit 0',
      expect.stringMatching(/^tun-a:x:\d{3}:\d{3}:ssh-tunnels me:\/nonexistent:\/usr\/sbin\/nologin$/),
      // With `!` sshd would call it locked where it does without PAM.
      expect.stringMatching(/^tun-a:\*:/),
      'exit 0',
      expect.stringMatching(/^tun-a:\*:/),
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

  test('an account of ours that has come since the plan is told apart from anybody else', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'))}${batch(add('tun-a'))}usermod --comment you tun-a\n${batch(add('tun-a'))}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'failed 1', 'exit 76', 'failed 1', 'exit 1'])
    expect(seen.stderr).toContain('account tun-a has been made since we looked')
  })

  test('an account that cannot be added leaves nothing behind', () => {
    const seen = inPrivateRoot(
      shell,
      `groupadd tun-a; usermod --append --groups tun-a nobody\n${before}${batch(add('tun-a'))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['failed 1', 'exit 9', '/etc same'])
  })

  test('the empty group of an account whose removal was stopped is no obstacle, and /etc comes back as before', () => {
    const seen = inPrivateRoot(
      shell,
      `${before}${batch(add('tun-a'))}
      userdel tun-a; groupadd --system tun-a
      ${batch(add('tun-a'))}id -gn tun-a
      ${batch(remove('tun-a'))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'tun-a', 'exit 0', '/etc same'])
  })

  test('when others changed accounts meanwhile, the backups of before are dropped', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'))}useradd --system by-hand
      ${batch(remove('tun-a'))}grep -c by-hand /etc/passwd /etc/passwd-; ls -A /var/lib`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', '/etc/passwd:1', '/etc/passwd-:1'])
  })

  test('backups that a stopped batch has not put back are put back before the next account comes', () => {
    const seen = inPrivateRoot(
      shell,
      `${before}${batch(add('tun-a'))}userdel tun-a
      ${batch(add('tun-b'))}${batch(remove('tun-b'))}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', 'exit 0', '/etc same'])
  })

  test('with its sessions all ends that an account runs, and what root runs for it', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'))}
      uid=$(id -u tun-a); mkfifo -m 666 /mnt/fifo
      as_account() { setpriv --reuid tun-a --regid tun-a --clear-groups "$@" </dev/null >/dev/null 2>&1 & }
      begin() {
        for name in sshd sshd-session systemd; do
          cp /bin/sleep /mnt/$name 2>/dev/null || :
          as_account /mnt/$name 1000
          until pgrep -u tun-a -x $name >/dev/null; do :; done
        done
        as_account sh -c 'trap "" TERM HUP; while :; do sleep 1000; done'
        # Each of its processes is gone as soon as another has begun.
        for name in 1 2 3; do as_account perl -e 'while (1) { my $child = fork; exit if $child }'; done
        as_account sh -c 'exec su -c true root <>/mnt/fifo'
        until pgrep -U tun-a -u root -x su >/dev/null; do :; done
      }
      left() { ps -o comm= -U "$uid" -u "$uid" || echo none; }
      begin
      ${batch(['sessions_end', 'tun-a'], ['sessions_end', 'tun-a'])}
      left
      begin
      ${batch(remove('tun-a'), ['sessions_end', 'tun-a'])}
      getent passwd tun-a || echo gone
      left; sed "s/$uid/UID/g" /mnt/systemctl.log`,
    )
    expect(linesOf(seen)).toEqual([
      'exit 0',
      'exit 0',
      'none',
      'exit 0',
      'gone',
      'none',
      ...['stop', 'reset-failed'].map(verb => `systemctl ${verb} user@UID.service user-runtime-dir@UID.service`),
    ])
  })

  test('what one that is alive leaves after it was looked for goes too', () => {
    const seen = inPrivateRoot(
      shell,
      `chmod 1777 /tmp
      ${batch(add('tun-a'))}
      uid=$(id -u tun-a)
      setpriv --reuid tun-a --regid tun-a --clear-groups sleep 1000 </dev/null >/dev/null 2>&1 &
      until pgrep -u tun-a -x sleep >/dev/null; do :; done
      printf '#!/bin/sh\ncase $1 in stop) : >/tmp/late; chown %s /tmp/late ;; esac\n' "$uid" >/mnt/bin/systemctl; chmod 755 /mnt/bin/systemctl
      ${batch(remove('tun-a'))}
      find /tmp -xdev ! -type d`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0'])
  })

  test('a batch that fails after it has added one says nothing of that', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(add('tun-a'), ['file_put', '/proc/none', '644', 'x'])}ls -A /var/lib/ssh-tunnels`,
    )
    expect(linesOf(seen)).toEqual(['failed 2', expect.stringMatching(/^exit [1-9]/), 'before-accounts'])
    expect(seen.stderr).not.toContain('unfinished')
  })

  test('no user manager is kept from anybody where the account has gone meanwhile', () => {
    const seen = inPrivateRoot(shell, `${before}${batch(['manager_skip', 'tun-a', 'a', '[Unit]'])}${after}`)
    expect(linesOf(seen)).toEqual(['failed 1', 'exit 1', '/etc same'])
    expect(seen.stderr).toContain('account tun-a has gone since we looked')
  })

  test('what an account has left where everybody may write goes with it, what others have left stays', () => {
    const seen = inPrivateRoot(
      shell,
      `chmod 1777 /tmp
      ${batch(add('tun-a'))}
      mkdir -p /var/spool/cron/crontabs /var/lib/systemd/linger; : >/var/lib/systemd/linger/tun-a
      echo '* * * * * true' >/var/spool/cron/crontabs/tun-a; chown tun-a /var/spool/cron/crontabs/tun-a
      : >/tmp/mine; ln -s /etc/passwd /var/tmp/link; chown -h tun-a /var/tmp/link
      setpriv --reuid tun-a --clear-groups sh -c 'mkdir /tmp/its /tmp/its/folder; : >/tmp/its/folder/file; ln -s /tmp/mine /tmp/its/link'
      ${batch(remove('tun-a'))}
      find /tmp /var/tmp /var/spool/cron /var/lib/systemd/linger -xdev ! -type d`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', '/tmp/mine'])
  })
})

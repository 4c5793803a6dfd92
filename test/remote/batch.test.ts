// A batch: its steps run in order, it stops at the first failure and tells which one that was.
import { encode } from '../../engine/host/quote'
import { base64, batch, inPrivateRoot, linesOf, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

describe.each(shells)('under %s', shell => {
  test('the batch stops at the first step that fails, tells its number, and leaves nothing in /run', () => {
    const seen = inPrivateRoot(
      shell,
      `${write('/etc/one', 'old')}
      ls -A /run >/mnt/before
      ${batch(['file_put', '/etc/one', '600', encode('new')], ['account_set', 'nobody-of-that-name', '/bin/sh', 'x'], ['files_remove', '/etc/one'])}
      cat /etc/one; echo
      ls -A /run >/mnt/after
      same /run /mnt/before /mnt/after`,
    )
    expect(linesOf(seen)).toEqual(['failed 2', 'exit 6', 'new', '/run same'])
    expect(seen.stderr).toContain("user 'nobody-of-that-name' does not exist")
  })

  test('a verb that does not exist fails by its number', () => {
    expect(linesOf(inPrivateRoot(shell, batch(['units_reload'], ['no_such_verb', 'x'])))).toEqual([
      'failed 2',
      'exit 127',
    ])
  })

  test('an empty batch does nothing; of a list that was cut off, not even the first step runs', () => {
    const cuts = ['', 'files_remove\\037/etc/passwd\\n', 'files_remove\\037/etc/passwd\\nfiles_remove\\037/etc/gro']
    const seen = inPrivateRoot(
      shell,
      `${batch()}${cuts.map(cut => `printf '${cut}' | run_script batch\n`).join('')}ls /etc/passwd; ls -d /run/ssh-tunnels* || :`,
    )
    const cut = ['failed 0', 'exit 65']
    expect(linesOf(seen)).toEqual(['exit 0', ...cut, ...cut, ...cut, '/etc/passwd'])
    expect(seen.stderr).toContain('cut off, so nothing was changed')
  })

  test('files are replaced whole, as root’s also in a folder of another group, and nothing else stays there', () => {
    const text = 'line\n\ttab "quotes" $dollar `tick` \\ \n\nno end'
    const put = ['file_put', '/etc/ssh-tunnels/a/known_hosts', '640', encode(text)]
    const seen = inPrivateRoot(
      shell,
      `mkdir -p /etc/ssh-tunnels/a; chgrp games /etc/ssh-tunnels/a; chmod 2755 /etc/ssh-tunnels/a
      ${batch(put)}
      exec 8</etc/ssh-tunnels/a/known_hosts
      ${batch(put, ['file_put', '/etc/ssh-tunnels/a/known_hosts', '644', encode('second\n')])}
      stat -c '%a %U:%G %F' /etc/ssh-tunnels/a/known_hosts
      cat /etc/ssh-tunnels/a/known_hosts
      ls -A /etc/ssh-tunnels/a
      base64 -w 0 <&8`,
    )
    // Whoever had the old file open still reads the old content: it was replaced, not written over.
    expect(linesOf(seen)).toEqual([
      'exit 0',
      'exit 0',
      '644 root:root regular file',
      'second',
      'known_hosts',
      base64(text),
    ])
  })

  test('removing files takes a folder that we have made with it only when that is empty, and never a folder of others', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(...['a/key', 'a/known_hosts', 'b/key'].map(name => ['file_put', `/etc/ssh-tunnels/${name}`, '644', 'k']))}
      ${write('/etc/ssh-tunnels/b/mine.txt', 'by hand')}${write('/etc/foreign/only', 'x')}
      ${batch(['files_remove', '/etc/ssh-tunnels/a/known_hosts'], ['files_remove', '/etc/foreign/only'])}
      find /etc/ssh-tunnels /etc/foreign -mindepth 1 | sort
      ${batch(['files_remove', '/etc/ssh-tunnels/a/key', '/etc/ssh-tunnels/a/known_hosts'], ['files_remove', '/etc/ssh-tunnels/b/key'])}
      find /etc/ssh-tunnels -mindepth 1 | sort
      rm /etc/ssh-tunnels/b/mine.txt
      ${batch(['files_remove', '/etc/ssh-tunnels/b/key'], ['files_remove', '/etc/ssh-tunnels/b/key'])}
      ls -d /etc/ssh-tunnels || echo gone`,
    )
    expect(linesOf(seen)).toEqual([
      'exit 0',
      'exit 0',
      '/etc/ssh-tunnels/a',
      '/etc/ssh-tunnels/a/key',
      '/etc/ssh-tunnels/b',
      '/etc/ssh-tunnels/b/key',
      '/etc/ssh-tunnels/b/mine.txt',
      'exit 0',
      '/etc/ssh-tunnels/b',
      '/etc/ssh-tunnels/b/mine.txt',
      'exit 0',
      'gone',
    ])
  })

  test('a key pair is made with its private half for the account alone to read, and made anew over a bad one', () => {
    const path = '/etc/ssh-tunnels/a/key'
    const seen = inPrivateRoot(
      shell,
      `${batch(['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels o'], ['key_make', path, 'tun-a'])}
      stat -c '%a %U:%G' ${path}
      sha256sum <${path} >/mnt/first
      echo spoilt >${path}
      ${batch(['key_make', path, 'tun-a'])}
      stat -c '%a %U:%G' ${path}
      ls -A /etc/ssh-tunnels/a
      cat ${path} | ssh-keygen -y -P '' -f /dev/stdin | cut -d ' ' -f 1`,
    )
    const made = ['exit 0', '640 root:tun-a']
    expect(linesOf(seen)).toEqual([...made, ...made, 'key', 'ssh-ed25519'])
  })

  test('a step that fails leaves no temporary behind, and what a killed one left goes with the files', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(['key_make', '/etc/ssh-tunnels/a/key', 'nobody-of-that-name'])}
      ${batch(['file_put', '/etc/ssh-tunnels/a/known_hosts', '999', 'no such mode'])}
      ${batch(['file_put', '/etc/ssh/sshd_config.d/a.conf', '999', 'no such mode'])}
      ls -dA /etc/ssh-tunnels /etc/ssh/sshd_config.d/* /etc/ssh/sshd_config.d/.ssh* || :
      ${batch(['file_put', '/etc/ssh-tunnels/a/key', '644', 'k'])}
      ${write('/etc/ssh-tunnels/a/.ssh-tunnels.XyXyXy/key', 'k')}${write('/etc/ssh-tunnels/a/.ssh-tunnels.AbAbAb', 'f')}
      ${batch(['files_remove', '/etc/ssh-tunnels/a/key'])}
      ls -d /etc/ssh-tunnels || echo gone`,
    )
    const failed = ['failed 1', 'exit 1']
    expect(linesOf(seen)).toEqual([...failed, ...failed, ...failed, 'exit 0', 'exit 0', 'gone'])
  })

  test('a unit that a stopped batch wrote is read before it starts', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(['unit_start', 'tunnel-a.service'], ['unit_start', 'tunnel-b.service'], ['units_start'])}grep -v reset /mnt/systemctl.log`,
    )
    const started = 'systemctl restart tunnel-a.service tunnel-b.service'
    expect(linesOf(seen)).toEqual(['exit 0', 'systemctl daemon-reload', started])
  })

  test('of units that are started together, the one that cannot be is the step that failed; the others run', () => {
    const start = (name: string) => ['unit_start', `tunnel-${name}.service`]
    const seen = inPrivateRoot(
      shell,
      `echo 'case "$1 $*" in restart*tunnel-b*) exit 5 ;; esac' >>/mnt/bin/systemctl
      ${batch(['file_put', '/etc/one', '644', ''], start('a'), start('b'), start('c'), ['units_start'])}
      grep restart /mnt/systemctl.log`,
    )
    expect(linesOf(seen)).toEqual([
      'failed 3',
      'exit 5',
      'systemctl restart tunnel-a.service tunnel-b.service tunnel-c.service',
      'systemctl restart tunnel-a.service',
      'systemctl restart tunnel-b.service',
    ])
  })

  test('what killed batches left is cleared by the next one, and what a living one needs is not', () => {
    const left = '/etc/ssh/sshd_config.d/.ssh-tunnels.77'
    const seen = inPrivateRoot(
      shell,
      `mkdir /run/ssh-tunnels.4194305.dead /run/ssh-tunnels.$$.living; ${write(left, 'half')}
      ${batch(['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels me'])}
      ls -d /run/ssh-tunnels.* ${left} 2>/dev/null | sed 's/[.][0-9]*[.]/.PID./' || :`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', '/run/ssh-tunnels.PID.living'])
  })

  test('a unit whose text changes is stopped first, so that what runs is never the old text under the new file', () => {
    const unit = 'tunnel-a.service'
    const put = (text: string) => batch(['unit_put', `/etc/systemd/system/${unit}`, encode(text)])
    const seen = inPrivateRoot(shell, `${put('old')}${put('new')}cat /mnt/systemctl.log /etc/systemd/system/${unit}`)
    expect(linesOf(seen)).toEqual(['exit 0', 'exit 0', `systemctl stop ${unit}`, 'new'])
  })

  test('a unit is written, started and removed through systemctl, and its file is gone', () => {
    const unit = 'tunnel-a.service'
    const path = `/etc/systemd/system/${unit}`
    const seen = inPrivateRoot(
      shell,
      `listing /etc >/mnt/before
      ${batch(['unit_put', path, encode('[Unit]\n')], ['unit_enable', unit], ['units_reload'], ['unit_start', unit], ['units_start'])}
      cat ${path} /mnt/systemctl.log; rm /mnt/systemctl.log
      readlink /etc/systemd/system/multi-user.target.wants/${unit}
      ${batch(['unit_remove', unit], ['units_end'], ['units_reload'])}
      cat /mnt/systemctl.log
      listing /etc >/mnt/after
      same /etc /mnt/before /mnt/after`,
    )
    expect(linesOf(seen)).toEqual([
      'exit 0',
      '[Unit]',
      `systemctl list-units --all --plain --no-legend ${unit}`,
      `systemctl reset-failed ${unit}`,
      `systemctl restart ${unit}`,
      path,
      'exit 0',
      `systemctl stop ${unit}`,
      `systemctl disable --quiet --no-reload ${unit}`,
      `systemctl reset-failed ${unit}`,
      'systemctl daemon-reload',
      '/etc same',
    ])
  })
})

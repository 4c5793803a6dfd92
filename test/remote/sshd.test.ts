// Drop-ins of sshd: a bad one is never left behind, and a good one takes effect.

import { encode } from '../../engine/host/quote'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { batch, inPrivateRoot, linesOf, prepareRoot, readRefused, shells, write } from './private-root'

beforeAll(prepareRoot)

const dropIn = (name: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`
const before = 'listing /etc >/mnt/before\n'
const after = 'listing /etc >/mnt/after\nsame /etc /mnt/before /mnt/after\n'
const reload = 'systemctl try-reload-or-restart ssh.service'

describe.each(shells)('under %s', shell => {
  test('a text that sshd refuses puts everything of its batch back; it alone is told, with sshd’s words, and sshd hears nothing', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(dropIn('a'), 'Match User tun-a\n    PermitTTY no\n')}${write(dropIn('c'), '# c\n')}
      chmod 600 ${dropIn('a')}
      ${before}
      ${batch(['sshd_put', dropIn('a'), encode('Match User tun-a\n    PermitTTY yes\n')], ['sshd_put', dropIn('b'), encode('Port none\n')], ['sshd_remove', dropIn('c')], ['sshd_commit'])}
      ${after}
      cat /mnt/systemctl.log 2>/dev/null || :`,
    )
    const [, ...rest] = linesOf(seen)
    expect(rest).toEqual(['failed 4', 'exit 78', '/etc same'])
    expect(readRefused(seen)).toEqual({ 2: expect.stringMatching(/10-ssh-tunnels-b\.conf.*Badly formatted port/) })
    expect(seen.stderr).toMatch(/10-ssh-tunnels-b\.conf.*Badly formatted port number/)
  })

  test('of many drop-ins every bad one is found, with few questions to sshd', () => {
    const bad: Readonly<Record<number, string>> = {
      3: 'Port none',
      17: 'Match User x\n  AllowTcpForwarding perhaps',
      31: 'Nonsense 1',
    }
    const steps = [...Array(32).keys()].map(at => ['sshd_put', dropIn(`t${at}`), encode(`${bad[at] ?? '# fine'}\n`)])
    const seen = inPrivateRoot(
      shell,
      `printf '#!/bin/sh\\necho "$*" >>/mnt/sshd.log\\nexec /usr/sbin/sshd "$@"\\n' >/mnt/bin/sshd; chmod 755 /mnt/bin/sshd
      ${before}${batch(...steps, ['sshd_commit'])}${after}grep -c -e -t /mnt/sshd.log`,
    )
    const lines = linesOf(seen)
    const told = readRefused(seen)
    expect(Object.keys(told)).toEqual(['4', '18', '32'])
    for (const [step, words] of Object.entries(told))
      expect(words).toContain(`10-ssh-tunnels-t${Number(step) - 1}.conf`)
    const [failed, exit, same, questions] = lines.slice(-4)
    expect([failed, exit, same]).toEqual(['failed 33', 'exit 78', '/etc same'])
    expect(Number(questions)).toBeLessThan(35)
  })

  test('where sshd’s configuration is bad without ours, none of ours is', () => {
    const seen = inPrivateRoot(
      shell,
      `${write('/etc/ssh/sshd_config.d/00-local.conf', 'Nonsense 1\n')}${before}
      ${batch(['sshd_put', dropIn('a'), encode('# fine\n')], ['sshd_put', dropIn('b'), encode('Port none\n')], ['sshd_commit'])}${after}`,
    )
    expect(linesOf(seen)).toEqual(['failed 3', 'exit 78', '/etc same'])
    expect(seen.stderr).toContain('00-local.conf')
  })

  test('an sshd that does not answer uses up the time of the batch, which puts everything back and says where it was', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(dropIn('a'), 'Match User tun-a\n    PermitTTY no\n')}
      printf '#!/bin/sh\nsleep 600\n' >/mnt/bin/sshd; chmod 755 /mnt/bin/sshd
      ${before}
      limit=1
      ${batch(['look_tunnel', 'a'], ['sshd_put', dropIn('a'), encode('Match User tun-a\n    PermitTTY yes\n')], ['sshd_put', dropIn('b'), encode('# b\n')], ['sshd_commit'])}
      ${after}
      ls -d /run/ssh-tunnels.* 2>/dev/null || :`,
    )
    expect(linesOf(seen)).toEqual(['failed 3', 'exit 124', '/etc same'])
    expect(seen.stderr).toContain('ssh-tunnels-out-of-time\n')
    expect(seen.stderr).toContain('it was at step 3: sshd_commit')
  })

  test('a good text takes effect for its account alone; sshd reloads; removing it leaves /etc as it was', () => {
    const tunnel = {
      name: 'a',
      forward: 'remote' as const,
      listen: '203.0.113.20:2110',
      far: 'far:22',
      client: { name: 'near', local: true },
      server: { name: 'middle', address: '203.0.113.20' },
    }
    const placed = deriveTunnel(tunnel, {}).placed.find(one => one.kind === 'sshd')
    const text = placed?.kind === 'sshd' ? placed.at.text : ''
    const effective = (user: string) =>
      `sshd -T -C user=${user},host=h,addr=127.0.0.1,laddr=127.0.0.1,lport=22 | grep -E '^(allowtcpf|gatewayp|permitl|permito|maxs)' | LC_ALL=C sort\n`
    const seen = inPrivateRoot(
      shell,
      `mkdir -p /run/sshd\n${effective('nobody')}echo --
      ${before}${batch(['sshd_put', dropIn('a'), encode(text)], ['sshd_commit'])}${effective('tun-a')}echo --
      ${effective('nobody')}echo --
      ${batch(['sshd_remove', dropIn('a')], ['sshd_remove', dropIn('a')], ['sshd_commit'])}${after}cat /mnt/systemctl.log`,
    )
    const [defaults, ours, others, end] = seen.stdout.split('--\n')
    expect(ours).toBe(
      'exit 0\nallowtcpforwarding remote\ngatewayports clientspecified\nmaxsessions 0\nmaxstartups 10:30:100\npermitlisten 203.0.113.20:2110\npermitopen none\n',
    )
    expect(others).toBe(defaults)
    expect(end?.split('\n').filter(Boolean)).toEqual(['exit 0', '/etc same', reload, reload])
  })

  test('sshd’s own folder in /run is made when ssh.service has taken it away', () => {
    const seen = inPrivateRoot(
      shell,
      `rm -rf /run/sshd\n${batch(['sshd_put', dropIn('a'), encode('# fine\n')], ['sshd_commit'])}stat -c %a /run/sshd`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', '755'])
  })

  test('when sshd does not reload, the drop-in goes back, so that the next deploy tries again', () => {
    const seen = inPrivateRoot(
      shell,
      `echo 'case $1 in try*) exit 1 ;; esac' >>/mnt/bin/systemctl
      ${before}${batch(['sshd_put', dropIn('a'), encode('# fine\n')], ['sshd_commit'])}${after}`,
    )
    expect(linesOf(seen)).toEqual(['failed 2', 'exit 1', '/etc same'])
  })

  test.each([
    ['a later step fails', '', ['no_such_verb'], 127],
    ['the batch is stopped', 'case $1 in show) ;; *) kill -TERM $PPID ;; esac', ['tell_systemd', '3:x', 'stop'], 130],
    ['its connection is gone', 'case $1 in show) ;; *) kill -HUP $PPID ;; esac', ['tell_systemd', '3:x', 'stop'], 130],
  ])('what no commit has told sshd of is put back when %s', (_when, systemctl, step, code) => {
    const seen = inPrivateRoot(
      shell,
      `${write(dropIn('a'), '# of before\n')}echo '${systemctl}' >>/mnt/bin/systemctl
      ${before}${batch(['sshd_put', dropIn('a'), encode('# new\n')], ['sshd_put', dropIn('b'), encode('# new\n')], step, ['sshd_commit'])}${after}
      ls -d /run/ssh-tunnels* || :`,
    )
    expect(linesOf(seen)).toEqual(['failed 3', `exit ${code}`, '/etc same'])
  })

  test('a file of which no copy could be made stays as it is', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(dropIn('a'), '# of before\n')}${before}printf '#!/bin/sh\\nexit 1\\n' >/mnt/bin/cp; chmod 755 /mnt/bin/cp
      ${batch(['sshd_put', dropIn('a'), encode('# new\n')], ['sshd_commit'])}${after}`,
    )
    expect(linesOf(seen)).toEqual(['failed 1', 'exit 1', '/etc same'])
  })

  test('a batch that is stopped while sshd reloads puts its files back, and sshd reads those', () => {
    const seen = inPrivateRoot(
      shell,
      `echo 'case $1 in try*) ls /etc/ssh/sshd_config.d; kill -TERM $PPID ;; esac' >>/mnt/bin/systemctl
      ${before}${batch(['sshd_put', dropIn('a'), encode('# new\n')], ['sshd_commit'])}${after}grep -c try /mnt/systemctl.log`,
    )
    expect(linesOf(seen)).toEqual(['10-ssh-tunnels-a.conf', 'failed 2', 'exit 130', '/etc same', '2'])
  })

  test('a text that is refused does not undo what another commit of the batch did before', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(['sshd_put', dropIn('a'), encode('# fine\n')], ['sshd_commit'], ['sshd_put', dropIn('b'), encode('Nonsense\n')], ['sshd_commit'])}ls /etc/ssh/sshd_config.d`,
    )
    expect(linesOf(seen).slice(1)).toEqual(['failed 4', 'exit 78', '10-ssh-tunnels-a.conf'])
  })
})

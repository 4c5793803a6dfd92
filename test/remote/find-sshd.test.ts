// Which sshd takes connections: of another configuration file, of another unit's name, behind a socket, or started by hand.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { whyNotFirst } from '../../engine/parts/sshd-config'
import { letsIn } from '../../engine/parts/sshd-entry'
import { batch, type Ended, inPrivateRoot, linesOf, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const other = '/opt/sshd/config'
const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf'
const text = encode('Match User tun-a\n    PermitOpen far:22\n')
const create = batch(['sshd_include', other], ['sshd_put', dropIn, text], ['sshd_commit'])
const remove = batch(['sshd_remove', dropIn], ['sshd_commit'])
const lookAtA = look(['look_tunnel', 'a'])
const snapshotOf = ({ stdout }: Ended) => parseSnapshot(stdout)

/** What the stub of systemctl says of these units. */
const units = (...blocks: readonly Readonly<Record<string, string>>[]): string =>
  write(
    '/mnt/sshd-units',
    blocks
      .map(
        block =>
          `${Object.entries(block)
            .map(([name, value]) => `${name}=${value}\n`)
            .join('')}\n`,
      )
      .join(''),
  )
const service = (id: string, argv: string, more: Readonly<Record<string, string>> = {}) => ({
  MainPID: '0',
  ExecStart: `{ path=/usr/sbin/sshd ; argv[]=${argv} ; ignore_errors=no ; start_time=[n/a] ; pid=0 }`,
  ...more,
  Id: id,
  LoadState: 'loaded',
  ActiveState: 'inactive',
})
const none = (id: string) => ({ Id: id, LoadState: 'not-found', ActiveState: 'inactive' })
const socket = { Id: 'ssh.socket', LoadState: 'loaded', ActiveState: 'active' }

describe.each(shells)('under %s', shell => {
  test.each([
    ['-D', {}, '/etc/ssh/sshd_config'],
    [`-D -f ${other}`, {}, other],
    [`-De -4f${other} -p 2200`, {}, other],
    ['-D -o Port=2200 -o ListenAddress 127.0.0.1 -E /var/log/sshd -f opt/sshd/config', {}, other],
    ['-D $SSHD_OPTS', { Environment: `X=y SSHD_OPTS=-f${other}` }, other],
    [
      '-D ${OPTIONS} $NOTHING',
      { EnvironmentFiles: '/etc/default/ssh (ignore_errors=yes)\nEnvironmentFiles=/none (x)' },
      other,
    ],
  ])('of a unit that starts sshd with %s and %j the configuration file is found', (words, more, main) => {
    const seen = inPrivateRoot(
      shell,
      `${write('/etc/default/ssh', `# -f\nOPTIONS="-f ${other}"\n`)}${write(other, 'PermitOpen here:1\n')}
      ${units(service('ssh.service', `/usr/sbin/sshd ${words}`, more), none('sshd.service'), socket)}rm -rf /run/sshd; ${lookAtA}`,
    )
    const on = snapshotOf(seen)
    expect({ main: on.sshdMain, error: on.sshdError, socket: on.sshdBehindSocket }).toEqual({
      main,
      error: null,
      socket: true,
    })
    expect(on.sshd['*']?.permitopen).toBe(main === other ? 'here:1' : 'any')
    expect(on.files[main]?.text).toMatch(main === other ? /here:1/ : /Include/)
  })

  test.each([
    ['ssh', 'sshd', `-i -f ${other}`, {}],
    ['sshd', 'ssh', '-i $SSHD_OPTS', { Environment: `SSHD_OPTS=-f${other}` }],
    // As Debian 13 has it, with a link.
    ['ssh', null, `-i -f ${other} -o PermitOpen=here:1`, { Id: 'sshd@0.service' }],
  ])(
    'where %s.socket starts it for each connection its template says how, and nobody has to be told',
    (of, beside, words, more) => {
      const each = service(`${of}@0.service`, `/usr/sbin/sshd ${words}`, more)
      const seen = inPrivateRoot(
        shell,
        `${write(other, 'PermitOpen here:1\n')}${units(
          { ...socket, Id: `${of}.socket`, Accept: 'yes' },
          { ...each, ...more },
          ...(beside ? [service(`${beside}@0.service`, '/usr/sbin/sshd -i')] : []),
          service('ssh.service', '/usr/sbin/sshd -D'),
        )}${create}${lookAtA}grep try /mnt/systemctl.log || :`,
      )
      const on = snapshotOf(seen)
      expect({ main: on.sshdMain, open: on.sshd['*']?.permitopen, ours: on.sshd['tun-a']?.permitopen }).toEqual({
        main: other,
        open: 'here:1',
        ours: 'far:22',
      })
      expect(linesOf(seen).filter(line => line.startsWith('systemctl'))).toEqual([])
    },
  )

  test('of templates that no socket asks for nothing is taken', () => {
    const each = service('ssh@0.service', `/usr/sbin/sshd -i -f ${other}`)
    const seen = inPrivateRoot(shell, `${units(socket, each, service('ssh.service', '/usr/sbin/sshd -D'))}${lookAtA}`)
    expect(snapshotOf(seen).sshdMain).toBe('/etc/ssh/sshd_config')
  })

  test('the file of the one that runs is used, and it reads it anew; with the last drop-in all is as it was', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(other, 'Port 2200\nPidFile /run/other.pid\n')}mkdir -p /run/sshd; chmod 600 ${other}
      /usr/sbin/sshd -f ${other} -o MaxStartups=7
      until [ -s /run/other.pid ]; do sleep 0.01; done
      ${units(none('ssh.service'), service('sshd.service', '/usr/sbin/sshd', { MainPID: 'PID' }))}sed -i "s/=PID/=$(cat /run/other.pid)/" /mnt/sshd-units
      cat >/mnt/bin/reload <<'END'
[ "$*" != "try-reload-or-restart sshd.service" ] || kill -HUP "$(cat /run/other.pid)"
END
      cat /mnt/bin/reload >>/mnt/bin/systemctl
      listing /etc >/mnt/before; listing /opt >>/mnt/before
      ${create}head -n 2 ${other} | tail -n 1; stat -c %a ${other}
      ${lookAtA}
      ${remove}listing /etc >/mnt/after; listing /opt >>/mnt/after; same all /mnt/before /mnt/after
      grep try /mnt/systemctl.log; kill "$(cat /run/other.pid)"`,
    )
    const on = snapshotOf(seen)
    expect(on.sshd['tun-a']?.permitopen).toBe('far:22')
    expect(on.sshd['*']?.maxstartups).toBe('7:30:7')
    expect(on.unread).toEqual([])
    const lines = linesOf(seen).filter(line => !line.includes('\x1f'))
    const brings = 'Include /etc/ssh/sshd_config.d/10-ssh-tunnels*.conf'
    const reloaded = 'systemctl try-reload-or-restart sshd.service'
    expect(lines).toEqual(['exit 0', brings, '600', 'exit 0', 'exit 0', 'all same', reloaded, reloaded])
  })

  test('one that no unit has started is told by its PID file, though a unit is there', () => {
    const seen = inPrivateRoot(
      shell,
      `${write(other, 'Port 2200\n')}mkdir -p /run/sshd
      ${units(service('ssh.service', '/usr/sbin/sshd -D'))}/usr/sbin/sshd -f ${other}
      until [ -s /run/sshd.pid ]; do sleep 0.01; done
      cp -p /run/sshd.pid /mnt/first; sleep 0.01
      ${create}[ /run/sshd.pid -nt /mnt/first ] && echo 'read anew'
      cat /mnt/systemctl.log 2>/dev/null || :; touch -d '1 minute' ${other}
      ${lookAtA}kill "$(cat /run/sshd.pid)"`,
    )
    expect(linesOf(seen).filter(line => !line.includes('\x1f'))).toEqual(['exit 0', 'read anew', 'exit 0'])
    // Our lines in it may be newer than what sshd has read.
    expect(snapshotOf(seen)).toMatchObject({ sshdMain: other, unread: [dropIn] })
  })

  test('one that no unit and no PID file tells of is the one that we have come by', () => {
    const put = ['sshd_put', dropIn, encode('Port 2201\n')]
    const steps = [['sshd_include', other], put, ['sshd_commit'], ['end']]
    const seen = inPrivateRoot(
      shell,
      `${write(other, 'Port 2200\nPidFile none\n')}mkdir -p /run/sshd /root/.ssh; chmod 700 /root /root/.ssh
      ssh-keygen -q -t ed25519 -N '' -f /mnt/id; cp /mnt/id.pub /root/.ssh/authorized_keys; chown -R root:root /root
      ${units(service('ssh.service', '/usr/sbin/sshd -D'))}/usr/sbin/sshd -f ${other}
      listens() { ss -Hltn "sport = :$1" | grep -q .; }
      until listens 2200; do sleep 0.01; done
      { echo "{ :; limit=600"; cat $scripts/limit.sh $scripts/batch.sh; echo }; } >/mnt/program
      ${write('/mnt/run', `PATH=/mnt/bin:$PATH:/usr/sbin exec ${shell} -c 't=$(cat /mnt/program); eval "$t"'\n`)}
      ssh="ssh -i /mnt/id -p 2200 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/mnt/known root@127.0.0.1"
      printf '%s\\n' ${steps.map(fields => `'${fields.join('\x1f')}'`).join(' ')} |
        $ssh sh /mnt/run && echo done
      ! listens 2201 || echo 'read anew'`,
    )
    expect(linesOf(seen)).toEqual(['done', 'read anew'])
  })

  test('a program of another user that calls itself sshd, where a PID file still leads, is not asked how it was started', () => {
    const seen = inPrivateRoot(
      shell,
      `${units()}cp /bin/sleep /mnt/sshd; setpriv --reuid nobody --clear-groups /mnt/sshd 1000 1000 &
      until [ "$(cat /proc/$!/comm)" = sshd ]; do :; done
      echo $! >/run/sshd.pid
      ${lookAtA}kill $!`,
    )
    expect(snapshotOf(seen).sshdMain).toBe('/etc/ssh/sshd_config')
  })

  test('behind an idle socket sshd’s folder is made, what is on disk counts, and nobody has to read it anew', () => {
    const seen = inPrivateRoot(
      shell,
      `${units(service('ssh.service', '/usr/sbin/sshd -D'), socket)}rm -rf /run/sshd
      ${batch(['sshd_put', dropIn, text], ['sshd_commit'])}rm -rf /run/sshd; ${lookAtA}grep try /mnt/systemctl.log`,
    )
    const on = snapshotOf(seen)
    expect(on).toMatchObject({ sshdError: null, unread: [], sshdBehindSocket: true })
    expect(on.sshd['tun-a']?.permitopen).toBe('far:22')
    expect(linesOf(seen).at(-1)).toBe('systemctl try-restart ssh.service')
  })
})

test('an sshd that takes no Include is told', () => {
  const old = `printf '#!/bin/sh\\n[ "$*" != "-t -f /dev/stdin" ] || { echo "/dev/stdin: line 1: Bad configuration option: Include"; exit 255; }\\nexec /usr/sbin/sshd "$@"\\n' >/mnt/bin/sshd; chmod 755 /mnt/bin/sshd\n`
  const seen = (more: string) =>
    snapshotOf(inPrivateRoot('dash', `sed -i '/^Include/d' /etc/ssh/sshd_config\n${more}${lookAtA}`))
  expect(seen('').sshdIncludes).toBe(true)
  expect(seen(old).sshdIncludes).toBe(false)
})

test('on a host as Red Hat makes it ours comes first, and what its policy leaves out is named where it stands', () => {
  const policy = '/etc/crypto-policies/back-ends/opensshserver.config'
  const seen = inPrivateRoot(
    'dash',
    `${write('/etc/ssh/sshd_config', 'Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile .ssh/authorized_keys\n')}
    ${write('/etc/ssh/sshd_config.d/50-redhat.conf', `# of the vendor\nInclude ${policy}\nUsePAM yes\nPermitOpen none\n`)}
    ${write(policy, '# FIPS\nPubkeyAcceptedAlgorithms rsa-sha2-256,rsa-sha2-512\n')}${write('/etc/sysconfig/sshd', 'OPTIONS=""\n')}
    ${units(none('ssh.service'), service('sshd.service', '/usr/sbin/sshd -D $OPTIONS', { EnvironmentFiles: '/etc/sysconfig/sshd (ignore_errors=yes)' }))}
    ${batch(['sshd_put', dropIn, text], ['sshd_commit'])}${lookAtA}grep try /mnt/systemctl.log`,
  )
  const on = snapshotOf(seen)
  expect(whyNotFirst(on, dropIn, 'Match User tun-a\n    PermitOpen far:22\n')).toBeNull()
  expect(on.sshd['tun-a']?.permitopen).toBe('far:22')
  expect(linesOf(seen).at(-1)).toBe('systemctl try-reload-or-restart sshd.service')
  expect(letsIn(on, { account: 'tun-a', address: null, server: null, stands: false }, 'middle')).toMatchObject({
    code: 'sshd-denies',
    evidence: `PubkeyAcceptedAlgorithms is without ssh-ed25519, which a tunnel's key is (${policy}:2)`,
  })
})

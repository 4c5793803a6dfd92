// The undo log: whatever the verbs of an armed run have made, changed and removed, undoing puts back byte for byte.
import { encode } from '../../engine/host/quote'
import { scriptText } from '../../engine/parts/service/script-text'
import { batch, inPrivateRoot, linesOf, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const unit = (name: string) => `/etc/systemd/system/tunnel-${name}.service`
const folder = (name: string) => `/etc/ssh-tunnels/${name}`

const make = (name: string, text: string): string[][] => [
  ['account_add', `tun-${name}`, '/usr/sbin/nologin', `ssh-tunnels me`],
  ['manager_skip', `tun-${name}`, name, encode('[Unit]\n')],
  ['key_make', `${folder(name)}/key`, `tun-${name}`],
  ['file_put', `${folder(name)}/known_hosts`, '644', encode(text)],
  ['sshd_put', `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`, encode(`# ${text}\n`)],
  ['sshd_commit'],
  ['unit_put', unit(name), encode(text)],
  ['unit_enable', `tunnel-${name}.service`],
  ['units_reload'],
]
const remove = (name: string): string[][] => [
  ['unit_remove', `tunnel-${name}.service`],
  ['units_end'],
  ['sshd_remove', `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`],
  ['sshd_commit'],
  ['files_remove', `${folder(name)}/key`, `${folder(name)}/known_hosts`],
  ['manager_unskip', name],
  ['account_remove', `tun-${name}`],
]
const arm = ['guard_arm', 'r1', '0:600', encode('end\n')]
/** It says what it could not do. */
const undo = 'sh /var/lib/ssh-tunnels/undo-r1/undo || echo partly\n'
const before = 'listing /etc >/mnt/before; cp -a /var/lib/ssh-tunnels /mnt/lib 2>/dev/null || mkdir /mnt/lib\n'
/** The next batch clears what was undone. */
const after = `${batch()}listing /etc >/mnt/after; same /etc /mnt/before /mnt/after
mkdir -p /var/lib/ssh-tunnels; diff -r /mnt/lib /var/lib/ssh-tunnels\n`
const changes: readonly (readonly [string, string[][]])[] = [
  ['a tunnel is made', make('b', 'b')],
  ['a tunnel is removed', remove('a')],
  ['one is made, and one removed', [...make('b', 'b'), ...remove('a')]],
  ['one is removed and made anew', [...remove('a'), ...make('a', 'other')]],
  [
    'one is changed',
    [
      ['account_set', 'tun-a', '/bin/sh', 'ssh-tunnels me'],
      ['unit_put', unit('a'), encode('other')],
      ['file_put', `${folder('a')}/known_hosts`, '600', encode('other')],
    ],
  ],
]

/** Of a tunnel whose server nobody is: ssh ends, and is begun anew. */
const script = (supervisor: 'sysvinit' | 'pidfile', tunnel: string) =>
  scriptText(supervisor, {
    tunnel,
    owner: 'me',
    description: tunnel,
    account: `tun-${tunnel}`,
    key: `${folder(tunnel)}/key`,
    knownHosts: `${folder(tunnel)}/known_hosts`,
    interval: 30,
    countMax: 3,
    forwards: [],
    command: 'ssh',
    server: { address: '127.0.0.1', port: 1 },
    login: 'tun-a',
    bindsPrivileged: false,
    socketMode: '660',
    isAlterable: false,
  })
const keep = (supervisor: 'sysvinit' | 'pidfile', name: string): string[][] => [
  ['account_add', `tun-${name}`, '/usr/sbin/nologin', `ssh-tunnels me`],
  ['service_put', supervisor, name, encode(script(supervisor, name))],
  ...(supervisor === 'sysvinit' ? [['service_enable', supervisor, name]] : []),
  ['service_start', supervisor, name],
]
const init = `for level in 0 1 2 3 4 5 6; do mkdir -p /etc/rc$level.d; done; mkdir -p /etc/init.d
printf 'TARGETS = ssh rc.local\nINTERACTIVE =\nrc.local: ssh\n' >/etc/init.d/.depend.start
`
const status = (supervisor: 'sysvinit' | 'pidfile', name: string) =>
  `${supervisor === 'sysvinit' ? `/etc/init.d/tunnel-${name}` : `${folder(name)}/service`} status 2>/dev/null | cut -c 1-3\n`

describe.each(shells)('under %s', shell => {
  test.each(['sysvinit', 'pidfile'] as const)(
    'scripts that %s starts are taken back, and run as they did',
    supervisor => {
      const all = [
        ['service_leave', supervisor, 'a'],
        ...keep(supervisor, 'b'),
        ['service_remove', supervisor, 'a'],
        ['account_remove', 'tun-a'],
      ]
      const seen = inPrivateRoot(
        shell,
        `${init}${batch(...keep(supervisor, 'a'))}${before}${batch(arm, ...all)}${status(supervisor, 'a')}${status(supervisor, 'b')}${undo}${status(
          supervisor,
          'a',
        )}${status(supervisor, 'b')}${after}ls /run/ssh-tunnels-services/*.pid
      head -n 1 /etc/init.d/.depend.start`,
      )
      expect(linesOf(seen)).toEqual([
        'exit 0',
        'armed r1',
        'exit 0',
        'ssh',
        'ssh',
        'exit 0',
        '/etc same',
        '/run/ssh-tunnels-services/a.pid',
        `TARGETS = ssh rc.local${supervisor === 'sysvinit' ? ' tunnel-a' : ''}`,
      ])
    },
  )

  test.each(changes)('%s: all of it is taken back', (_what, steps) => {
    const seen = inPrivateRoot(shell, `${batch(...make('a', 'a'))}${before}${batch(arm, ...steps)}${undo}${after}`)
    expect(linesOf(seen)).toEqual(['exit 0', 'armed r1', 'exit 0', 'exit 0', '/etc same'])
  })

  test('the first tunnel of a host is taken back, and the backups of its accounts', () => {
    const seen = inPrivateRoot(shell, `${before}${batch(arm, ...make('b', 'b'))}${undo}${after}`)
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'exit 0', '/etc same'])
  })

  test('a batch that fails on its way is taken back', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(...make('a', 'a'))}${before}${batch(arm, ...make('b', 'b'), ...remove('a'), ['no_such_verb'])}${undo}${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'armed r1', 'failed 17', 'exit 127', 'exit 0', '/etc same'])
  })

  test('an account that somebody has made since stays, though it has got the number of ours', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(...make('a', 'a'))}
      ${batch(arm, ...make('b', 'b'), ...remove('a'))}useradd --system --uid 999 other
      ${undo}grep -h '^other:\\|^tun-' /etc/passwd /etc/group /etc/shadow | cut -d : -f 1 | sort | uniq -c | tr -s ' '
      stat -c '%U:%G %a' ${folder('a')}/key`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'armed r1', 'exit 0', ' 3 other', ' 3 tun-a', 'root:tun-a 640'])
  })

  test('an account that somebody changes while the batch runs is as he has left it', () => {
    const seen = inPrivateRoot(
      shell,
      `useradd --system other
      ${batch(arm, ...make('b', 'b'), ['sh', '-c', 'usermod --shell /bin/false other'])}${undo}
      grep '^other:\\|^tun-' /etc/passwd | cut -d : -f 1,7`,
    )
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'other:/bin/false'])
  })

  test('what somebody has written since into a file that we share with him is kept beside it, and told', () => {
    const include = ['sshd_include', '/etc/ssh/sshd_config']
    const seen = inPrivateRoot(
      shell,
      `cp /etc/ssh/sshd_config /mnt/config
      ${batch(arm, include, ...make('b', 'b'))}echo '# theirs' >>/etc/ssh/sshd_config
      ${undo}cmp /etc/ssh/sshd_config /mnt/config && echo as before
      tail -n 1 /var/lib/ssh-tunnels/undo-r1/log/*.theirs; ${batch()}ls -d /var/lib/ssh-tunnels/undo-r1`,
    )
    expect(linesOf(seen)).toEqual([
      'armed r1',
      'exit 0',
      expect.stringMatching(
        /^not all could be put back as it is: somebody else has changed \/etc\/ssh\/sshd_config since/,
      ),
      'failed 0',
      'not all could be put back: sshd',
      'partly',
      'as before',
      '# theirs',
      'exit 0',
      '/var/lib/ssh-tunnels/undo-r1',
    ])
  })

  test('a disk that has become full meanwhile keeps nothing from going back', () => {
    const seen = inPrivateRoot(
      shell,
      `mkdir /small; mount -t tmpfs -o size=12m small /small; cp -a /etc /small/etc; cp -a /var/lib /small/lib
      mount --bind /small/etc /etc; mount --bind /small/lib /var/lib
      ${batch(...make('a', 'a'))}${before}${batch(arm, ...make('a', 'other').slice(3))}
      head -c 100M /dev/zero >/small/full 2>/dev/null || :
      ${undo}rm /small/full
      ${after}`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'armed r1', 'exit 0', 'exit 0', '/etc same'])
  })

  test('what could not go back is tried again by hand', () => {
    const drop = '/etc/ssh/sshd_config.d/10-ssh-tunnels-b.conf'
    const seen = inPrivateRoot(
      shell,
      `${before}${batch(arm, ...make('b', 'b'))}echo 'Bogus yes' >/etc/ssh/sshd_config.d/99-x.conf
      ${undo}ls ${drop} 2>/dev/null || echo gone; rm /etc/ssh/sshd_config.d/99-x.conf
      ${undo}${after}`,
    )
    const told = linesOf(seen).filter(line => !line.startsWith('failed'))
    expect(told.slice(2, -2)).toEqual([
      expect.stringMatching(/^sshd has not read what was put back: .*99-x.conf/),
      'not all could be put back: sshd',
      'partly',
      'gone',
    ])
    expect(told.slice(-2)).toEqual(['exit 0', '/etc same'])
  })

  test('a file that we share and nobody else has touched goes back without a word, however often it was changed', () => {
    const include = ['sshd_include', '/etc/ssh/sshd_config']
    const steps = [arm, include, ...make('b', 'b'), ...remove('b'), include, ...make('c', 'c')]
    const seen = inPrivateRoot(shell, `${before}${batch(...steps)}${undo}${after}`)
    expect(linesOf(seen)).toEqual(['armed r1', 'exit 0', 'exit 0', '/etc same'])
  })

  test('a unit that waits for its next try runs again', () => {
    const seen = inPrivateRoot(
      shell,
      `${batch(...make('a', 'a'))}cat >/mnt/bin/systemctl <<'END'
#!/bin/sh
case $* in
  is-active*) echo activating; exit 3 ;;
  start*) echo "$*" >>/mnt/started ;;
esac
END
      ${batch(arm, ['unit_remove', 'tunnel-a.service'], ['units_end'])}${undo}cat /mnt/started`,
    )
    expect(linesOf(seen)).toEqual(['exit 0', 'armed r1', 'exit 0', 'start --no-block tunnel-a.service'])
  })
})

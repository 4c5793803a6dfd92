// The reading script: changes nothing, tells no secret, and parseSnapshot reads what it prints.
import { parseSnapshot } from '../../engine/look/snapshot'
import { watcher } from '../../engine/parts/watcher'
import { scripts } from '../../engine/remote/texts'
import { derive } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { batch, type Ended, inPrivateRoot, linesOf, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const key = '/etc/ssh-tunnels/a/key'
const furnish = `${batch(['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels me'], ['key_make', key, 'tun-a'])}
  ${write('/etc/ssh-tunnels/a/known_hosts', 'middle ssh-ed25519 AAAA\n')}${write('/etc/ssh-tunnels/b/authorized_keys', 'restrict ssh-ed25519 AAAA tun\n')}
  ${write('/etc/ssh-tunnels/b/firewall.nft', '# none\n')}${write('/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf', 'Match User tun-a\n  PermitOpen far:22 far:80\n  GatewayPorts no\n')}
  ${write('/etc/systemd/system/tunnel-a.service', '[Service]\nExecStart=/bin/true\n')}
  cp -p ${key} ${key}.old; cp -p ${key} /etc/ssh-tunnels/a/id_ed25519; mkdir -p /etc/ssh-tunnels/a/.ssh-tunnels.XYZ; cp ${key} /etc/ssh-tunnels/a/.ssh-tunnels.XYZ/key
  mkdir -p /run/sshd; nft -f /etc/nftables.conf\n`

/** The snapshot's own records: what it printed between the exit codes of batches. */
const snapshotOf = ({ stdout }: Ended) =>
  parseSnapshot(
    stdout
      .split('\n')
      .filter(line => line.includes('\x1f'))
      .join('\n'),
  )

/** A tunnel of which this host proves far. */
const watched = (name: string) => {
  const input: Tunnel = {
    name,
    forward: 'remote',
    client: { name: 'near', address: '198.51.100.10' },
    server: { name: 'middle', address: '203.0.113.20' },
    listen: '203.0.113.20:8080',
    far: 'far:80',
    watch: {},
  }
  const placed = derive({ type: 'tunnel', input }, {}).placed.find(({ kind }) => kind === 'watcher')
  if (placed?.kind !== 'watcher' || placed.want === null) throw new Error('nobody watches it')
  return { ...placed, want: placed.want }
}

describe.each(shells)('under %s', shell => {
  test('of many watched tunnels a look carries no program, tells each by its checksum, and starts no more processes', () => {
    const all = ['a', 'b', 'c'].map(watched)
    const files = all.flatMap(({ at }) => at.files.map(({ path, text }) => write(path, text))).join('')
    const count = `mkdir -p /mnt/bin; printf '#!/bin/sh\\necho asked >>/mnt/asked\\nexec /usr/bin/sha256sum "$@"\\n' >/mnt/bin/sha256sum; chmod 755 /mnt/bin/*\n`
    const names = ['a', 'b', 'c']
    const looks = [names.slice(0, 1), names].map(some => look(...some.map(name => ['look_tunnel', name])))
    const [first = '', second = ''] = inPrivateRoot(
      shell,
      `${files}${count}${looks[0]}echo between\n${looks[1]}cat /mnt/asked\n`,
    ).stdout.split('between\n')
    const longer = (second.length - first.length) / 2
    expect(longer).toBeGreaterThan(100)
    expect(longer).toBeLessThan(scripts.prove.text.length)
    expect(second.split('\n').filter(line => line === 'asked')).toHaveLength(2)
    const on = snapshotOf({ stdout: second, stderr: '' })
    for (const { at, want } of all) expect(watcher.observe(on, at)?.filesSha256).toBe(want.filesSha256)
    expect(on.histories.c).toMatchObject({ checked: null, begun: expect.any(Number) })
  })

  test('the snapshot changes nothing, not even a time', () => {
    const times = '%Ts %Cs %i'
    const list = (name: string) =>
      `for folder in /etc /run /var/lib /var/log; do listing $folder '${times}'; done >/mnt/${name}; nft list ruleset >>/mnt/${name}\n`
    const seen = inPrivateRoot(
      shell,
      `${furnish}${list('before')}look_all >/dev/null\n${list('after')}same all /mnt/before /mnt/after`,
    )
    expect(seen.stdout).toMatch(/all same\n$/)
    expect(seen.stderr).toBe('')
  })

  test('the snapshot never tells a private key, nor a copy of one, in plain or in base64', () => {
    const seen = inPrivateRoot(shell, `${furnish}look_all`)
    const values = seen.stdout
      .split('\n')
      .flatMap(line => line.split('\x1f'))
      .map(value => Buffer.from(value, 'base64').toString('latin1'))
    for (const text of [seen.stdout, ...values]) expect(text).not.toMatch(/PRIVATE KEY|openssh-key-v1|b3BlbnNzaC1rZXkt/)
    expect(snapshotOf(seen).keys[key]).toMatch(/^ssh-ed25519 AAAA/)
  })

  test('what the snapshot prints is read into accounts, files, keys and effective values', () => {
    const on = snapshotOf(inPrivateRoot(shell, `${furnish}look_all`))
    expect(on.accounts).toEqual({
      'tun-a': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels me', uid: expect.any(Number) },
    })
    expect(Object.keys(on.files)).toEqual(
      expect.arrayContaining([
        '/etc/ssh-tunnels/a/known_hosts',
        '/etc/ssh-tunnels/b/authorized_keys',
        '/etc/ssh-tunnels/b/firewall.nft',
        '/etc/ssh/sshd_config',
        '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf',
        '/etc/nftables.conf',
        '/etc/systemd/system/tunnel-a.service',
      ]),
    )
    expect(on.files['/etc/ssh-tunnels/b/authorized_keys']).toEqual({
      mode: '644',
      owner: 'root:root',
      text: 'restrict ssh-ed25519 AAAA tun\n',
    })
    expect(on.sshd['tun-a']).toMatchObject({
      permitopen: 'far:22 far:80',
      gatewayports: 'no',
      allowtcpforwarding: 'yes',
    })
    expect(on.sshd['*']).toMatchObject({ permitopen: 'any', maxstartups: '10:30:100' })
    expect({ ...on, hostKeys: on.hostKeys.length > 0 }).toMatchObject({
      hostKeys: true,
      sshdError: null,
      missing: [],
      filter: 'known',
      addresses: ['127.0.0.1', '::1'],
      listeners: [],
    })
  })

  test('a warning of sshd -t is no error, a mistake is one, in sshd’s words', () => {
    const config = '/etc/ssh/sshd_config.d/50-foreign.conf'
    const script = (text: string) => `mkdir -p /run/sshd\n${write(config, text)}look_all`
    expect(snapshotOf(inPrivateRoot(shell, script('UsePrivilegeSeparation yes\n'))).sshdError).toBeNull()
    expect(snapshotOf(inPrivateRoot(shell, script('Nonsense yes\n'))).sshdError).toMatch(/50-foreign\.conf.*Nonsense/)
  })

  test('a host with nothing of ours, no nft and no sshd is read too, and says what it lacks', () => {
    const seen = inPrivateRoot(
      shell,
      `mkdir /mnt/few; for program in awk base64 cat flock getent grep ip mktemp ss ssh ssh-keygen stat uname xargs; do ln -s "$(command -v $program)" /mnt/few/; done
      mount -t tmpfs none /usr/local/sbin; mount -t tmpfs none /usr/sbin; mount -t tmpfs none /sbin || :
      $under -c "PATH=/mnt/few; $(cat "$scripts/look.sh")" look <<END
$(printf 'look_programs\\037sshd useradd userdel groupdel nologin systemctl\\nlook_whole\\nend')
END`,
    )
    const on = snapshotOf(seen)
    expect(on.missing).toEqual(
      expect.arrayContaining(['sshd', 'useradd', 'userdel', 'groupdel', 'nologin', 'systemctl']),
    )
    expect({ nft: on.nft, sshd: on.sshd, keys: on.keys, accounts: on.accounts, units: on.units }).toEqual({
      nft: null,
      sshd: {},
      keys: {},
      accounts: {},
      units: {},
    })
  })

  test('only host keys that sshd offers are recorded, and all of them while sshd cannot tell', () => {
    const types = (script: string) =>
      snapshotOf(inPrivateRoot(shell, `ssh-keygen -A >/dev/null\n${script}look_all`))
        .hostKeys.map(text => text.split(' ')[0])
        .sort()
    const config = write('/etc/ssh/sshd_config.d/50-foreign.conf', 'HostKey /etc/ssh/ssh_host_rsa_key\n')
    expect(types(`mkdir -p /run/sshd\n${config}`)).toEqual(['ssh-rsa'])
    expect(types(`printf '#!/bin/sh\\nexit 1\\n' >/mnt/bin/sshd; chmod 755 /mnt/bin/sshd\n${config}`)).toEqual([
      'ecdsa-sha2-nistp256',
      'ssh-ed25519',
      'ssh-rsa',
    ])
  })

  test('effective values are those for the address of the client that our drop-in names, and only for an address', () => {
    const effective = (comment: string) => {
      const ours = `${comment}\nMatch User tun-a\n  GatewayPorts no\n`
      const foreign = 'Match Address 198.51.100.10\n  GatewayPorts yes\n'
      const folder = '/etc/ssh/sshd_config.d'
      const files = `${write(`${folder}/00-foreign.conf`, foreign)}${write(`${folder}/10-ssh-tunnels-a.conf`, ours)}`
      const on = snapshotOf(inPrivateRoot(shell, `mkdir -p /run/sshd\n${files}look_all`))
      return on.sshd['tun-a']?.gatewayports
    }
    expect(effective('# client 198.51.100.10')).toBe('yes')
    expect(effective('# client 2001:db8::10')).toBe('no')
    expect(effective('# client 198.51.100.10,user=root')).toBe('no')
    expect(effective('# a comment')).toBe('no')
  })

  test('effective values are those for the address and port at which the client finds sshd, by number or by name', () => {
    const effective = (notes: string, further = '') => {
      const folder = '/etc/ssh/sshd_config.d'
      const foreign = 'Match LocalAddress 203.0.113.20 LocalPort 2222\n  GatewayPorts yes\n'
      const ours = `# Made by us\n${notes}Match User tun-a\n  GatewayPorts no\n`
      const files = `${write(`${folder}/00-foreign.conf`, foreign)}${write(`${folder}/10-ssh-tunnels-a.conf`, ours)}`
      const on = snapshotOf(inPrivateRoot(shell, `mkdir -p /run/sshd\n${files}${further}\nlook_all`))
      return on.sshd['tun-a']?.gatewayports
    }
    const client = '# client 198.51.100.10\n'
    expect(effective(`${client}# server 203.0.113.20 2222\n`)).toBe('yes')
    expect(effective(`${client}# server middle.example 2222\n`, 'echo 203.0.113.20 middle.example >>/etc/hosts')).toBe(
      'yes',
    )
    expect(effective(`${client}# server 203.0.113.20 22\n`)).toBe('no')
    expect(effective(`${client}# server 203.0.113.20 2222,user=root\n`)).toBe('no')
    // Behind a translation of addresses we arrive where the client does.
    const own = 'ip address add 203.0.113.20/24 dev lo; export SSH_CONNECTION="192.0.2.1 5 203.0.113.20 2222"'
    expect(effective(`${client}# server 192.0.2.99 22\n`, own)).toBe('yes')
    expect(effective(`${client}# server 203.0.113.20 22\n`, own)).toBe('no')
    const sudo = write('/mnt/bin/sudo', '#!/bin/sh\nenv -u SSH_CONNECTION "$@"\n:\n')
    const dropped = `${own}\n${sudo}chmod 755 /mnt/bin/sudo; under="sudo $under"`
    expect(effective(`${client}# server 192.0.2.99 22\n`, dropped)).toBe('yes')
  })

  test('a file of ours that is newer than a session of its account shows, and no other', () => {
    const files = ['/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf', '/etc/ssh-tunnels/a/authorized_keys']
    const session = (account: string) =>
      `setpriv --reuid ${account} --clear-groups /mnt/bin/sshd-session 99 & until pgrep -u ${account} -x sshd-session >/dev/null; do :; done\n`
    const add = (name: string) => batch(['account_add', `tun-${name}`, '/usr/sbin/nologin', 'ssh-tunnels me'])
    const put = (path: string) => write(path, '# ours\n')
    const seen = inPrivateRoot(
      shell,
      `mkdir -p /run/sshd; cp "$(command -v sleep)" /mnt/bin/sshd-session
      ${add('a')}${add('b')}${add('c')}${put(files[0] ?? '')}${put('/etc/ssh/sshd_config.d/10-ssh-tunnels-c.conf')}sleep 0.05
      ${session('tun-a')}${session('tun-b')}${session('tun-c')}sleep 0.05; ${put(files[1] ?? '')}${put('/etc/ssh/sshd_config.d/10-ssh-tunnels-b.conf')}
      look_all; echo ---; touch -d 'now + 1 hour' ${files.join(' ')}; look_all`,
    )
    const [now = '', then = ''] = seen.stdout.split('---\n')
    expect([...snapshotOf({ stdout: now, stderr: '' }).outlived].sort()).toEqual(
      [files[1], '/etc/ssh/sshd_config.d/10-ssh-tunnels-b.conf'].sort(),
    )
    expect([...snapshotOf({ stdout: now, stderr: '' }).sessions].sort()).toEqual(['tun-a', 'tun-b', 'tun-c'])
    expect(snapshotOf({ stdout: then, stderr: '' }).outlived).toEqual(['/etc/ssh/sshd_config.d/10-ssh-tunnels-b.conf'])
  })

  test('what is left of a tunnel is found whatever it is called, also when its account is gone', () => {
    const names = ['web', 'tunnel-web', 'ssh-tunnels-web', '10-ssh-tunnels-web']
    const script = names.map(name => write(`/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`, '# ours\n')).join('')
    const on = snapshotOf(inPrivateRoot(shell, `mkdir -p /run/sshd\n${script}look_all`))
    const found = Object.keys(on.files).filter(path => path.includes('/10-ssh-tunnels-'))
    expect(found.sort()).toEqual(names.map(name => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`).sort())
  })

  test('units are asked for by file, by what runs, and by links for the next boot', () => {
    const systemctl = `#!/bin/sh
      case $1 in
        list-units) echo 'tunnel-runs.service not-found active running tunnel-runs.service' ;;
        show) shift 3; for unit; do printf 'Id=%s\\nLoadState=loaded\\n\\n' "$unit"; done ;;
      esac`
    const on = snapshotOf(
      inPrivateRoot(
        shell,
        `${furnish}${write('/mnt/bin/systemctl', systemctl)}mkdir -p /etc/systemd/system/multi-user.target.wants
        ln -s /etc/systemd/system/tunnel-link.service /etc/systemd/system/multi-user.target.wants/
        look_all`,
      ),
    )
    const ours = ['a', 'b', 'link', 'runs'].map(name => `tunnel-${name}.service`)
    expect(Object.keys(on.units)).toEqual([...ours, 'nftables.service'])
    expect(on.wantedUnits).toEqual(['tunnel-link.service'])
  })

  test.each([
    [
      'an nft without JSON',
      write('/mnt/bin/nft', '#!/bin/sh\necho "Error: JSON support not compiled-in" >&2\nexit 1\n') +
        'chmod 755 /mnt/bin/nft\n',
      /JSON support/,
    ],
    [
      'rules of iptables-legacy and no program for them',
      'rm /usr/sbin/ip6tables*; mkdir -p /mnt/proc/net; { echo nat; echo filter; } >/mnt/proc/net/ip6_tables_names; mount --bind /mnt/proc /proc\n',
      /^ip6tables-legacy has tables, and no program/,
    ],
  ])('with %s it is unknown what filters', (_what, script, reason) => {
    const on = snapshotOf(inPrivateRoot(shell, `${script}look_all`))
    expect(on.filter).toBe('unknown')
    expect(on.filterReason).toMatch(reason)
  })

  test('a table nat of iptables-legacy does not matter', () => {
    const script =
      'mkdir -p /mnt/proc/net; echo nat >/mnt/proc/net/ip_tables_names; mount --bind /mnt/proc /proc\nlook_all'
    expect(snapshotOf(inPrivateRoot(shell, script)).filter).toBe('known')
  })

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

  test("somebody's files of names that no tunnel can have are not ours to ask about", () => {
    const unit = (name: string) =>
      write(`/etc/systemd/system/tunnel-${name}.service`, '[Service]\nExecStart=/bin/true\n')
    const seen = inPrivateRoot(
      shell,
      `${unit('vpn@')}${unit('A.B')}${unit('web')}look_all >/dev/null; grep show /mnt/systemctl.log`,
    )
    expect(seen.stdout).toMatch(/ -- tunnel-web\.service nftables\.service$/m)
    expect(seen.stdout).not.toContain('vpn@')
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

  test.each([
    ['that others can read', `chmod 644 ${key}`],
    ['of a group that others may be in', `chgrp users ${key}`],
    // It is not even read: it has no end that anybody would live to see.
    ['that its account can write', `chown tun-a ${key}; truncate -s 1T ${key}`],
  ])('a key %s shows as no good', (_what, spoil) => {
    const on = snapshotOf(inPrivateRoot(shell, `${furnish}${spoil}\nlook_all`))
    expect(on.keys[key]).toBe('')
  })
})

test('both shells read the same', () => {
  const script = shells.map(shell => `under='${shell}'\nlook_all\n`).join('')
  const [one, other] = inPrivateRoot('dash', script).stdout.split(/^exit 0\n/m)
  expect(other).toBe(one)
})

// The reading script: changes nothing, tells no secret, and parseSnapshot reads what it prints.
import { watcher } from '../../engine/parts/watcher'
import { scripts } from '../../engine/remote/texts'
import { derive } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { furnish, key, snapshotOf } from './furnished'
import { inPrivateRoot, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

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

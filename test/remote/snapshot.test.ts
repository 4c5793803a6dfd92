// The reading script: changes nothing, tells no secret, and parseSnapshot reads what it prints.
import { parseSnapshot } from '../../engine/snapshot'
import { batch, type Ended, inPrivateRoot, prepareRoot, shells, write } from './private-root'

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

describe.each(shells)('under %s', shell => {
  test('the snapshot changes nothing, not even a time', () => {
    const times = '%Ts %Cs %i'
    const list = (name: string) =>
      `for folder in /etc /run /var/lib /var/log; do listing $folder '${times}'; done >/mnt/${name}; nft list ruleset >>/mnt/${name}\n`
    const seen = inPrivateRoot(
      shell,
      `${furnish}${list('before')}run_script snapshot >/dev/null\n${list('after')}same all /mnt/before /mnt/after`,
    )
    expect(seen.stdout).toMatch(/all same\n$/)
    expect(seen.stderr).toBe('')
  })

  test('the snapshot never tells a private key, nor a copy of one, in plain or in base64', () => {
    const seen = inPrivateRoot(shell, `${furnish}run_script snapshot`)
    const values = seen.stdout
      .split('\n')
      .flatMap(line => line.split('\x1f'))
      .map(value => Buffer.from(value, 'base64').toString('latin1'))
    for (const text of [seen.stdout, ...values]) expect(text).not.toMatch(/PRIVATE KEY|openssh-key-v1|b3BlbnNzaC1rZXkt/)
    expect(snapshotOf(seen).keys[key]).toMatch(/^ssh-ed25519 AAAA/)
  })

  test('what the snapshot prints is read into accounts, files, keys and effective values', () => {
    const on = snapshotOf(inPrivateRoot(shell, `${furnish}run_script snapshot`))
    expect(on.accounts).toEqual({ 'tun-a': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels me' } })
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
    expect({ ...on, host: on.host !== '', hostKeys: on.hostKeys.length > 0 }).toMatchObject({
      host: true,
      hostKeys: true,
      sshdError: null,
      missing: [],
      addresses: ['127.0.0.1', '::1'],
      listeners: [],
      firewallManager: 'nftables',
    })
  })

  test('a warning of sshd -t is no error, a mistake is one, in sshd’s words', () => {
    const config = '/etc/ssh/sshd_config.d/50-foreign.conf'
    const script = (text: string) => `mkdir -p /run/sshd\n${write(config, text)}run_script snapshot`
    expect(snapshotOf(inPrivateRoot(shell, script('UsePrivilegeSeparation yes\n'))).sshdError).toBeNull()
    expect(snapshotOf(inPrivateRoot(shell, script('Nonsense yes\n'))).sshdError).toMatch(/50-foreign\.conf.*Nonsense/)
  })

  test('a host with nothing of ours, no nft and no sshd is read too, and says what it lacks', () => {
    const seen = inPrivateRoot(
      shell,
      `mkdir /mnt/few; for program in awk base64 cat flock getent grep ip mktemp ss ssh ssh-keygen stat uname xargs; do ln -s "$(command -v $program)" /mnt/few/; done
      mount -t tmpfs none /usr/local/sbin; mount -t tmpfs none /usr/sbin; mount -t tmpfs none /sbin || :
      $under -c "PATH=/mnt/few; $(cat "$scripts/snapshot.sh")" snapshot`,
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

  test('a key that others can read shows as no good', () => {
    const on = snapshotOf(inPrivateRoot(shell, `${furnish}chmod 644 ${key}\nrun_script snapshot`))
    expect(on.keys[key]).toBe('')
  })
})

test('both shells read the same', () => {
  const script = shells.map(shell => `under='${shell}'\nrun_script snapshot\n`).join('')
  const [one, other] = inPrivateRoot('dash', script).stdout.split(/^exit 0\n/m)
  expect(other).toBe(one)
})

// The reading script: what it says of sshd, its configuration, its host keys, its effective values and its sessions.
import { snapshotOf } from './furnished'
import { batch, inPrivateRoot, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

describe.each(shells)('under %s', shell => {
  test('a warning of sshd -t is no error, a mistake is one, in sshd’s words', () => {
    const config = '/etc/ssh/sshd_config.d/50-foreign.conf'
    const script = (text: string) => `mkdir -p /run/sshd\n${write(config, text)}look_all`
    expect(snapshotOf(inPrivateRoot(shell, script('UsePrivilegeSeparation yes\n'))).sshdError).toBeNull()
    expect(snapshotOf(inPrivateRoot(shell, script('Nonsense yes\n'))).sshdError).toMatch(/50-foreign\.conf.*Nonsense/)
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
})

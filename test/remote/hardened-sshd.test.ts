// What an administrator may have written for everybody does not keep a tunnel's account out, nor its forward: a real login with a real sshd.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { findAccessBar } from '../../engine/parts/pam-access'
import { letsIn } from '../../engine/parts/sshd-entry'
import { timeoutLines } from '../../engine/parts/sshd-timeouts'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { batch, inPrivateRoot, linesOf, look, prepareRoot, write } from './private-root'

beforeAll(prepareRoot)

const tunnel = {
  name: 'a',
  forward: 'remote' as const,
  listen: '203.0.113.20:2110',
  far: 'far:22',
  client: { name: 'near', address: '203.0.113.20' },
  server: { name: 'middle', address: '203.0.113.20', port: 2200 },
}
const placed = deriveTunnel(tunnel, {}).placed
const at = placed.find(one => one.kind === 'sshd')?.at
const options = placed.flatMap(one => (one.kind === 'authorized-key' ? [String(one.want?.options)] : []))[0]
const text = at && 'text' in at ? at.text : ''
const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf'

const prepare = `ip address add 203.0.113.20/24 dev lo; mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f /mnt/key; cp /mnt/key.pub /etc/ssh/ca.pub
  mkdir -p /etc/ssh-tunnels/a; printf '%s %s\\n' '${options}' "$(cat /mnt/key.pub)" >/etc/ssh-tunnels/a/authorized_keys\n`
const account = [['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels o']]
const put = ['sshd_put', dropIn, encode(text)]
const connect = (
  otherwise: string,
) => `ssh -F none -f -N -R ${tunnel.listen}:${tunnel.far} -p 2200 -i /mnt/key -o BatchMode=yes \\
  -o ExitOnForwardFailure=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/mnt/known tun-a@203.0.113.20 </dev/null ${otherwise}`

/** dev-sec.io and CIS, and whatever else may stand there. */
const profile = `Port 22
Port 2200
ListenAddress 127.0.0.1
ListenAddress 203.0.113.20
PermitRootLogin no
AllowTcpForwarding no
AllowStreamLocalForwarding no
AllowAgentForwarding no
DisableForwarding yes
GatewayPorts no
MaxSessions 2
MaxStartups 3:50:10
MaxAuthTries 2
LoginGraceTime 30
ClientAliveInterval 15
ClientAliveCountMax 0
PermitTunnel no
X11Forwarding no
UsePAM yes
AuthenticationMethods publickey,password
AuthorizedKeysFile none
TrustedUserCAKeys /etc/ssh/ca.pub
ChrootDirectory /nowhere/%u
ForceCommand internal-sftp
AllowUsers admin
AllowGroups admins
DenyUsers tun-* guest
DenyGroups tun-* guests
`

test.each([
  ['where the drop-ins come first', `Include /etc/ssh/sshd_config.d/*.conf\n${profile}`, false],
  ['without an Include', profile, true],
  ['with the Include in a Match block', `${profile}Match Group admins\nInclude /etc/ssh/sshd_config.d/*.conf\n`, true],
  [
    'behind a Match block that says no too',
    `${profile}Match all\nAllowTcpForwarding no\nAuthenticationMethods password\nInclude /etc/ssh/sshd_config.d/*.conf\n`,
    true,
  ],
])('%s a tunnel comes up in spite of a hardened profile', (_where, config, included) => {
  const steps = [...account, ...(included ? [['sshd_include', '/etc/ssh/sshd_config']] : []), put, ['sshd_commit']]
  const seen = inPrivateRoot(
    'dash',
    `${prepare}${write('/etc/ssh/sshd_config', config)}sshd -t; /usr/sbin/sshd -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    ${batch(...steps)}${connect('>/mnt/ssh.log 2>&1 || cat /mnt/ssh.log /mnt/sshd.log')}
    ss -Hltn 'sport = 2110' | awk '{ print $4 }'
    kill "$(cat /run/sshd.pid)"`,
  )
  expect(linesOf(seen)).toEqual(['exit 0', '203.0.113.20:2110'])
})

/** A key that is taken, and then PAM has its say. */
test.each([
  ['+ : root tun-a : ALL', null],
  ['+ : root : ALL', '/etc/security/access.conf:2'],
  ['+ : tun-a : 203.0.113.0/24', null],
  ['+ : tun-a : 198.51.100.0/24', '/etc/security/access.conf:2'],
  ['- : ALL EXCEPT tun-a : ALL EXCEPT 203.0.113.20', '/etc/security/access.conf:2'],
])('with %j of pam_access, and nobody else, PAM does what we read: %s', (line, bar) => {
  const seen = inPrivateRoot(
    'dash',
    `${prepare}sed -i '/pam_nologin/a account required pam_access.so' /etc/pam.d/sshd
    printf '%s\\n- : ALL : ALL\\n' '${line}' >/etc/security/access.conf
    /usr/sbin/sshd -p 2200 -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    ${batch(...account, put, ['sshd_commit'])}${connect('>/mnt/ssh.log 2>&1 || cat /mnt/ssh.log /mnt/sshd.log >/mnt/why')}
    ss -Hltn 'sport = 2110' | awk '{ print $4 }'
    ${look(['look_tunnel', 'a'])}kill "$(cat /run/sshd.pid)"`,
  )
  expect(findAccessBar(parseSnapshot(seen.stdout), { account: 'tun-a', address: '203.0.113.20' })).toEqual(
    bar === null ? null : { line: bar, sure: true },
  )
  const lines = linesOf(seen).filter(line => !line.includes('\x1f'))
  expect(lines[1]).toBe(bar === null ? '203.0.113.20:2110' : 'exit 0')
})

test('a tunnel stays where everybody else who is idle is sent away', () => {
  const profile = 'UnusedConnectionTimeout 1\nChannelTimeout *=1\nPort 2200\nInclude /etc/ssh/sshd_config.d/*.conf\n'
  const begin = `${prepare}${write('/etc/ssh/sshd_config', profile)}`
  const on = parseSnapshot(inPrivateRoot('dash', `${begin}${look(['look_tunnel', 'a'])}`).stdout)
  const other =
    'ssh -F none -N -R 203.0.113.20:2111:far:22 -p 2200 -i /mnt/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/mnt/known tun-b@203.0.113.20'
  const seen = inPrivateRoot(
    'dash',
    `${begin}/usr/sbin/sshd -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    ${batch(...account, ['account_add', 'tun-b', '/usr/sbin/nologin', 'ssh-tunnels o'])}
    ${write('/etc/ssh/sshd_config.d/10-b.conf', 'Match User tun-b\nAuthorizedKeysFile /mnt/key.pub\nGatewayPorts yes\n')}
    ${batch(['sshd_put', dropIn, encode(text + timeoutLines(on))], ['sshd_commit'])}
    sshd -T -C user=tun-a,host=x,addr=203.0.113.20,laddr=203.0.113.20,lport=2200 | grep -E '^(channel|unused)'
    ${connect('>/mnt/ssh.log 2>&1 || cat /mnt/ssh.log /mnt/sshd.log')}
    ${other} </dev/null >/dev/null 2>&1 || :
    ss -Hltn '( sport = 2110 or sport = 2111 )' | awk '{ print $4 }'
    kill "$(cat /run/sshd.pid)"`,
  )
  expect(linesOf(seen)).toEqual([
    'exit 0',
    'exit 0',
    'unusedconnectiontimeout none',
    'channeltimeout *=0',
    '203.0.113.20:2110',
  ])
})

test.each([
  ['AllowUsers admin\nAllowGroups admins', ['exit 0', '203.0.113.20:2110']],
  ['DenyUsers tun-*', ['exit 0', 'not allowed because listed in DenyUsers']],
  ['DenyGroups guest tun-a', ['exit 0', 'not allowed because a group is listed in DenyGroups']],
])('of a Match block about the account that says %j is read beforehand what sshd does', (lines, done) => {
  const config = `Port 2200\nInclude /etc/ssh/sshd_config.d/*.conf\nMatch User tun-*\n${lines}\n`
  const seen = inPrivateRoot(
    'dash',
    `${prepare}${write('/etc/ssh/sshd_config', config)}${look(['look_tunnel', 'a'])}
    /usr/sbin/sshd -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    ${batch(...account, put, ['sshd_commit'])}${connect('>/mnt/ssh.log 2>&1 || grep -o "not allowed because.*listed in Deny[A-Za-z]*" /mnt/sshd.log')}
    ss -Hltn 'sport = 2110' | awk '{ print $4 }'
    kill "$(cat /run/sshd.pid)"`,
  )
  expect(
    linesOf(seen)
      .filter(line => !line.includes('\x1f'))
      .slice(1),
  ).toEqual(done)
  const coming = { account: 'tun-a', address: '203.0.113.20', server: { address: '203.0.113.20', port: 2200 } }
  const { status, evidence } = letsIn(parseSnapshot(seen.stdout), { ...coming, stands: false }, 'middle')
  expect({ status, evidence }).toEqual(
    done.length === 2 && !done[1]?.startsWith('not')
      ? { status: 'ok', evidence: undefined }
      : { status: 'fail', evidence: `${lines.split(' ')[0]} ${lines.split(' ').at(-1)} (/etc/ssh/sshd_config:4)` },
  )
})

// Small readers of the parts: who wins over our drop-in, who manages a firewall, which chains close, how networks are spelled.
import { canonicalNetwork } from '../../engine/parts/network'
import { findManager, readRuleset } from '../../engine/parts/ruleset'
import { findWinner, includesDropIns } from '../../engine/parts/sshd'
import { readCase, snapshotOf } from './cases'

const ours = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
const folder = '/etc/ssh/sshd_config.d'
const winner = (setting: string, value: string, files: Record<string, string[]>) =>
  findWinner(snapshotOf({ files: { [ours]: [`${setting} ${value}`], ...files } }), setting, value, ours)

test('the winner is the first foreign line that sets the value, drop-ins before the main file', () => {
  const files = {
    '/etc/ssh/sshd_config': ['AllowTcpForwarding no'],
    [`${folder}/50-b.conf`]: ['AllowTcpForwarding no'],
    [`${folder}/00-a.conf`]: ['# AllowTcpForwarding no', 'AllowTcpForwarding yes', '  allowtcpforwarding   no'],
  }
  expect(winner('allowTcpForwarding', 'no', files)).toBe(`${folder}/00-a.conf:3`)
  expect(winner('allowTcpForwarding', 'local', files)).toBeNull()
})

test.each([
  'GatewayPorts=yes',
  'GatewayPorts\t"yes"',
  'gatewayports yes # for the old printer',
  '  GatewayPorts = yes  ',
])('the line %j is found however sshd_config allows to write it', line => {
  expect(winner('gatewayPorts', 'yes', { '/etc/ssh/sshd_config': ['', line] })).toBe('/etc/ssh/sshd_config:2')
})

test('a list that won is found, as converge gives it: divided by commas', () => {
  const files = { [`${folder}/00-a.conf`]: ['Match User tun-web', 'PermitOpen  a:1\tb:2'] }
  expect(winner('permitOpen', String(['a:1', 'b:2']), files)).toBe(`${folder}/00-a.conf:2`)
})

test('an Include counts when it is no comment and names the folder', () => {
  const reads = (line: string) => includesDropIns(snapshotOf({ files: { '/etc/ssh/sshd_config': ['Port 22', line] } }))
  expect(reads('Include /etc/ssh/sshd_config.d/*.conf')).toBe(true)
  expect(reads('  include /etc/other /etc/ssh/sshd_config.d/*.conf')).toBe(true)
  expect(reads('#Include /etc/ssh/sshd_config.d/*.conf')).toBe(false)
  expect(reads('Include /etc/ssh/other/*.conf')).toBe(false)
})

test.each([
  ['policy-drop', ['inet filter input']],
  ['final-reject', ['inet filter input']],
  ['final-drop-after-log', ['inet firewall incoming']],
  ['two-closing', ['inet filter input', 'inet guard early']],
  ['ip-and-ip6', ['ip filter input', 'ip6 filter input']],
  ['no-input-chain', []],
  ['open-input', []],
])('of %s these chains close ports: %j', (name, chains) => {
  const { closing } = readRuleset(readCase('rulesets', name))
  expect(closing.map(({ family, table, chain }) => `${family} ${table} ${chain}`)).toEqual(chains)
})

test.each([
  ['firewalld', 'firewalld'],
  ['ufw', 'ufw'],
  ['iptables', 'iptables'],
  ['policy-drop', 'nftables'],
])('the ruleset %s is managed by %s', (name, manager) => {
  expect(findManager(readCase('rulesets', name))).toBe(manager)
})

test.each([
  ['198.51.100.9/24', '198.51.100.0/24'],
  ['198.51.100.9/32', '198.51.100.9'],
  ['203.0.113.255/25', '203.0.113.128/25'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['2001:0DB8:0:0::20', '2001:db8::20'],
  ['2001:db8:1::1/48', '2001:db8:1::/48'],
  ['::1/128', '::1'],
  ['::/0', '::/0'],
  ['ffff:ffff::1/17', 'ffff:8000::/17'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['{"set":[1]}', '{"set":[1]}'],
])('the network %s is written %s', (given, canonical) => {
  expect(canonicalNetwork(given)).toBe(canonical)
  expect(canonicalNetwork(canonical)).toBe(canonical)
})

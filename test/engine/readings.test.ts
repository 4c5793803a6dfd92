// Small readers of the parts: who wins over our drop-in, who manages a firewall, which chains close and which rules block, networks.
import { closingOf, unenforced } from '../../engine/parts/firewall/judge'
import { readRuleset } from '../../engine/parts/firewall/ruleset'
import { seeFirewall } from '../../engine/parts/firewall/state'
import { key } from '../../engine/parts/key'
import { canonicalNetwork } from '../../engine/parts/network'
import { service } from '../../engine/parts/service'
import { findWinner, isInEffect, whyNotFirst } from '../../engine/parts/sshd-config'
import { readCase, snapshotOf } from './cases'

const ours = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
const folder = '/etc/ssh/sshd_config.d'
const main = '/etc/ssh/sshd_config'
const included = [`Include ${folder}/*.conf`]
const winner = (setting: string, value: string, files: Record<string, string[]>) =>
  findWinner(
    snapshotOf({ files: { [main]: included, [ours]: [`${setting} ${value}`], ...files } }),
    setting,
    value,
    ours,
  )

test('the files of a host are read once, however many tunnels ask', () => {
  const names = Array.from({ length: 50 }, (_, index) => `${folder}/10-ssh-tunnels-t${index}.conf`)
  const on = snapshotOf({
    files: {
      [main]: [...included, 'GatewayPorts no'],
      ...Object.fromEntries(names.map(name => [name, ['Match all']])),
    },
  })
  let reads = 0
  const counted = (file: object) =>
    new Proxy(file, {
      get(own, name) {
        if (name === 'text') reads++
        return Reflect.get(own, name)
      },
    })
  const files = Object.fromEntries(
    Object.entries(on.files).map(([path, file]) => [path, counted(file)]),
  ) as typeof on.files
  for (const dropIn of names) {
    expect(whyNotFirst({ ...on, files }, dropIn, 'Match all\nGatewayPorts yes\n')).toBeNull()
    expect(findWinner({ ...on, files }, 'gatewayPorts', 'no', dropIn)).toBe(`${main}:2`)
  }
  expect(reads).toBe(names.length + 1)
})

test('the winner is the first foreign line that sets the value, in the order in which sshd reads', () => {
  const files = {
    [main]: [...included, 'AllowTcpForwarding no'],
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

const text = 'Match User tun-web\n    PermitOpen far:22\n'

test.each([
  ['Include /etc/ssh/sshd_config.d/*.conf', null],
  ['  include /etc/other /etc/ssh/sshd_config.d/*.conf', null],
  ['Include sshd_config.d/10*', null],
  ['Include="/etc/ssh/sshd_config.d/[0-4]?-*.conf" # ours too', null],
  ['Match User admin\nMatch All\nInclude /etc/ssh/sshd_config.d/*.conf', null],
  ['PermitOpen none\nInclude /etc/ssh/sshd_config.d/*.conf', null],
  ['Match User admin\nPermitTTY no\nMatch All\nInclude /etc/ssh/sshd_config.d/*.conf', null],
  ['#Include /etc/ssh/sshd_config.d/*.conf', '/etc/ssh/sshd_config has no Include'],
  ['Include /etc/ssh/other/*.conf', 'it reads only Include /etc/ssh/other/*.conf (/etc/ssh/sshd_config:2)'],
  ['Include /etc/ssh/sshd_config.d/50-*.conf', /only Include .*50-\*\.conf \(\/etc\/ssh\/sshd_config:2\)/],
  ['Include /etc/ssh/*.conf', /reads only/],
  ['Match User admin\nInclude /etc/ssh/sshd_config.d/*.conf', /in the block of .*:2 \(Match User admin\)/],
  ['Match All\nPermitOpen any\nInclude /etc/ssh/sshd_config.d/*.conf', /sshd_config:3 may win \(permitopen any\)/],
  ['Match Group www\npermitopen=any\nMatch all\nInclude /etc/ssh/sshd_config.d/*.conf', /sshd_config:3 may win/],
])('of %j in sshd_config it is told why our drop-in may not count: %s', (lines, why) => {
  const on = snapshotOf({ files: { [main]: ['Port 22', ...lines.split('\n')] } })
  const told = whyNotFirst(on, ours, text)?.why ?? null
  if (why instanceof RegExp) expect(told).toMatch(why)
  else expect(told).toBe(why)
})

test('what may win over a drop-in is looked for in files that are read before it, however deep, and in those of no other tunnel', () => {
  const why = (files: Record<string, string[]>, dropIn = ours, says = text) =>
    whyNotFirst(snapshotOf({ files: { [main]: included, ...files } }), dropIn, says)?.why ?? null
  const rival = ['Match Group www', 'PermitOpen none']
  expect(why({ [`${folder}/09-a.conf`]: rival })).toBe(`${folder}/09-a.conf:2 may win (permitopen none)`)
  expect(why({ [`${folder}/11-a.conf`]: rival })).toBeNull()
  expect(why({ [`${folder}/10-ssh-tunnels-a.conf`]: rival })).toBeNull()
  const nested = { [`${folder}/01-a.conf`]: ['Include deep/*'], '/etc/ssh/deep/b': rival }
  expect(why(nested)).toBe('/etc/ssh/deep/b:2 may win (permitopen none)')
  const trapped = { [main]: ['Include site'], '/etc/ssh/site': ['Match User x', ...included] }
  expect(why(trapped)).toMatch(/in the block of \/etc\/ssh\/site:1 \(Match User x\)/)
  const twice = { [main]: ['Include site', 'Match all', ...included], '/etc/ssh/site': ['Match User x', ...included] }
  expect(why(twice)).toBeNull()
  // For everybody, a global line that is read before wins, and a block for some does not.
  const all = `${folder}/10-ssh-tunnels.conf`
  const first = { [main]: ['GatewayPorts no', ...included] }
  expect(why(first, all, 'GatewayPorts yes')).toBe(`${main}:1 may win (gatewayports no)`)
  expect(why({ [`${folder}/00-a.conf`]: ['Match User x', 'GatewayPorts no'] }, all, 'GatewayPorts yes')).toBeNull()
  // Files that include each other end somewhere, as in sshd.
  expect(why({ [main]: ['Include sshd_config'] })).toMatch(/^it reads only /)
})

test('another configuration file is read in place of the usual one', () => {
  const other = '/opt/sshd/config'
  const on = snapshotOf({ sshdMain: other, files: { [main]: included, [other]: ['Port 2200'] } })
  expect(whyNotFirst(on, ours, text)).toEqual({ why: `${other} has no Include`, mayCount: false })
})

test('what may win and does not, as sshd tells, is no reason to be first', () => {
  const rival = { [`${folder}/00-a.conf`]: ['Match User sftp', 'PermitOpen none'] }
  expect(whyNotFirst(snapshotOf({ files: { [main]: included, ...rival } }), ours, text)?.mayCount).toBe(true)
  expect(isInEffect(text, { permitopen: 'far:22', permitlisten: 'any' })).toBe(true)
  expect(isInEffect(text, {})).toBe(true)
  expect(isInEffect(text, { permitopen: 'none' })).toBe(false)
})

test.each([
  ['policy-drop', ['inet filter input']],
  ['final-reject', ['inet filter input']],
  ['final-drop-after-log', ['inet firewall incoming']],
  ['two-closing', ['inet filter input', 'inet guard early']],
  ['ip-and-ip6', ['ip filter input', 'ip6 filter input']],
  ['final-jump', ['inet filter input']],
  ['jumps-that-return', []],
  ['no-input-chain', []],
  ['open-input', []],
])('of %s these chains close ports: %j', (name, chains) => {
  const closing = closingOf(readRuleset(readCase('rulesets', name)))
  expect(closing.map(({ family, table, chain }) => `${family} ${table} ${chain}`)).toEqual(chains)
})

type Expr = Readonly<Record<string, unknown>>
const mark: Expr = { mangle: { key: { meta: { key: 'mark' } }, value: 1 } }
const drop: Expr = { drop: null }
const jump = (target: string): Expr => ({ jump: { target } })
const map = (...elements: readonly [unknown, Expr][]): Expr => ({
  vmap: { key: { meta: { key: 'l4proto' } }, data: { set: elements } },
})

test.each<[string, boolean, Readonly<Record<string, readonly Expr[][]>>]>([
  ['a drop behind a mark', true, { input: [[mark, drop]] }],
  ['a drop behind notrack and a comment', true, { input: [[{ notrack: null }, { comment: 'the rest' }, drop]] }],
  ['a drop behind a set that is filled', true, { input: [[{ set: { op: 'add', elem: 1, set: '@seen' } }, drop]] }],
  ['a limit, which may be over', false, { input: [[{ limit: { rate: 1, per: 'second' } }, drop]] }],
  [
    'a chain that accepts all, and a drop after it',
    false,
    { input: [[jump('all')], [drop]], all: [[{ accept: null }]] },
  ],
  ['a chain that returns, and a drop after it', true, { input: [[jump('all')], [drop]], all: [[{ return: null }]] }],
  ['a map of named protocols alone', false, { input: [[map(['tcp', drop])]] }],
  ['a map with a verdict for all others', true, { input: [[map(['tcp', { accept: null }], ['*', drop])]] }],
  ['another program that decides', false, { input: [[{ queue: null }], [drop]] }],
])('of the rest that no rule names, %s closes the chain: %j', (_what, closes, chains) => {
  const at = (name: string) => ({ family: 'inet', table: 'filter', name })
  const base = { ...at('input'), type: 'filter', hook: 'input', prio: 0, policy: 'accept' }
  const rules = Object.entries(chains).flatMap(([chain, all]) =>
    all.map(expr => ({ rule: { family: 'inet', table: 'filter', chain, expr } })),
  )
  const ruleset = readRuleset({ nftables: [{ chain: base }, { chain: at('all') }, ...rules] })
  expect(closingOf(ruleset).length > 0).toBe(closes)
})

describe('allowFrom is not enforced', () => {
  const from = ['198.51.100.0/24']
  const addresses = ['127.0.0.1', '::1', '203.0.113.20']
  const count = (nft: string, address: string | null, more: string[] = []) =>
    unenforced(snapshotOf({ nft, addresses: [...addresses, ...more] }), [{ address, port: 110, from }]).length

  test('where no chain closes ports', () => {
    expect(count('open-input', '203.0.113.20')).toBe(1)
    expect(count('policy-drop', '203.0.113.20')).toBe(0)
    expect(unenforced(snapshotOf({}), [{ address: null, port: 110, from: null }])).toEqual([])
  })

  test('where none closes them for a family that is asked for', () => {
    expect(count('ip6-only', '203.0.113.20')).toBe(1)
    expect(count('ip6-only', '2001:db8::20')).toBe(0)
    expect(count('iptables', null)).toBe(0)
    expect(count('iptables', null, ['fe80::1'])).toBe(1)
  })
})

test('drop-ins of our unit are shown, those that the distribution has for every service are not', () => {
  const shown = (paths: string) => {
    const on = snapshotOf({
      files: { '/etc/systemd/system/tunnel-web.service': ['x'] },
      units: { 'tunnel-web.service': { Id: 'tunnel-web.service', DropInPaths: paths } },
    })
    return service.observe(on, { unit: 'tunnel-web.service', owner: 'me', text: 'x' })?.unitSha256.slice(64)
  }
  expect(shown('/usr/lib/systemd/system/service.d/10-timeout-abort.conf')).toBe('')
  expect(shown('/etc/systemd/system/tunnel-web.service.d/o.conf /etc/systemd/system/tunnel-.service.d/p.conf')).toBe(
    ' (with /etc/systemd/system/tunnel-web.service.d/o.conf) (with /etc/systemd/system/tunnel-.service.d/p.conf)',
  )
})

test('a known_hosts that others may write is no pinned key', () => {
  const at = { path: '/k', knownHosts: '/h', account: 'a', server: 'm' }
  const on = snapshotOf({ keys: { '/k': 'ssh-ed25519 AAAA' } })
  const hostKey = (mode: string) =>
    key.observe({ ...on, files: { '/h': { mode, owner: 'root:root', text: 'm ssh-ed25519 BBBB\n' } } }, at)?.hostKey
  expect(hostKey('644')).toBe('ssh-ed25519 BBBB')
  expect(hostKey('600')).toBe('ssh-ed25519 BBBB (mode 600, owner root:root)')
})

test.each([
  ['firewalld', 'firewalld'],
  ['ufw', 'ufw'],
  ['iptables', 'iptables'],
  ['policy-drop', 'nftables'],
])('the ruleset %s is managed by %s', (nft, manager) => {
  const at = { tag: 'x', owner: 'x', file: '/x', asks: [{ address: '203.0.113.20', port: 110, from: null }] }
  const { each } = seeFirewall(snapshotOf({ nft, addresses: ['203.0.113.20'] }), at)
  expect(each.map(one => one.manager.name)).toEqual([manager])
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
  ['::ffff:192.0.2.1/100', '::ffff:c000:0/100'],
  ['0x7f.1', '0x7f.1'],
  ['192.0.2.1/', '192.0.2.1/'],
  ['{"set":[1]}', '{"set":[1]}'],
])('the network %s is written %s', (given, canonical) => {
  expect(canonicalNetwork(given)).toBe(canonical)
  expect(canonicalNetwork(canonical)).toBe(canonical)
})

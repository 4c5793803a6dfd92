// What stands of ours is brought back by whoever made it, also where the kernel carries no comment of ours.
import { type FirewallAt, firewall, inverse } from '../../engine/parts/firewall'
import { policyPath, policyText } from '../../engine/parts/firewall/firewalld-policy'
import { snapshotOf } from './cases'
import { runOn } from './fake-host'

const tag = 'ssh-tunnels web me'
const opening = { address: null, port: 110, source: null }
const at: FirewallAt = {
  tag,
  owner: 'me',
  file: '/etc/ssh-tunnels/web/firewall.nft',
  asks: [{ address: null, port: 110, from: null }],
}
/** The rule as the kernel has it, in this chain. */
const withRule = (nft: string, family: string, table: string, chain: string, files: Record<string, string[]>) => {
  const on = snapshotOf({ nft, files, addresses: ['203.0.113.20'] })
  const { nftables } = on.nft as { nftables: object[] }
  const dport = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 110 } }
  const rule = { family, table, chain, handle: 99, expr: [dport, { accept: null }] }
  return { ...on, nft: { nftables: [...nftables, { rule }] } }
}
const hex = Buffer.from(tag).toString('hex')

test.each([
  [
    'ufw',
    withRule('ufw', 'ip', 'filter', 'ufw-user-input', {
      '/etc/ufw/user.rules': [`### tuple ### allow tcp 110 0.0.0.0/0 any 0.0.0.0/0 in comment=${hex}`, ''],
    }),
    ['ufw_close', 'ufw_open'],
  ],
  [
    'firewalld',
    withRule('firewalld', 'inet', 'firewalld', 'filter_IN_public_pre', {
      [policyPath(tag)]: policyText(tag, [opening]).split('\n'),
    }),
    ['firewalld_close', 'firewalld_open', 'firewalld_keep'],
  ],
])('a rule of %s comes back', (_, on, verbs) => {
  expect(inverse(on, at).map(({ verb }) => verb)).toEqual(verbs)
})

test('a table that keeps others out comes back as it was', () => {
  const from = ['198.51.100.0/24', '192.0.2.7']
  const some: FirewallAt = { ...at, asks: [{ address: '203.0.113.20', port: 110, from }] }
  const want = {
    manager: 'nftables',
    opens: [`203.0.113.20 tcp/110 from ${from.join(', ')}`],
    open: true,
    persistent: true,
  }
  const bare = snapshotOf({ nft: 'open-input', addresses: ['203.0.113.20'] })
  const before = runOn(bare, firewall.plan(want, firewall.observe(bare, some), bare, some), {})
  expect(firewall.observe(before, some)).toEqual(want)
  const gone = runOn(before, firewall.plan(null, want, before, some), {})
  expect(firewall.observe(runOn(gone, inverse(before, some), {}), some)).toEqual(want)
})

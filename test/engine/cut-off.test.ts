// A table of our own that would drop the connection by which the host is changed, and those that would not.
import { firewall } from '../../engine/parts/firewall'
import type { Ask } from '../../engine/parts/firewall/ask'
import type { Snapshot } from '../../engine/parts/snapshot'
import { emptySnapshot } from './cases'

const from = '198.51.100.7'
const connection = { from, address: '203.0.113.20', port: 22 }
const open: Snapshot = {
  ...emptySnapshot,
  nft: { nftables: [] },
  addresses: ['203.0.113.20', '203.0.113.21'],
  connection,
}

function judge(asks: readonly Ask[], on: Partial<Snapshot> = {}) {
  const at = { tag: 'ssh-tunnels:_host:me', owner: 'me', file: '/etc/ssh-tunnels/_host/firewall.nft', asks }
  const want = { manager: 'none', opens: [], open: true, persistent: true }
  return firewall.checks(want, { ...open, ...on }, at, 'middle').find(({ code }) => code === 'locks-out')
}

const ssh = (...sources: string[]): Ask => ({ address: null, port: 22, from: sources })

test('others than allowFrom are kept from sshd’s port: who comes from elsewhere is told', () => {
  expect(judge([ssh('192.0.2.0/24')])).toMatchObject({
    what: 'allowFrom on port 22 would lock us out of middle, where we come from 198.51.100.7, so nothing was changed',
    evidence: 'our login is to 203.0.113.20 port 22, and only 192.0.2.0/24 may come there',
  })
  expect(judge([{ ...ssh('2001:db8::/32'), address: '203.0.113.20' }, ssh('192.0.2.0/24')])).toBeDefined()
})

test.each<readonly [string, readonly Ask[], Partial<Snapshot>]>([
  ['from a network that is named', [ssh('192.0.2.0/24', '198.51.100.0/24')], {}],
  ['named by another opening of that port', [ssh('192.0.2.0/24'), ssh(from)], {}],
  ['everybody is let in', [{ address: null, port: 22, from: null }], {}],
  ['another port', [{ ...ssh('192.0.2.0/24'), port: 2222 }], {}],
  ['another address', [{ ...ssh('192.0.2.0/24'), address: '203.0.113.21' }], {}],
  ['by no connection', [ssh('192.0.2.0/24')], { connection: null }],
  ['from the host itself', [ssh('192.0.2.0/24')], { connection: { ...connection, from: connection.address } }],
  ['through a jump host on the host', [ssh('192.0.2.0/24')], { connection: { ...connection, from: '127.0.0.1' } }],
])('not where we come %s', (_, asks, on) => {
  expect(judge(asks, on)).toBeUndefined()
})

// Whether the firewall lets a tunnel in, and whether that lasts over a reboot.
import { checksOf } from '../../engine/look/checks'
import { see } from '../../engine/look/look'
import { loginId } from '../../schemas/machine'
import { snapshotOf } from './cases'
import { asMiddle, asTunnel, foretell, healthy, middle, near, remote, sshdConfig } from './foretell'

test('of a firewall only what nobody keeps over a reboot stops an opening, and nothing else', () => {
  for (const nft of ['firewalld', 'ufw']) expect(foretell(remote, { middle: { nft } })).toBeNull()
  for (const nft of ['iptables', 'policy-drop']) {
    expect(foretell(remote, { middle: { nft } })).toBe('firewall-not-kept on middle')
    expect(foretell({ ...remote, listen: '127.0.0.1:2110' }, { middle: { nft } })).toBeNull()
    expect(foretell(remote, { near: { nft } })).toBeNull()
    expect(foretell(asMiddle({ name: 'middle', host: middle, gatewayPorts: 'no' }), { middle: { nft } })).toBeNull()
    expect(foretell(asMiddle({ name: 'middle', host: middle, openPorts: [{ port: 1 }] }), { middle: { nft } })).toBe(
      'firewall-not-kept on middle',
    )
  }
  const kept = { nft: 'policy-drop', files: { ...sshdConfig, '/etc/nftables.conf': [] } }
  expect(foretell(remote, { middle: kept })).toBeNull()
  expect(foretell(remote, { middle: { nft: 'open-input' } })).toBeNull()
})

test('where only a table of ours would keep others out, and nothing loads it at boot, allowFrom is refused', () => {
  const some = { ...remote, allowFrom: ['198.51.100.0/24'] }
  const open = { nft: 'open-input' }
  expect(foretell(some, { middle: open })).toBeNull()
  expect(foretell(some, { middle: { ...open, missing: ['systemctl'] } })).toBe('firewall-not-kept on middle')
})

test('where a rule closes the port before our rules it is named; where nobody can tell that is unknown, and stops nothing', () => {
  const early = (...expr: object[]) => ({
    nftables: [
      {
        chain: {
          family: 'inet',
          table: 'early',
          name: 'pre',
          type: 'filter',
          hook: 'prerouting',
          prio: -300,
          policy: 'accept',
        },
      },
      { rule: { family: 'inet', table: 'early', chain: 'pre', handle: 7, expr } },
    ],
  })
  const port = { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 2110 } }
  const firewallChecks = (nft: object, listen = remote.listen) => {
    const snapshots = new Map(
      [near, middle].map(host => [loginId(host), { ...snapshotOf({ ...healthy, machine: host.name }), nft }]),
    )
    const checks = checksOf(see(asTunnel({ ...remote, listen }), { snapshots, away: new Map() }))
    return checks
      .filter(({ link }) => link === 'firewall lets it')
      .map(({ status, code, evidence }) => ({ status, code, evidence }))
  }
  const drops = early(port, { drop: null })
  const limits = early(port, { limit: { rate: 5, per: 'minute', inv: true } }, { drop: null })
  expect(firewallChecks(drops)).toEqual([
    {
      status: 'fail',
      code: 'firewall-closed',
      evidence: 'inet early pre handle 7: tcp dport 2110 drop (hook prerouting): drops it',
    },
  ])
  expect(firewallChecks(limits)).toEqual([
    {
      status: 'unknown',
      code: 'firewall-unknown',
      evidence: 'inet early pre handle 7: tcp dport 2110 limit rate over 5/minute drop (hook prerouting): it counts',
    },
  ])
  expect(firewallChecks(drops, '127.0.0.1:2110')).toEqual([])
  expect(firewallChecks(drops, '203.0.113.20:2111')).toMatchObject([{ status: 'ok' }])
})

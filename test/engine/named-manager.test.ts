// Who names a firewall's manager is told where another makes the chain that closes a port, or where the named one makes none.
import { checksOf } from '../../engine/look/checks'
import { see } from '../../engine/look/look'
import type { Declared } from '../../engine/wish/declared'
import { loginId } from '../../schemas/machine'
import type { Host, Middle, Tunnel } from '../../schemas/types'
import { snapshotOf } from './cases'

type Named = Host['firewallManager']
const near: Host = { name: 'near', address: '198.51.100.10', firewallManager: 'firewalld' }
const middleWith = (firewallManager: Named): Host => ({
  name: 'middle',
  address: '203.0.113.20',
  ...(firewallManager && { firewallManager }),
})

function found(declared: Declared, nft: string): string[] {
  const { input } = declared
  const hosts = 'host' in input ? [input.host] : [input.client, input.server]
  const on = (host: Host) =>
    snapshotOf({
      machine: host.name,
      nft,
      hostKeys: ['ssh-ed25519 AAAAC3'],
      addresses: ['127.0.0.1', host.address ?? ''],
      files: { '/etc/ssh/sshd_config': ['Include /etc/ssh/sshd_config.d/*.conf'], '/etc/nftables.conf': [''] },
    })
  const seen = see(declared, {
    snapshots: new Map(hosts.map(host => [loginId(host), on(host)])),
    away: new Map(),
  })
  const failing = checksOf(seen).filter(({ code }) => code === 'firewall-manager')
  return failing.map(({ what, evidence }) => `${what}; ${evidence}`)
}

const tunnel = (named: Named, more: Partial<Tunnel> = {}): Declared => ({
  type: 'tunnel',
  input: {
    name: 'web',
    forward: 'remote',
    listen: '203.0.113.20:2110',
    far: 'far:22',
    client: near,
    server: middleWith(named),
    ...more,
  },
})
const settings = (named: Named): Declared => {
  const input: Middle = { name: 'middle', host: middleWith(named), openPorts: [{ port: 443 }] }
  return { type: 'middle', input }
}

test.each<[Named, string]>([
  [undefined, 'ufw'],
  ['ufw', 'ufw'],
  ['firewalld', 'firewalld'],
  ['nftables', 'policy-drop'],
])('named %s, where %s is what stands: nothing to tell', (named, ruleset) => {
  expect([...found(tunnel(named), ruleset), ...found(settings(named), ruleset)]).toEqual([])
})

test.each<[Named, string, string]>([
  [
    'nftables',
    'ufw',
    'ufw makes the rules that close port 2110 of middle, and not nftables, which is named for its firewall; chain INPUT of table ip filter closes it',
  ],
  [
    'ufw',
    'policy-drop',
    'nftables makes the rules that close port 2110 of middle, and not ufw, which is named for its firewall; chain input of table inet filter closes it',
  ],
  [
    'iptables',
    'open-input',
    'iptables, which is named for the firewall of middle, makes no rules there; of chains at hook input, nftables does',
  ],
  [
    'ufw',
    'no-input-chain',
    'ufw, which is named for the firewall of middle, makes no rules there; of chains at hook input, nobody does',
  ],
])('named %s, where %s is what stands', (named, ruleset, told) => {
  expect(found(tunnel(named), ruleset)).toEqual([told])
  expect(found(settings(named), ruleset)).toEqual([told.replace('port 2110', 'port 443')])
})

test('a port that nobody outside reaches asks no manager, and the host that does not listen is not judged', () => {
  expect(found(tunnel('iptables', { listen: '127.0.0.1:2110' }), 'policy-drop')).toEqual([])
  const local = tunnel('nftables', { forward: 'local', listen: '198.51.100.10:2110' })
  expect(found(local, 'policy-drop')).toEqual([expect.stringContaining('port 2110 of near, and not firewalld')])
})

test('a host that names one is reached as before', () => {
  expect(loginId(middleWith('ufw'))).toBe(loginId(middleWith(undefined)))
})

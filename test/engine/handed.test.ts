// What a plan of the command says of owners whose side of a tunnel is theirs no more, while the tunnel goes on: by the marks that stand.
import { tellFormer } from '../../engine/compare/handed'
import type { Leftover } from '../../engine/compare/leftovers'
import { see } from '../../engine/look/look'
import { derive } from '../../engine/wish/declared'
import { loginId } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'

const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIepJ4ZIVwaTDLrLFCFTpvMaxYvcfRsPSpXbIQgPEiPr'
const near = { name: 'near', address: '198.51.100.10' }
const middle = { name: 'middle', address: '203.0.113.20' }
const provider = { name: 'provider', managed: false, address: '192.0.2.1', user: 'relay', hostKey }
const theirNear = { name: 'branch', managed: false, publicKey: hostKey }
const ends = { client: near, server: middle } as const
const web: Tunnel = { name: 'web', owner: 'shop', forward: 'remote', listen: '*:8080', far: 'far:80', ...ends }

/** What stands on near and middle of a tunnel that was made. */
const standing = (before: Tunnel) => {
  const files: Record<string, CaseSnapshot['files']> = {}
  for (const { kind, host, at } of derive({ type: 'tunnel', input: before }, { supervisor: 'systemd' }).placed) {
    if (kind === 'service' && 'unit' in at && 'text' in at)
      files[host.name] = { [`/etc/systemd/system/${at.unit}`]: at.text.split('\n') }
    if (kind === 'sshd' && 'dropIn' in at && 'text' in at) files[host.name] = { [at.dropIn]: at.text.split('\n') }
  }
  return new Map([near, middle].map(host => [loginId(host), snapshotOf({ files: files[host.name] ?? {} })]))
}
const told = (before: Tunnel, now: Tunnel, leftovers: Partial<Leftover>[] = []) =>
  tellFormer(
    see({ type: 'tunnel', input: now }, { snapshots: standing(before), away: new Map() }),
    leftovers as Leftover[],
  ).map(text => text.split('\n'))

const toTheirs = { ...web, server: provider }

test.each<[string, Tunnel]>([
  ['a server that is ours', web],
  ['a server of others', { ...toTheirs, server: { ...provider, name: 'other', address: '192.0.2.2' } }],
  ['another login there', { ...toTheirs, server: { ...provider, user: 'guest' } }],
])('to %s instead of theirs: its former owner has a line to remove', (_what, now) => {
  expect(told(toTheirs, now)).toEqual([
    [
      'provider is not ours: what its owner has set there for web stays until he removes it',
      expect.stringContaining('the line of the authorized_keys of relay'),
    ],
  ])
})

test('from a client that is ours instead of theirs: its former owner has a unit to remove', () => {
  expect(told({ ...web, client: theirNear }, web)).toEqual([
    [
      expect.stringContaining('branch is not ours'),
      expect.stringContaining('systemctl disable --now tunnel-web.service'),
    ],
  ])
})

test('whose side it still is, whoever was never asked, and what another owner has, is not told', () => {
  expect(told(toTheirs, { ...toTheirs, far: 'other:80' })).toEqual([])
  expect(told(web, toTheirs)).toEqual([])
  expect(told({ ...toTheirs, owner: 'somebody' }, web)).toEqual([])
})

test('what is to go from another host tells the same, once', () => {
  expect(told(toTheirs, web, [{ handed: 'server provider relay' }])).toHaveLength(1)
  expect(told(web, web, [{ handed: 'server provider relay' }])).toHaveLength(1)
})

// What stands at the other end of our tunnels, on a machine that the spec names no longer.
import { make } from '../../engine/change/make'
import { removeLeftovers } from '../../engine/compare/leftovers'
import { planChanges } from '../../engine/compare/plan-changes'
import type { Tunnel } from '../../schemas/types'
import { bootAnew, makeCompany, nothing, standingOf, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const owner = 'shop'

async function standing(more: Partial<Tunnel> = {}) {
  const company = makeCompany()
  const { near, middle, world } = company
  await make(tunnelOf(near, middle, 't1', { owner, ...more }), tellNobody)
  bootAnew(near, middle)
  return { ...company, other: world.add('other', '198.51.100.99') }
}

const estateOf = (hosts: readonly FakeHost[], ...declared: Parameters<typeof tunnelOf>[]) => ({
  owner,
  ownsAll: true,
  hosts: hosts.map(({ host }) => host),
  declared: declared.map(([near, middle, name, more]) => tunnelOf(near, middle, name, { owner, ...more })),
})

const client = { name: 't1', owner: 'shop', end: 'client', address: '198.51.100.10', port: 22, seenOn: 'middle' }
const server = { name: 't1', owner: 'shop', end: 'server', address: '203.0.113.20', port: 22, seenOn: 'near' }

test('a tunnel whose hosts are all in the spec has nothing out of reach, whether it is in the spec or not', async () => {
  const { near, middle } = await standing()
  const named = await planChanges(estateOf([near, middle], [near, middle, 't1']))
  expect(named).toMatchObject({ outOfReach: [], changes: [{ action: 'none' }] })
  expect((await planChanges(estateOf([near, middle]))).outOfReach).toEqual([])
})

test('a client that left the spec is told, with its tunnel gone or moved, and until its server has another', async () => {
  const { near, middle, other } = await standing()
  expect((await planChanges(estateOf([middle]))).outOfReach).toEqual([client])
  const moved = estateOf([middle, other], [other, middle, 't1'])
  const { outOfReach, changes } = await planChanges(moved)
  expect([outOfReach, changes.map(({ action }) => action)]).toEqual([[client], ['update']])
  // Looked at once more, it is in reach, and what is there goes.
  const again = await planChanges({ ...moved, hosts: [...moved.hosts, near.host] })
  expect(again.outOfReach).toEqual([])
  for (const { leftovers } of again.changes) await removeLeftovers(leftovers, tellNobody)
  expect(standingOf(near, 't1')).toEqual(nothing)
})

test('a server that left the spec is told', async () => {
  const { near, other } = await standing()
  expect((await planChanges(estateOf([near]))).outOfReach).toEqual([server])
  expect((await planChanges(estateOf([near, other], [near, other, 't1']))).outOfReach).toEqual([server])
})

test('the same machine by another address is in reach: it has the key, or lets it in', async () => {
  const { near, middle, world } = await standing()
  const [nearAgain, middleAgain] = [world.add('near', 'near.example.com'), world.add('middle', 'middle.example.com')]
  nearAgain.on = near.on
  middleAgain.on = middle.on
  expect((await planChanges(estateOf([nearAgain, middleAgain]))).outOfReach).toEqual([])
})

test('another owner’s, and those of a host that is only away, are not told', async () => {
  const { near, middle } = await standing()
  near.away = true
  expect((await planChanges(estateOf([near, middle]))).outOfReach).toEqual([])
  expect((await planChanges({ ...estateOf([middle]), owner: 'other' })).outOfReach).toEqual([])
})

test('a client that is called by name is told by its name; one that no mark names is told as such', async () => {
  const { middle, world } = makeCompany()
  const named = world.add('named', 'near.example.com')
  await make(tunnelOf(named, middle, 't1', { owner }), tellNobody)
  expect((await planChanges(estateOf([middle]))).outOfReach).toEqual([{ ...client, address: 'near.example.com' }])
  const path = '/etc/ssh/sshd_config.d/10-ssh-tunnels-t1.conf'
  const file = middle.on.files[path]
  if (!file) throw new Error('no drop-in')
  const text = file.text.replace(/^# client .*\n/m, '')
  middle.on = { ...middle.on, files: { ...middle.on.files, [path]: { ...file, text } } }
  world.closeAll()
  expect((await planChanges(estateOf([middle]))).outOfReach).toEqual([{ ...client, address: null }])
  expect((await planChanges(estateOf([named, middle]))).outOfReach).toEqual([])
})

// What stands under the owner's former name: still ours for the command, and changed and removed as what it is.
import { make } from '../../engine/change/make'
import { underOwner } from '../../engine/compare/former-owner'
import { removeLeftovers } from '../../engine/compare/leftovers'
import { planChanges } from '../../engine/compare/plan-changes'
import { makeCompany, nothing, standingOf, tellNobody, tunnelOf } from './company'

const owners = { owner: 'tunnels.0123abcd', formerOwner: 'tunnels', ownsAll: false }

async function standing() {
  const { world, near, middle } = makeCompany()
  const hosts = [near.host, middle.host]
  const old = tunnelOf(near, middle, 't1', { owner: 'tunnels' })
  await make(old, tellNobody)
  const declared = [
    tunnelOf(near, middle, 't1', { owner: owners.owner }),
    tunnelOf(near, middle, 't2', { owner: owners.owner }),
  ]
  return { world, near, middle, estate: { ...owners, hosts, declared } }
}

test('it is no change, and what is new beside it gets the new name', async () => {
  const { estate } = await standing()
  const { changes, troubles } = await planChanges(estate)
  expect(troubles).toEqual([])
  expect(changes.map(({ name, action, declared }) => [name, action, declared?.input.owner])).toEqual([
    ['t1', 'none', 'tunnels'],
    ['t2', 'create', 'tunnels.0123abcd'],
  ])
})

test('without the former name it is another owner’s', async () => {
  const { estate } = await standing()
  const { troubles } = await planChanges({ ...estate, formerOwner: undefined })
  expect(troubles).toMatchObject(
    ['middle', 'near'].map(host => ({ about: 'tunnel t1', why: { code: 'name-taken', host } })),
  )
})

test('what the spec no longer names is left alone, and destroy removes what it names', async () => {
  const { near, middle, estate } = await standing()
  const { leftAlone } = await planChanges({ ...estate, declared: [] })
  expect(leftAlone.map(({ name }) => name)).toEqual(['t1'])
  const { changes } = await planChanges({ ...estate, destroy: true })
  expect(changes.map(({ name, action }) => [name, action])).toEqual([['t1', 'remove']])
  for (const { leftovers } of changes) await removeLeftovers(leftovers, tellNobody)
  expect([standingOf(near, 't1'), standingOf(middle, 't1')]).toEqual([nothing, nothing])
})

test('where a name stands under the owner’s present name, the same one under the former name is another project’s', async () => {
  const { world, near, middle, estate } = await standing()
  const [near2, middle2] = [world.add('near2', '198.51.100.20'), world.add('middle2', '203.0.113.30')]
  const ours = tunnelOf(near2, middle2, 't1', { owner: owners.owner })
  await make(ours, tellNobody)
  const both = { ...estate, hosts: [near, middle, near2, middle2].map(({ host }) => host), declared: [ours] }
  const { changes, troubles } = await planChanges(both)
  expect([changes.map(({ action, leftovers }) => [action, leftovers]), troubles]).toEqual([[['none', []]], []])
  const { changes: gone } = await planChanges({ ...both, destroy: true })
  expect(gone.map(({ action, leftovers }) => [action, leftovers.map(({ host }) => host.name)])).toEqual([
    ['remove', ['near2', 'middle2']],
  ])
  // Nor is the other end of theirs out of our reach.
  const { outOfReach } = await planChanges({ ...both, hosts: both.hosts.filter(({ name }) => name !== 'near') })
  expect(outOfReach).toEqual([])
})

test('a new tunnel takes the port of one of the former name that is about to go', async () => {
  const { near, middle } = await standing()
  const fresh = tunnelOf(near, middle, 'fresh1', { owner: owners.owner })
  const { troubles } = await planChanges({ ...owners, hosts: [], declared: [fresh], only: ['fresh1'] })
  expect(troubles).toEqual([])
})

test('what a null_resource holds under the former name is made under the new one, unless it stands under the former', async () => {
  const { near, middle } = await standing()
  const heldAs = (name: string) => underOwner(tunnelOf(near, middle, name, { owner: 'tunnels' }), owners.owner)
  expect((await heldAs('t1')).input.owner).toBe('tunnels')
  expect((await heldAs('t3')).input.owner).toBe(owners.owner)
  await make(await heldAs('t3'), tellNobody)
  expect((await heldAs('t3')).input.owner).toBe(owners.owner)
})

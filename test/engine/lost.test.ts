// Hosts that are away, and connections that are lost on the way: what was begun is taken back as soon as the host is there.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { read } from '../../engine/proof/observe'
import { bytesOf, faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { countRuns, stepsOf } from './fake-reach'

const lost = ['before', 'halfway', 'after'] as const
const hosts = ['near', 'middle'] as const

test.each(hosts)('where %s is away a create is refused before the other host is touched', async where => {
  const company = makeCompany()
  const { near, middle } = company
  company[where].away = true
  const fault = await faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))
  expect([fault.code, fault.host]).toEqual(['host-unreachable', where])
  expect([countRuns(near, 'batch'), countRuns(middle, 'batch')]).toEqual([0, 0])
})

test.each(hosts)('where %s is away a removal clears the other host, and then throws', async where => {
  const company = makeCompany()
  const { near, middle, world } = company
  const one = tunnelOf(near, middle, 't1')
  await make(one, tellNobody)
  world.closeAll()
  company[where].away = true
  const fault = await faultOf(remove(one, tellNobody))
  expect([fault.code, fault.host]).toEqual(['host-unreachable', where])
  expect(standingOf(where === 'near' ? middle : near, 't1')).toEqual(nothing)
  expect(standingOf(company[where], 't1')).not.toEqual(nothing)
})

test('a read throws why the host is away, and reads again when it is back', async () => {
  const { near, middle, world } = makeCompany()
  const all = manyOf(12, name => tunnelOf(near, middle, name))
  await Promise.all(all.map(one => make(one, tellNobody)))
  world.closeAll()
  middle.away = true
  const faults = await Promise.all(all.map(one => faultOf(read(one))))
  expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['host-unreachable']))
  middle.away = false
  for (const seen of await Promise.all(all.map(read))) expect(seen?.parts.sshd).toBeTruthy()
})

test('the command plans what it can see, and tells of the host that is away', async () => {
  const { near, middle, world } = makeCompany()
  const other = world.add('middle2', '203.0.113.21')
  const all = [tunnelOf(near, middle, 't1'), tunnelOf(near, other, 't2')]
  middle.away = true
  const wish = { owner: 'terraform', ownsAll: true, hosts: [near.host, middle.host, other.host], declared: all }
  const { changes, troubles } = await planChanges(wish)
  expect(changes.map(({ name, action }) => `${action} ${name}`)).toEqual(['create t2'])
  expect(troubles.map(({ about }) => about)).toEqual(['host middle'])
})

describe.each(lost)('a connection that is lost %s the first batch', when => {
  test.each(hosts)('to %s fails the create, and both hosts are as before', async where => {
    const company = makeCompany()
    const { near, middle } = company
    const before = [bytesOf(near), bytesOf(middle)]
    company[where].loses = when
    const fault = await faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))
    expect([fault.code, fault.host]).toEqual(['connection-lost', where])
    expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
  })

  test('of a host that stays away leaves what was begun there, and says so', async () => {
    const { near, middle } = makeCompany()
    middle.loses = when
    const tell = (what: string) => {
      if (what.startsWith('it failed')) middle.away = true
    }
    const fault = await faultOf(make(tunnelOf(near, middle, 't1'), tell))
    expect([fault.code, fault.host]).toEqual(['not-undone', 'middle'])
    expect(fault.message).toContain('was lost while batch ran')
    expect(fault.message).toMatch(/failed too: (cannot reach middle|the connection to middle was lost while look ran)/)
    expect(standingOf(near, 't1')).toEqual(nothing)
    middle.away = false
    expect((await make(tunnelOf(near, middle, 't1'), tellNobody)).proof?.answered).toBe(true)
  })
})

test('a connection that is lost in an update fails it, and nothing is taken back', async () => {
  const { near, middle } = makeCompany()
  await make(tunnelOf(near, middle, 't1'), tellNobody)
  const changed = tunnelOf(near, middle, 't1', { serverAlive: { interval: 5, countMax: 2 } })
  middle.loses = 'after'
  expect((await faultOf(make(changed, tellNobody))).code).toBe('connection-lost')
  expect(
    stepsOf(near)
      .concat(stepsOf(middle))
      .filter(step => step.startsWith('account_remove')),
  ).toEqual([])
  expect((await make(changed, tellNobody)).proof?.answered).toBe(true)
})

test('a host that is lost takes only its own tunnels along', async () => {
  const { near, middle, world } = makeCompany()
  const other = world.add('middle2', '203.0.113.21')
  middle.loses = 'halfway'
  const failing = faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))
  const made = make(tunnelOf(near, other, 't2'), tellNobody)
  expect((await failing).code).toBe('connection-lost')
  expect((await made).proof?.answered).toBe(true)
  expect([standingOf(near, 't1'), standingOf(middle, 't1')]).toEqual([nothing, nothing])
})

test('a connection that is lost in a removal fails it, and the next one finishes it', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  const one = tunnelOf(near, middle, 't1')
  await make(one, tellNobody)
  middle.loses = 'halfway'
  expect((await faultOf(remove(one, tellNobody))).code).toBe('connection-lost')
  await remove(one, tellNobody)
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

// How often a host is asked: it does not grow with the tunnels.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { read } from '../../engine/proof/observe'
import { makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import { countRuns, type FakeHost } from './fake-reach'

const makeAll = (all: Parameters<typeof make>[0][]) => Promise.all(all.map(one => make(one, tellNobody)))
const scriptsOf = ({ runs }: FakeHost) => runs.map(({ script }) => script)
const forget = (...hosts: FakeHost[]) => {
  for (const host of hosts) host.runs.length = 0
}

const most = 6

describe.each([1, 10, 50])('making %i tunnels in one go', count => {
  test('that listen on the server asks near three times and middle four times', async () => {
    const { near, middle } = makeCompany()
    const made = await makeAll(manyOf(count, name => tunnelOf(near, middle, name)))
    // The look, round 0 and the service.
    expect(scriptsOf(near)).toEqual(['look', 'batch', 'batch'])
    // The look, round 0, the authorized keys and one look that waits until sshd listens for all of them.
    expect(scriptsOf(middle)).toEqual(['look', 'batch', 'batch', 'look'])
    expect(countRuns(middle)).toBeLessThanOrEqual(most)
    expect([near.connects, middle.connects]).toEqual([1, 1])
    expect(made.map(({ proof }) => proof?.answered)).toEqual(Array(count).fill(true))
  })

  test('that listen on the client asks the client four times, one of them to wait for them', async () => {
    const { near, middle } = makeCompany()
    await makeAll(manyOf(count, name => tunnelOf(near, middle, name, { forward: 'local' })))
    expect(scriptsOf(near)).toEqual(['look', 'batch', 'batch', 'look'])
    expect(near.runs[3]?.requests.filter(({ verb }) => verb === 'look_await').length).toBe(count)
    expect(scriptsOf(middle)).toEqual(['look', 'batch', 'batch'])
  })

  test('then making them again only looks', async () => {
    const { near, middle } = makeCompany()
    const all = manyOf(count, name => tunnelOf(near, middle, name))
    await makeAll(all)
    forget(near, middle)
    await makeAll(all)
    expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['look'], ['look']])
  })

  test('then removing them asks each host three times, and nothing is left', async () => {
    const { near, middle } = makeCompany()
    const before = [near.on, middle.on]
    const all = manyOf(count, name =>
      tunnelOf(near, middle, name, { listen: `203.0.113.20:${2100 + Number(name.slice(1))}`, probe: 'none' }),
    )
    await makeAll(all)
    forget(near, middle)
    await Promise.all(all.map(one => remove(one, tellNobody)))
    // The look, the services, then key and account.
    expect(scriptsOf(near)).toEqual(['look', 'batch', 'batch'])
    // The look, the authorized keys, then all the rest.
    expect(scriptsOf(middle)).toEqual(['look', 'batch', 'batch'])
    expect([near.on, middle.on]).toEqual(before)
  })
})

test('making ten that are watched asks no host more often', async () => {
  const { near, middle } = makeCompany()
  await makeAll(manyOf(10, name => tunnelOf(near, middle, name, { watch: {} })))
  expect([scriptsOf(near), scriptsOf(middle)]).toEqual([
    ['look', 'batch', 'batch'],
    ['look', 'batch', 'batch', 'look'],
  ])
})

describe('reading fifty tunnels that are as they should be', () => {
  const prepare = async () => {
    const { near, middle, world } = makeCompany()
    const all = manyOf(50, name => tunnelOf(near, middle, name))
    await makeAll(all)
    forget(near, middle)
    world.closeAll()
    near.connects = 0
    middle.connects = 0
    return { near, middle, all }
  }

  test('takes the provider one login and one look a host', async () => {
    const { near, middle, all } = await prepare()
    const seen = await Promise.all(all.map(read))
    expect(seen.map(one => one?.proof?.answered)).toEqual(Array(50).fill(true))
    expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['look'], ['look']])
    expect([near.connects, middle.connects]).toEqual([1, 1])
  })

  test('ten at a time takes the provider no second look, as long as nothing is changed', async () => {
    const { near, middle, all } = await prepare()
    for (let at = 0; at < 50; at += 10) await Promise.all(all.slice(at, at + 10).map(read))
    expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['look'], ['look']])
    const [first] = all
    if (!first) throw new Error('there are fifty')
    await remove(first, tellNobody)
    forget(near, middle)
    expect(await read(first)).toBeNull()
    expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['look'], ['look']])
  })

  test('takes the command one login and one look a host', async () => {
    const { near, middle, all } = await prepare()
    const wish = { owner: 'terraform', ownsAll: false, hosts: [near.host, middle.host], declared: all }
    const { changes, troubles } = await planChanges(wish)
    expect(troubles).toEqual([])
    expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['none']))
    expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['look'], ['look']])
    expect([near.connects, middle.connects]).toEqual([1, 1])
  })
})

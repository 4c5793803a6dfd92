// What a plan says beforehand of connections that are open through a tunnel: that they end, and why; and nothing where they do not.
import { make } from '../../engine/change/make'
import { type Estate, planChanges } from '../../engine/compare/plan-changes'
import type { Declared } from '../../engine/wish/declared'
import { joinAll } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'
import { makeCompany, tellNobody, tunnelOf } from './company'

const owner = 'terraform'
const unit = 'tunnel-t1.service'
const newKey = 'it gets a new key, with which ssh begins anew'
const chosen = 'a port is chosen, and ssh begins anew'

/** A tunnel that runs, and what a plan says of it when it is declared otherwise. */
async function standing(more: Partial<Tunnel> = {}) {
  const { near, middle } = makeCompany()
  const tunnel = (change: Partial<Tunnel> = {}) => tunnelOf(near, middle, 't1', { owner, ...more, ...change })
  await make(tunnel(), tellNobody)
  const plan = async (declared: Declared, further: Partial<Estate> = {}) => {
    const hosts = [near.host, middle.host]
    const { changes, troubles } = await planChanges({ owner, ownsAll: true, hosts, declared: [declared], ...further })
    expect(troubles).toEqual([])
    return changes[0]
  }
  const setState = (ActiveState: string) => {
    near.on = { ...near.on, units: { ...near.on.units, [unit]: { ...near.on.units[unit], ActiveState } } }
  }
  return {
    near,
    middle,
    tunnel,
    plan,
    setState,
    cuts: async (change: Partial<Tunnel>) => (await plan(tunnel(change)))?.cuts,
  }
}

test.each<[string, Partial<Tunnel>, Partial<Tunnel>, readonly string[]]>([
  ['a new key', {}, { rotate: '2' }, [newKey]],
  ['another value of rotate', { rotate: '1' }, { rotate: '2' }, [newKey]],
  ['a port that is to be chosen', {}, { listen: '127.0.0.1:0' }, [chosen]],
  ['another one that is to be chosen', { listen: '127.0.0.1:0' }, { listen: '[::1]:0' }, [chosen]],
  ['that it is disabled', {}, { enabled: false }, ['it is disabled']],
  ['both ends of a keepalive', {}, { serverAlive: { interval: 7, countMax: 2 } }, []],
  [
    'who is let in',
    { listen: '203.0.113.20:2200', allowFrom: ['203.0.113.20', '198.51.100.77'] },
    { allowFrom: ['203.0.113.20'] },
    [],
  ],
  ['how far is probed', {}, { probe: 'warn' }, []],
])('%s', async (_what, before, change, cuts) => {
  const { cuts: said } = await standing(before)
  expect(await said(change)).toEqual(cuts)
})

test('who asks for a new key by name hears it too', async () => {
  const { plan, tunnel } = await standing()
  expect(await plan(tunnel(), { rotating: ['t1'] })).toMatchObject({ action: 'update', rotates: true, cuts: [newKey] })
})

test.each([{ rotate: '2' }, { listen: '127.0.0.1:0' }, { enabled: false }])(
  'of one that does not run nobody is cut off by %j',
  async change => {
    const { cuts, setState } = await standing()
    setState('inactive')
    expect(await cuts(change)).toEqual([])
  },
)

test('a disabled one that somebody has started is ended by what begins it anew, and one that stands still is not', async () => {
  const { cuts, setState } = await standing({ enabled: false })
  expect(await cuts({ listen: '127.0.0.1:2999' })).toEqual([])
  setState('active')
  expect(await cuts({ listen: '127.0.0.1:2999' })).toContain('it is disabled')
})

test('of tunnels that share a connection each may be named for a new key, and it is the connection that gets it', async () => {
  const { near, middle } = makeCompany()
  const both = ['db1', 'web2'].map(name => tunnelOf(near, middle, name, { owner }).input as Tunnel)
  const declared: Declared = { type: 'tunnel', input: joinAll(both) }
  await make(declared, tellNobody)
  const hosts = [near.host, middle.host]
  const plan = (name: string) => planChanges({ owner, ownsAll: true, hosts, declared: [declared], rotating: [name] })
  for (const name of ['db1', 'web2', 'near-middle']) {
    const { changes } = await plan(name)
    expect(changes).toMatchObject([{ name: 'near-middle', action: 'update', rotates: true, cuts: [newKey] }])
  }
  expect((await plan('other')).changes).toMatchObject([{ action: 'none' }])
})

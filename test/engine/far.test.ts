// What far answers, and what is claimed of it: time passes as it is told to, for patience is fifteen seconds.
import { make } from '../../engine/change/make'
import { read } from '../../engine/proof/observe'
import { faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { countRuns } from './fake-reach'

beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }))
afterEach(() => jest.useRealTimers())

/** What it comes to, while time flies. */
async function inTime<Value>(work: Promise<Value>, seconds = 60): Promise<Value> {
  let pending = true
  const end = () => {
    pending = false
  }
  work.then(end, end)
  for (let at = 0; at < seconds * 10 && pending; at++) await jest.advanceTimersByTimeAsync(100)
  return work
}

test.each([
  ['says nothing', 'far said nothing within 5 s'],
  ['refuses', 'the connection was accepted and closed at once'],
  ['hangs up', 'the connection was accepted and closed at once'],
] as const)('a far that %s fails the create, which is taken back', async (far, why) => {
  const { near, middle, world } = makeCompany()
  world.fars.set('far:22', far)
  const fault = await inTime(faultOf(make(tunnelOf(near, middle, 't1'), tellNobody)))
  expect([fault.code, fault.host]).toEqual(['far-silent', 'middle'])
  expect(fault.happened).toContain(`seen from middle: ${why}`)
  expect([standingOf(near, 't1'), standingOf(middle, 't1')]).toEqual([nothing, nothing])
})

test('a far that is silent does not keep the other tunnels from being made', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('silent:22', 'hangs up')
  const failing = faultOf(make(tunnelOf(near, middle, 't1', { far: 'silent:22' }), tellNobody))
  const made = Promise.all(manyOf(1, name => tunnelOf(near, middle, name)).map(one => make(one, tellNobody)))
  expect((await inTime(failing)).code).toBe('far-silent')
  expect((await made)[0]?.proof?.answered).toBe(true)
})

test('a far that answers after a while is waited for', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('far:22', 'hangs up')
  setTimeout(() => world.fars.delete('far:22'), 8_000)
  const made = await inTime(make(tunnelOf(near, middle, 't1'), tellNobody))
  expect(made.proof).toEqual({ from: 'middle', answered: true, farAnswered: 'SSH-2.0-made-up' })
})

test('a far that is not the first to speak is asked for at the host that dials it: an open listener alone proves nothing', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('db:5432', 'refuses')
  const one = tunnelOf(near, middle, 't1', { far: 'db:5432' })
  const fault = await inTime(faultOf(make(one, tellNobody)))
  expect(fault.code).toBe('far-silent')
  world.fars.set('db:5432', 'says nothing')
  expect((await inTime(make(one, tellNobody))).proof).toMatchObject({ answered: true, farAnswered: 'open' })
})

test('where sshd does not let us dial nothing is claimed, and nothing is to be mended', async () => {
  const { near, middle } = makeCompany()
  middle.prohibits = true
  const said: string[] = []
  const one = tunnelOf(near, middle, 't1')
  const made = await inTime(make(one, what => said.push(what)))
  expect([made.proof, made.warnings]).toEqual([null, []])
  expect(said.at(-1)).toMatch(/^not proved: /)
  expect(await inTime(read(one))).toMatchObject({ proof: null, warnings: [] })
})

test('where the host that dials far does not let us ask it, an open listener is no proof', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('db:5432', 'says nothing')
  near.prohibits = true
  const said: string[] = []
  const made = await inTime(make(tunnelOf(near, middle, 't1', { far: 'db:5432' }), what => said.push(what)))
  expect(made.proof).toBeNull()
  expect(said.at(-1)).toMatch(/^not proved: .* far cannot be asked: sshd on near does not let us dial/)
})

test('a tunnel that asks for no proof is not dialled', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('far:22', 'hangs up')
  const one = tunnelOf(near, middle, 't1', { probe: 'none' })
  expect((await inTime(make(one, tellNobody))).proof).toBeNull()
  expect((await inTime(read(one)))?.proof).toBeNull()
})

test('a read says that far does not answer, after a second try, and does not dial what does not run', async () => {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  await inTime(make(one, tellNobody))
  world.fars.set('far:22', 'hangs up')
  const silent = await inTime(read(one))
  expect(silent?.proof).toEqual({ from: 'middle', answered: false, farAnswered: '' })
  expect(silent?.warnings).toEqual([expect.stringContaining('far (far:22) did not answer')])
  setTimeout(() => world.fars.delete('far:22'), 300)
  expect((await inTime(read(one)))?.proof?.answered).toBe(true)
  near.on = { ...near.on, units: { 'tunnel-t1.service': { Id: 'tunnel-t1.service', ActiveState: 'failed' } } }
  expect((await inTime(read(one)))?.warnings).toEqual([expect.stringContaining('its service does not run')])
})

test('an update whose far is silent leaves the tunnel standing', async () => {
  const { near, middle, world } = makeCompany()
  await inTime(make(tunnelOf(near, middle, 't1'), tellNobody))
  world.fars.set('other:22', 'hangs up')
  const fault = await inTime(faultOf(make(tunnelOf(near, middle, 't1', { far: 'other:22' }), tellNobody)))
  expect(fault.code).toBe('far-silent')
  expect(near.on.units['tunnel-t1.service']).toMatchObject({ ActiveState: 'active' })
})

test('a tunnel that stands and does not listen begins anew at once, not when its ssh comes round to it', async () => {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  await inTime(make(one, tellNobody))
  // Its ssh lost the port to another, and is between two tries that are a minute apart.
  world.mute.add('t1')
  near.fails = ({ verb }) => {
    if (verb === 'unit_start') world.mute.delete('t1')
    return null
  }
  const before = countRuns(middle, 'look')
  const told: string[] = []
  expect((await inTime(make(one, what => told.push(what)))).proof?.answered).toBe(true)
  expect(told.filter(what => !what.startsWith('proof'))).toEqual(['near: start tunnel-t1.service'])
  // Before it, and until it listens.
  expect(countRuns(middle, 'look') - before).toBeLessThanOrEqual(3)
})

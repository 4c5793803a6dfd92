// What far answers, and what is claimed of it: time passes as it is told to, for patience is fifteen seconds.
import { make } from '../../engine/change/make'
import { planChanges } from '../../engine/compare/plan-changes'
import { read } from '../../engine/proof/observe'
import { type Declared, hostsOf } from '../../engine/wish/declared'
import { faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { countRuns } from './fake-reach'
import { inTime, stopClock } from './in-time'

stopClock()

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
  expect(made.proof).toMatchObject({ from: 'middle', answered: true, farAnswered: 'SSH-2.0-made-up' })
})

const db = 'db:5432'
const tcp = { far: db } as const

test('a far that is not the first to speak has answered when the host that dials it has a connection to it', async () => {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1', tcp)
  world.fars.set(db, 'refuses')
  expect((await inTime(faultOf(make(one, tellNobody)))).code).toBe('far-silent')
  world.fars.set(db, 'says nothing')
  const { proof } = await inTime(make(one, tellNobody))
  expect(proof).toMatchObject({ answered: true, evidence: 'kept open', farAnswered: 'open' })
})

test('a connection that stays open because nothing comes back from far is no answer, and far is not called dead', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set(db, 'drops')
  const fault = await inTime(faultOf(make(tunnelOf(near, middle, 't1', tcp), tellNobody)))
  expect(fault.code).toBe('far-unreached')
  expect(fault.happened).toContain('no answer in 15 s')
  expect(fault.cure).toContain('nothing between near and it drops the connection')
})

test('a connection that the host which dials far has from somebody before us proves nothing', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set(db, 'drops')
  near.connections = ['tun-t1 192.0.2.9:39999 192.0.2.10:5432']
  expect((await inTime(faultOf(make(tunnelOf(near, middle, 't1', tcp), tellNobody)))).code).toBe('far-unreached')
})

test.each([
  ['a port whose services greet', 'mail:25', 'says nothing'],
  ['a far that greets the host that dials it', db, 'answers'],
] as const)('of %s the first byte is waited for', async (_what, far, direct) => {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1', { far })
  world.fars.set(far, 'answers')
  const { proof } = await inTime(make(one, tellNobody))
  expect(proof).toMatchObject({ answered: true, evidence: 'banner', farAnswered: 'SSH-2.0-made-up' })
  world.fars.set(far, direct)
  world.mutes.add(far)
  const { proof: silent, warnings = [] } = (await inTime(read(one))) ?? {}
  // Who greets nobody is not known to greet.
  if (direct === 'says nothing') expect(silent).toMatchObject({ answered: true, evidence: 'kept open' })
  else expect(silent).toMatchObject({ answered: false, evidence: 'no answer', farAnswered: '' })
  if (direct === 'answers') expect(warnings.join()).toContain('answers near itself, but not through the tunnel')
})

test('where sshd does not let us dial nothing is claimed, nothing is to be mended, and it is told', async () => {
  const { near, middle } = makeCompany()
  middle.prohibits = true
  const said: string[] = []
  const one = tunnelOf(near, middle, 't1')
  const made = await inTime(make(one, what => said.push(what)))
  const unknown = { answered: null, evidence: 'not asked', why: 'sshd on middle does not let us dial' }
  expect(made.proof).toMatchObject(unknown)
  expect(made.warnings).toEqual([expect.stringContaining('nobody can tell whether far (far:22) answers')])
  expect(said.at(-1)).toMatch(/^not proved: /)
  expect(await inTime(read(one))).toMatchObject({ proof: unknown, warnings: made.warnings })
  expect(await planOf(one)).toMatchObject({ action: 'none' })
})

test('where the host that dials far does not let us ask it, its connections tell; where they are not told, nobody can', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set(db, 'says nothing')
  near.prohibits = true
  const one = tunnelOf(near, middle, 't1', tcp)
  expect((await inTime(make(one, tellNobody))).proof).toMatchObject({ answered: true, evidence: 'kept open' })
  near.connections = null
  const seen = await inTime(read(one))
  expect(seen?.proof).toMatchObject({ answered: null, evidence: 'not asked' })
  expect(seen?.proof?.why).toContain('near does not tell the connections of its tunnels')
})

describe('a tunnel whose far may be silent', () => {
  const asleep = async (probe: 'warn' | 'ssh warn') => {
    const company = makeCompany()
    const { near, middle, world } = company
    world.fars.set('far:22', 'refuses')
    return { ...company, one: tunnelOf(near, middle, 't1', { probe }) }
  }

  test.each(['warn', 'ssh warn'] as const)('%s: is made with a warning, and the next plan is empty', async probe => {
    const { one } = await asleep(probe)
    const { proof, warnings } = await inTime(make(one, tellNobody))
    expect(proof).toMatchObject({ answered: false, evidence: 'no answer', farAnswered: '' })
    expect(warnings).toEqual([expect.stringMatching(/^t1: .* far \(far:22\) does not answer through it(: .*)?\n/)])
    const change = await planOf(one)
    expect(change).toMatchObject({ action: 'none', parts: [] })
    expect(change?.seen?.warnings).toEqual([expect.stringContaining('far (far:22) did not answer')])
  })

  test('is a change again as soon as something of ours is missing', async () => {
    const { near, one } = await asleep('warn')
    await inTime(make(one, tellNobody))
    near.restless.add('tunnel-t1.service')
    near.on = { ...near.on, units: { 'tunnel-t1.service': { Id: 'tunnel-t1.service', ActiveState: 'failed' } } }
    expect(await planOf(one)).toMatchObject({ action: 'update' })
  })

  test('is refused all the same when its ssh does not listen', async () => {
    const { world, one } = await asleep('warn')
    world.mute.add('t1')
    expect((await inTime(faultOf(make(one, tellNobody)))).code).toBe('not-listening')
  })
})

async function planOf(one: Declared) {
  const hosts = hostsOf(one)
  const { changes } = await inTime(planChanges({ owner: 'terraform', ownsAll: false, hosts, declared: [one] }))
  return changes[0]
}

describe('what is blocked on the way is never called a dead far', () => {
  const office = 'office'
  const prepare = () => {
    const company = makeCompany()
    const { near, middle, world } = company
    const { host: probeFrom } = world.add(office, '192.0.2.77')
    return { ...company, one: tunnelOf(near, middle, 't1', { listen: '203.0.113.20:2101', probeFrom }) }
  }

  test('a listener that is answered on its own host, and not from where it is asked', async () => {
    const { middle, world, one } = prepare()
    await inTime(make(one, tellNobody))
    world.blocked.add(office)
    const { proof, warnings = [] } = (await inTime(read(one))) ?? {}
    expect(proof).toMatchObject({ from: office, pastFirewall: true, answered: false })
    expect(warnings.join()).toMatch(
      /^t1: 203\.0\.113\.20:2101 leads to far on middle itself, but not when it is asked from office/,
    )
    const before = middle.runs.length
    const fault = await inTime(faultOf(make(one, tellNobody)))
    expect(fault.code).toBe('port-blocked')
    // No session is ended for it.
    expect(middle.runs.slice(before).map(({ script }) => script)).not.toContain('batch')
  })

  test('a far that answers him who dials it, and not the tunnel', async () => {
    const { world, one } = prepare()
    await inTime(make(one, tellNobody))
    world.fars.set('far:22', 'answers')
    world.mutes.add('far:22')
    expect((await inTime(faultOf(make(one, tellNobody)))).code).toBe('tunnel-blocked')
  })
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
  expect(silent?.proof).toMatchObject({ from: 'middle', answered: false, evidence: 'no answer', farAnswered: '' })
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

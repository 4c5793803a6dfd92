// The adapter over made-up hosts: what the state says of a proof, and when it is asked for anew.
import { unknown } from '../../provider/plugin'
import { makeCompany } from '../engine/company'
import { inTime, stopClock } from '../engine/in-time'
import { hostOf, lifeOf, tunnelConfig } from './life'

stopClock()

test('a far that may be silent is made with a warning, read with one, and planned as it is', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  world.fars.set('db:22', 'refuses')
  const config = tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' })
  const silent = { answered: false, evidence: 'no answer', past_firewall: false, far_answered: '' }
  const { state, diagnostics } = await inTime(life.apply(null, config))
  expect(state?.proof).toMatchObject(silent)
  const warning = { severity: 'warning', summary: expect.stringContaining('far (db:22) does not answer through it') }
  expect(diagnostics).toEqual([expect.objectContaining(warning)])
  const found = await inTime(life.read(state))
  expect(found.diagnostics).toEqual([expect.objectContaining({ severity: 'warning' })])
  expect(await inTime(life.plan(found.state, config))).toEqual(found.state)
  // One that must answer is to be asked anew.
  expect((await inTime(life.plan(found.state, { ...config, probe: 'ssh' }))).proof).toBe(unknown)
  world.fars.set('db:22', 'answers')
  expect((await inTime(life.read(found.state))).state?.proof).toMatchObject({ answered: true, evidence: 'banner' })
})

test('a proof that was planned to stay and holds no longer is shown as it is now, and as a change since the plan', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await inTime(life.apply(null, tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' })))
  world.closeAll()
  Object.assign(middle, { host: { ...middle.host, user: 'ops' } })
  const config = tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' })
  const plan = await inTime(life.plan(state, config))
  expect(plan.proof).toEqual(state?.proof)
  world.fars.set('db:22', 'refuses')
  const applied = await inTime(life.applyPlanned(state, plan))
  expect(applied.state?.proof).toMatchObject({ answered: false, far_answered: '' })
  const meanwhile = { severity: 'error', summary: 'the hosts were changed since the plan: proof' }
  expect(applied.diagnostics).toContainEqual(expect.objectContaining(meanwhile))
  // Read before the plan it is none to keep, where far must answer.
  const { state: found } = await inTime(life.read(state))
  expect((await inTime(life.plan(found, { ...config, probe: 'ssh' }))).proof).toBe(unknown)
})

test('a tunnel is asked from where its arguments say, and reads and plans as it is', async () => {
  const { near, middle, world } = makeCompany()
  const office = world.add('office', '192.0.2.77')
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle, { listen: '203.0.113.20:2101', probe_from: hostOf(office) })
  const { state } = await inTime(life.apply(null, config))
  expect(state?.proof).toMatchObject({ from: 'office', past_firewall: true, answered: true, evidence: 'banner' })
  expect(await inTime(life.read(state))).toEqual({ state, diagnostics: [] })
  expect(await inTime(life.plan(state, config))).toEqual(state)
})

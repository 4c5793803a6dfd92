// What runs by hand makes way for a tunnel: right before its start, and for all tunnels that it serves or for none.
import { make } from '../../engine/change/make'
import type { Replaced } from '../../engine/change/replace'
import { faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { stepsOf } from './fake-reach'

const old: Replaced = {
  unit: 'old.service',
  yields: { why: 'stop old.service', phase: 'start', verb: 'unit_yield', args: ['old.service', 'back.timer'] },
  keep: async () => {},
  back: async () => {},
}
const starts = (steps: readonly string[]) => steps.filter(step => /^(unit_(yield|start)|units_start)/.test(step))

test('it stops in the batch that starts the tunnel, before that', async () => {
  const { near, middle } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  const other = tunnelOf(near, middle, 't9')
  const made = await make(one, tellNobody, { replaces: old })
  expect(made.parts.service).toMatchObject({ active: true })
  expect(starts(stepsOf(near))).toEqual(['unit_yield old.service', 'unit_start tunnel-t1.service', 'units_start'])
  // Who stands already asks nobody to stop.
  await make(one, tellNobody, { replaces: old })
  expect(starts(stepsOf(near))).toHaveLength(3)
  await make(other, tellNobody)
  expect(starts(stepsOf(near))).toHaveLength(5)
})

test('it is not stopped for one where another that it serves has failed', async () => {
  const { near, middle } = makeCompany()
  middle.fails = ({ verb, args }) => (verb === 'sshd_put' && args.join(' ').includes('-t1.') ? 'no' : null)
  const [t0, t1, t2] = manyOf(3, name => tunnelOf(near, middle, name)).map((one, at) =>
    make(one, tellNobody, at < 2 ? { replaces: old } : {}),
  )
  if (!t0 || !t1 || !t2) throw new Error('three are made')
  const faults = await Promise.all([faultOf(t0), faultOf(t1)])
  expect(faults.map(({ code }) => code)).toEqual(['not-replaced', 'step-failed'])
  expect(faults[0]?.message).toContain('old.service is not replaced: it serves t1 too, which failed')
  expect((await t2).parts.service).toMatchObject({ active: true })
  expect(stepsOf(near).filter(step => step.startsWith('unit_yield'))).toEqual([])
  expect(standingOf(near, 't0')).toEqual(nothing)
})

test('of those that it serves none stays up where another has failed after the start', async () => {
  const { near, middle, world } = makeCompany()
  world.fars.set('far:22', 'refuses')
  const [t0, t1] = manyOf(2, name => tunnelOf(near, middle, name, name === 't1' ? {} : { far: 'far:23' })).map(one =>
    make(one, tellNobody, { replaces: old }),
  )
  if (!t0 || !t1) throw new Error('two are made')
  const faults = await Promise.all([faultOf(t0), faultOf(t1)])
  expect(faults.map(({ code }) => code)).toEqual(['not-replaced', 'far-silent'])
  expect(faults[0]?.message).toContain('old.service is not replaced: it serves t1 too, which failed')
  expect(starts(stepsOf(near))).toContain('unit_yield old.service')
  for (const host of [near, middle])
    expect([standingOf(host, 't0'), standingOf(host, 't1')]).toEqual([nothing, nothing])
})

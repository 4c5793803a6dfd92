// What runs by hand makes way for a tunnel: right before its start, and for all tunnels that it serves or for none.
import { carryOut } from '../../cli/carry-out'
import { make } from '../../engine/change/make'
import type { Replaced } from '../../engine/change/replace'
import { planChanges } from '../../engine/compare/plan-changes'
import { parseUnits, whyNotReplaced } from '../../engine/look/units'
import type { Declared } from '../../engine/wish/declared'
import { faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { stepsOf } from './fake-reach'

const old: Replaced = {
  unit: 'old.service',
  yields: { why: 'stop old.service', phase: 'start', verb: 'unit_yield', args: ['old.service', 'back.timer'] },
  keep: async () => {},
  back: async () => {},
  again: async () => {},
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

test('it is not stopped for one where the settings of a host come first for another, and have failed', async () => {
  const { near, middle, world } = makeCompany()
  const relay = world.add('relay', '203.0.113.30')
  relay.fails = ({ verb }) => (verb === 'sshd_put' ? 'no' : null)
  const settings: Declared = { type: 'middle', input: { name: 'relay', host: relay.host, clientAliveInterval: 17 } }
  const declared = [settings, tunnelOf(near, middle, 't0'), tunnelOf(near, relay, 't1')]
  const hosts = [near, middle, relay].map(({ host }) => host)
  const { changes } = await planChanges({ owner: 'shop', ownsAll: true, hosts, declared, replacing: ['t0', 't1'] })
  const replaced = new Map(['t0', 't1'].map(name => [name, old] as const))
  const results = await carryOut(changes, { tell: tellNobody, say: tellNobody, end: tellNobody }, () => false, {
    replaced,
    dependsOn: {},
  })
  expect(results.map(({ status }) => status)).toEqual(['failed', 'skipped', 'skipped'])
  expect(stepsOf(near)).toEqual([])
})

const plainUnit = { LoadState: 'loaded', UnitFileState: 'enabled', MainPID: '5', WantedBy: 'multi-user.target' }

test.each([
  [{}, null],
  [{ UnitFileState: 'linked', WantedBy: '' }, null],
  [{ UnitFileState: 'enabled-runtime' }, null],
  [{ UnitFileState: 'static', WantedBy: '' }, null],
  [{ MainPID: '0', Processes: '5 6 ' }, null],
  [{ MainPID: '1', Processes: '1 5 ' }, 'runs other programs too'],
  [{ UnitFileState: 'transient' }, 'is transient'],
  [{ UnitFileState: 'generated' }, 'is generated'],
  [{ UnitFileState: 'masked' }, 'is masked'],
  [{ LoadState: 'not-found' }, 'is not-found to systemd'],
  [{ CanStop: 'no' }, 'may not be stopped'],
  [{ TriggeredBy: 'a.timer' }, 'is started by a.timer'],
  [{ WantedBy: 'multi-user.target a.service' }, 'is started by a.service'],
  [{ UnitFileState: 'static', WantedBy: 'multi-user.target' }, 'is started by multi-user.target'],
])('of a unit that is %j is said: %s', (more, why) => {
  const said = whyNotReplaced({ ...plainUnit, ...more }, [5, 6])
  expect(said).toEqual(why === null ? null : expect.stringContaining(why))
})

test('what systemd says is read as a whole or not at all', () => {
  const text = 'Waits=ssh-tunnels-back-a.timer\nUnit=a.service\nMainPID=5\nProcesses=5 6 \nUnit=b.service\nMainPID=0\n'
  expect(parseUnits(text)).toBeNull()
  const { waiting, units } = parseUnits(`${text}end\n`) ?? {}
  expect([waiting, units && [...units]]).toEqual([
    ['ssh-tunnels-back-a.timer'],
    [
      ['a.service', { MainPID: '5', Processes: '5 6 ' }],
      ['b.service', { MainPID: '0' }],
    ],
  ])
})

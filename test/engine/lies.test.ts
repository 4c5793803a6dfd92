// Hosts on which all steps are done and yet something is otherwise: it is found, said, and taken back.
import { make } from '../../engine/change/make'
import { waitFor } from '../../lab/command'
import { bytesOf, faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { type FakeHost, stepsOf } from './fake-reach'

const starts = (steps: string[]) => steps.filter(step => step.startsWith('unit_start'))

test('effective values of sshd that are not the wanted ones are refused before the service is started, and taken back', async () => {
  const { near, middle } = makeCompany()
  const winner = '/etc/ssh/sshd_config.d/00-hardening.conf'
  const text = 'Match User *\n  AllowTcpForwarding no\n'
  middle.on = { ...middle.on, files: { ...middle.on.files, [winner]: { mode: '644', owner: 'root:root', text } } }
  middle.overrules = { allowtcpforwarding: 'no' }
  middle.plain = false
  const before = [bytesOf(near), bytesOf(middle)]
  const fault = await faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))
  expect([fault.code, fault.host]).toEqual(['sshd-overruled', 'middle'])
  expect(fault.happened).toBe(`sshd.allowTcpForwarding on middle is "no", not "remote": ${winner}:2 wins`)
  expect(starts(stepsOf(near))).toEqual([])
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('where sshd contradicts the one drop-in that stands for all it is asked about each, and no tunnel is let through', async () => {
  const { near, middle } = makeCompany()
  middle.overrules = { gatewayports: 'no' }
  const faults = await Promise.all(
    manyOf(3, name => tunnelOf(near, middle, name)).map(one => faultOf(make(one, tellNobody))),
  )
  expect(faults.map(({ code }) => code)).toEqual(Array(3).fill('sshd-overruled'))
  expect(starts(stepsOf(near))).toEqual([])
})

test('a unit that does not stay active listens nowhere: ssh’s last words are told, and it is taken back', async () => {
  const { near, middle } = makeCompany()
  near.restless.add('tunnel-t1.service')
  near.on = { ...near.on, journals: { 'tunnel-t1.service': 'Permission denied\nPermission denied\n' } }
  const [t0, t1] = ['t0', 't1'].map(name => make(tunnelOf(near, middle, name), tellNobody))
  const fault = await faultOf(t1 ?? Promise.resolve())
  expect([fault.code, fault.host]).toEqual(['not-listening', 'middle'])
  expect(fault.happened).toBe('ssh on near says:\nPermission denied')
  expect((await t0)?.proof?.answered).toBe(true)
  expect([standingOf(near, 't1'), standingOf(middle, 't1')]).toEqual([nothing, nothing])
})

/** A session of an ssh that has just ended still listens while systemd brings ssh back. */
function makeFlapping(atStart: (near: FakeHost) => void) {
  const company = makeCompany()
  const { near, middle } = company
  near.restless.add('tunnel-t1.service')
  const listener = { address: '127.0.0.1', port: 2101, program: 'sshd', pid: 7, uid: 998 }
  const tell = (what: string) => {
    if (!what.startsWith('near: start')) return
    middle.on = { ...middle.on, listeners: [listener] }
    atStart(near)
  }
  return { ...company, work: () => make(tunnelOf(near, middle, 't1', { probe: 'none' }), tell) }
}

test('a unit that is not active although its tunnel listens is not what was asked for', async () => {
  const { near, work } = makeFlapping(() => {})
  const fault = await faultOf(work())
  expect([fault.code, fault.host]).toEqual(['not-converged', 'near'])
  expect(fault.happened).toBe('service.active on near is false, not true')
  expect(standingOf(near, 't1')).toEqual(nothing)
})

test('a unit that has come back by the time of another look is what was asked for', async () => {
  let held: ReturnType<FakeHost['hold']> | undefined
  const { near, work } = makeFlapping(host => {
    held ??= host.hold('look')
  })
  const working = work()
  while (!held) await new Promise(setImmediate)
  await held.reached
  const unit = near.on.units['tunnel-t1.service']
  near.on = { ...near.on, units: { 'tunnel-t1.service': { ...unit, ActiveState: 'active' } } }
  held.release()
  expect((await working).parts.service).toMatchObject({ active: true })
})

test.each(['remote', 'local'] as const)(
  'a %s listener that binds late is waited for by the host itself',
  async forward => {
    const { near, middle, world } = makeCompany()
    world.late.add('t1')
    const made = await make(tunnelOf(near, middle, 't1', { forward }), tellNobody)
    expect(made.proof?.answered).toBe(true)
    const { runs } = forward === 'remote' ? middle : near
    const awaits = runs.flatMap(({ script, requests }) =>
      requests.filter(({ verb }) => verb === 'look_await').map(({ args }) => [script, ...args].join(' ')),
    )
    // 150 tenths of a second: ssh's ConnectTimeout, and one restart.
    expect(awaits).toEqual(['look tun-t1 2101 150'])
  },
)

test('the listener of the ssh of before, which the start ends, is not taken for the new one', async () => {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1', { probe: 'none' })
  await make(one, tellNobody)
  const path = '/etc/systemd/system/tunnel-t1.service'
  const file = near.on.files[path]
  near.on = {
    ...near.on,
    files: { ...near.on.files, [path]: { mode: '644', owner: 'root:root', text: `${file?.text}# by hand\n` } },
  }
  // Somebody has ended its session: its ssh of before is just coming back while the new one is on its way.
  world.late.add('t1')
  const { reached, release } = near.hold('batch')
  const waits = () => middle.runs.filter(({ requests }) => requests.some(({ verb }) => verb === 'look_await')).length
  const earlier = waits()
  const again = faultOf(make(one, tellNobody))
  await reached
  await waitFor('the host to wait for the listener', () => (waits() > earlier ? true : undefined))
  world.mute.add('t1')
  release()
  expect((await again).code).toBe('not-listening')
})

test.each(['remote', 'local'] as const)('a %s listener that never binds is told, and taken back', async forward => {
  const { near, middle, world } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  world.mute.add('t1')
  const fault = await faultOf(make(tunnelOf(near, middle, 't1', { forward, probe: 'none' }), tellNobody))
  expect([fault.code, fault.host]).toEqual(['not-listening', forward === 'remote' ? 'middle' : 'near'])
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('a firewall that lets nobody in although the rules were loaded is not what was asked for', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  middle.deaf = true
  const one = tunnelOf(near, middle, 't1', { listen: '203.0.113.20:2101', probe: 'none' })
  const fault = await faultOf(make(one, tellNobody))
  expect([fault.code, fault.host]).toEqual(['not-converged', 'middle'])
  expect(fault.happened).toContain('firewall.open on middle is false, not true')
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('a port that another program has taken is refused before anything is touched', async () => {
  const { near, middle } = makeCompany()
  const listener = { address: '127.0.0.1', port: 2101, program: 'nginx', pid: 7, uid: 0 }
  middle.on = { ...middle.on, listeners: [listener] }
  const [t0, t1] = ['t0', 't1'].map(name => make(tunnelOf(near, middle, name), tellNobody))
  expect((await faultOf(t1 ?? Promise.resolve())).code).toBe('port-taken')
  expect((await t0)?.proof?.answered).toBe(true)
  expect(stepsOf(middle).filter(step => step.includes('t1'))).toEqual([])
})

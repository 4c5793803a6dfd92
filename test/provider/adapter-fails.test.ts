// The adapter over made-up hosts that fail: what stands then is what the state says, and nothing else.
import { bootAnew, bytesOf, makeCompany, nothing, standingOf } from '../engine/company'
import { lifeOf, type Obj, tunnelConfig } from './life'

const failing = (verb: string) => (line: { verb: string }) => (line.verb === verb ? `${verb} does not work` : null)

test('a create that fails and is taken back leaves no state', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  near.fails = failing('unit_start')
  await expect(life.apply(null, tunnelConfig(near, middle))).rejects.toMatchObject({ code: 'step-failed' })
  expect([standingOf(near, 'web'), standingOf(middle, 'web')]).toEqual([nothing, nothing])
})

test('a create that fails and cannot be taken back leaves a state that says what stands', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  near.fails = failing('unit_start')
  middle.fails = failing('account_remove')
  const { state, diagnostics } = await life.apply(null, tunnelConfig(near, middle))
  expect(diagnostics).toMatchObject([
    { severity: 'error', detail: expect.stringContaining('taking back what was made failed too') },
  ])
  expect(state).toMatchObject({
    account: { name: 'tun-web' },
    client_account: null,
    key: null,
    sshd: null,
    service: null,
  })
})

test('a create whose host is lost for long leaves a state of what it asked for, and what came of it is read when the host is back', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle)
  const before = bytesOf(middle)
  middle.loses = 'halfway'
  // Away as soon as the batch is lost.
  const { fails } = middle
  middle.fails = line => {
    middle.away = true
    return fails(line)
  }
  const { state, diagnostics } = await life.apply(null, config)
  expect(diagnostics).toMatchObject([{ severity: 'error' }])
  expect(state).toMatchObject({ name: 'web', account: null, sshd: null, proof: null })
  expect(standingOf(middle, 'web')).not.toEqual(nothing)
  middle.away = false
  middle.fails = fails
  const { state: found } = await life.read(state)
  expect(found).toMatchObject({ account: { name: 'tun-web' } })
  bootAnew(near, middle)
  expect((await life.apply(found, null)).state).toBeNull()
  expect(bytesOf(middle)).toEqual(before)
})

test('a create that is refused because a host is away leaves no state', async () => {
  const { near, middle } = makeCompany()
  middle.away = true
  await expect(lifeOf('sshtunnel_tunnel').apply(null, tunnelConfig(near, middle))).rejects.toMatchObject({
    code: 'host-unreachable',
  })
})

test('a create that finds something of it there leaves a state that says what stands', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const account = { shell: '/bin/sh', comment: 'ssh-tunnels terraform', uid: 998 }
  middle.on = { ...middle.on, accounts: { 'tun-web': account } }
  near.fails = failing('unit_start')
  const { state, diagnostics } = await life.apply(null, tunnelConfig(near, middle))
  expect(diagnostics).toMatchObject([{ severity: 'error', summary: 'on near: could not start tunnel-web.service' }])
  expect(state).toMatchObject({ account: { shell: '/usr/sbin/nologin' }, sshd: {}, service: { active: false } })
})

test('an update that fails leaves a state that says what stands by now', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state: first } = await life.apply(null, tunnelConfig(near, middle))
  near.fails = failing('unit_put')
  const config = tunnelConfig(near, middle, { listen: '127.0.0.1:2200', probe: 'none' })
  const { state, diagnostics } = await life.apply(first, config)
  expect(diagnostics).toMatchObject([{ severity: 'error' }])
  expect(state).toMatchObject({ sshd: { permit_listen: ['127.0.0.1:2200'] }, service: first?.service as Obj })
  expect((await life.plan(state, config)).service).not.toEqual(state?.service)
})

test('an update that fails while a host is gone keeps the state of before', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state: first } = await life.apply(null, tunnelConfig(near, middle))
  world.closeAll()
  near.away = true
  const { state, diagnostics } = await life.apply(first, tunnelConfig(near, middle, { far: 'other:22' }))
  expect(state).toEqual(first)
  expect(diagnostics).toMatchObject([{ severity: 'error', summary: 'cannot reach near' }])
})

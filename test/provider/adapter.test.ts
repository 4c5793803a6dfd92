// The adapter over made-up hosts: what Terraform is told of a create, a read, an update and a removal, also of those that fail.

import { provider } from '../../provider/main'
import { unknown, type Value } from '../../provider/plugin'
import { bootAnew, bytesOf, makeCompany, nothing, standingOf } from '../engine/company'
import { stepsOf } from '../engine/fake-reach'
import { hostOf, lifeOf, type Obj, tunnelConfig } from './life'

const failing = (verb: string) => (line: { verb: string }) => (line.verb === verb ? `${verb} does not work` : null)

test('a create shows all parts, then reads and plans as it is, and its removal leaves nothing', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle)
  const planned = await life.plan(null, config)
  expect(planned).toMatchObject({ endpoint: '127.0.0.1:2101', account: { name: 'tun-web' }, proof: unknown })
  expect((planned.key as Obj).public_key).toBe(unknown)
  expect(planned.server_host_key).toBe(unknown)

  const { state, diagnostics } = await life.apply(null, config)
  expect(diagnostics).toEqual([])
  expect(state).toMatchObject({
    server_host_key: 'ssh-ed25519 AAAAC3',
    service: { active: true, enabled: true },
    firewall: null,
    proof: { from: 'middle', answered: true, far_answered: 'SSH-2.0-made-up' },
  })
  expect(await life.read(state)).toEqual({ state, diagnostics: [] })
  expect(await life.plan(state, config)).toEqual(state)

  bootAnew(near, middle)
  expect((await life.apply(state, null)).state).toBeNull()
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
  expect((await life.read(state)).state).toBeNull()
})

test('what was read of a tunnel that somebody changed differs from the plan in just that', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle)
  const { state } = await life.apply(null, config)
  near.on = { ...near.on, wantedUnits: [] }
  const { state: found } = await life.read(state)
  expect(found).toEqual({ ...state, service: { ...(state?.service as Obj), enabled: false } })
  const mended = await life.plan(found, config)
  expect(mended.service).toEqual(state?.service)
  // Something is about to change: then the proof is asked for anew.
  expect(mended.proof).toBe(unknown)
  expect((await life.apply(found, config)).state).toEqual(state)
})

test('a far that may be silent is made with a warning, read with one, and planned as it is', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  world.fars.set('db:22', 'refuses')
  const config = tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' })
  const silent = { answered: false, evidence: 'no answer', past_firewall: false, far_answered: '' }
  const { state, diagnostics } = await life.apply(null, config)
  expect(state?.proof).toMatchObject(silent)
  const warning = { severity: 'warning', summary: expect.stringContaining('far (db:22) does not answer through it') }
  expect(diagnostics).toEqual([expect.objectContaining(warning)])
  const found = await life.read(state)
  expect(found.diagnostics).toEqual([expect.objectContaining({ severity: 'warning' })])
  expect(await life.plan(found.state, config)).toEqual(found.state)
  // One that must answer is to be asked anew.
  expect((await life.plan(found.state, { ...config, probe: 'ssh' })).proof).toBe(unknown)
  world.fars.set('db:22', 'answers')
  expect((await life.read(found.state)).state?.proof).toMatchObject({ answered: true, evidence: 'banner' })
}, 60_000)

test('a proof that was planned to stay and holds no longer is shown as it is now, and as a change since the plan', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' }))
  world.closeAll()
  Object.assign(near, { host: { ...near.host, user: 'ops' } })
  const config = tunnelConfig(near, middle, { far: 'db:22', probe: 'ssh warn' })
  const plan = await life.plan(state, config)
  expect(plan.proof).toEqual(state?.proof)
  world.fars.set('db:22', 'refuses')
  const applied = await life.applyPlanned(state, plan)
  expect(applied.state?.proof).toMatchObject({ answered: false, far_answered: '' })
  const meanwhile = { severity: 'error', summary: 'the hosts were changed since the plan: proof' }
  expect(applied.diagnostics).toContainEqual(expect.objectContaining(meanwhile))
  // Read before the plan it is none to keep, where far must answer.
  const { state: found } = await life.read(state)
  expect((await life.plan(found, { ...config, probe: 'ssh' })).proof).toBe(unknown)
}, 60_000)

test('a tunnel is asked from where its arguments say, and reads and plans as it is', async () => {
  const { near, middle, world } = makeCompany()
  const office = world.add('office', '192.0.2.77')
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle, { listen: '203.0.113.20:2101', probe_from: hostOf(office) })
  const { state } = await life.apply(null, config)
  expect(state?.proof).toMatchObject({ from: 'office', past_firewall: true, answered: true, evidence: 'banner' })
  expect(await life.read(state)).toEqual({ state, diagnostics: [] })
  expect(await life.plan(state, config)).toEqual(state)
})

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

test('of a host that is away a read says so, and the plan knows nothing of it', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle)
  const { state } = await life.apply(null, config)
  world.closeAll()
  middle.away = true
  const found = await life.read(state)
  expect(found).toMatchObject({
    state,
    unread: true,
    diagnostics: [
      {
        severity: 'warning',
        summary: 'web could not be read: cannot reach middle',
      },
    ],
  })
  expect(await life.plan(found.state, config, true)).toMatchObject({ sshd: unknown, service: unknown, proof: unknown })
})

test('a host that is gone for good does not keep the other from being cleared, and the way out is told', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  world.closeAll()
  bootAnew(near)
  middle.away = true
  await expect(life.apply(state, null)).rejects.toThrow('if middle is gone for good, terraform state rm')
  expect(standingOf(near, 'web')).toEqual(nothing)
})

test('with create_before_destroy the new tunnel of the same name stays when the old one is removed', async () => {
  const { near, middle, world } = makeCompany()
  const other = world.add('middle2', '203.0.113.21')
  const life = lifeOf('sshtunnel_tunnel')
  const { state: old } = await life.apply(null, tunnelConfig(near, middle))
  const { state: now } = await life.apply(null, tunnelConfig(near, other))
  expect((await life.apply(old, null)).state).toBeNull()
  expect(standingOf(middle, 'web')).toEqual(nothing)
  expect((await life.read(now)).state).toEqual(now)
  expect((await life.apply(now, null)).state).toBeNull()
})

test('a machine that was changed between plan and apply is told of, and the state is what came of it', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  const config = tunnelConfig(near, middle, { far: 'other:22' })
  const planned = await life.plan(state, config)
  near.on = { ...near.on, keys: {} }
  const applied = await life.applyPlanned(state, planned)
  expect(applied.diagnostics).toMatchObject([
    { severity: 'error', summary: 'the hosts were changed since the plan: key, authorizedKey' },
  ])
  expect((await life.read(applied.state)).state).toEqual(applied.state)
})

test('while an argument is unknown all that is computed is unknown, and nobody is asked', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle, { server: { ...hostOf(middle), address: unknown } })
  const planned = await life.plan(null, config)
  expect(planned.server).toEqual(config.server)
  const computed =
    provider.resources.sshtunnel_tunnel?.schema.attributes.filter(one => one.computed && !one.optional) ?? []
  expect(new Set(computed.map(({ name }) => planned[name]))).toEqual(new Set([unknown]))
  expect([near.runs, middle.runs]).toEqual([[], []])
})

test('a middle is made, read and removed like a tunnel', async () => {
  const { middle } = makeCompany()
  const before = bytesOf(middle)
  const life = lifeOf('sshtunnel_middle')
  const config = {
    name: 'middle',
    host: hostOf(middle),
    gateway_ports: 'clientspecified',
    open_ports: [{ port: 8022 }],
  }
  const { state, diagnostics } = await life.apply(null, config)
  expect(diagnostics).toEqual([])
  expect(state).toMatchObject({
    sshd: { gateway_ports: 'clientspecified' },
    firewall: { open: true, persistent: true },
  })
  expect(await life.plan((await life.read(state)).state, config)).toEqual(state)
  bootAnew(middle)
  expect((await life.apply(state, null)).state).toBeNull()
  expect(bytesOf(middle)).toEqual(before)
})

test('a state holds what its schema names and nothing else: no private key, no other file of the host', async () => {
  const { near, middle } = makeCompany()
  const secret = 'a secret of another program'
  const file = { mode: '600', owner: 'root:root', text: `# ${secret}\n` }
  middle.on = { ...middle.on, files: { ...middle.on.files, '/etc/ssh/sshd_config.d/90-other.conf': file } }
  near.on = { ...near.on, journals: { 'tunnel-web.service': secret } }
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  expect(JSON.stringify(state)).not.toMatch(/secret|PRIVATE KEY|b3BlbnNzaC1rZXkt/)
  const schema = provider.resources.sshtunnel_tunnel?.schema.attributes.map(({ name }) => name).sort()
  expect(Object.keys(state ?? {}).sort()).toEqual(schema)
  const key: Value = state?.key ?? null
  expect(Object.keys(key as Obj).sort()).toEqual(['host_key', 'path', 'public_key'])
  expect(stepsOf(near)).toContain('key_make /etc/ssh-tunnels/web/key')
})

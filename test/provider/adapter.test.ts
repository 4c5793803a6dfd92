// The adapter over made-up hosts: what Terraform is told of a create, a read, an update and a removal.
import { provider } from '../../provider/main'
import { unknown, type Value } from '../../provider/plugin'
import { bootAnew, bytesOf, makeCompany, nothing, standingOf } from '../engine/company'
import { stepsOf } from '../engine/fake-reach'
import { hostOf, lifeOf, type Obj, tunnelConfig } from './life'

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

const keyIn = (state: Obj | null) => (state?.key as Obj | undefined)?.public_key

test('a change of labels alone changes them and nothing else, and asks no host', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { forward, listen, far, ...ends } = tunnelConfig(near, middle)
  const config = (labels: Value, first: Value = null): Obj => ({
    ...ends,
    shared: true,
    labels,
    forwards: [
      { name: 'one', forward, listen, far, labels: first },
      { name: 'other', forward, listen: '127.0.0.1:2102', far },
    ] as Value,
  })
  const { state } = await life.apply(null, config({ costCentre: '1' }))
  expect(await life.plan(state, config({ costCentre: '1' }))).toEqual(state)
  const bare = { ...state, labels: null, forwards: config(null).forwards }

  world.closeAll()
  for (const host of [near, middle]) host.away = true
  for (const given of [config({ cost_centre: '2' }, { team: 'a' }), config(null), config({})]) {
    const planned = await life.plan(state, given)
    expect({ ...planned, labels: null, forwards: bare.forwards }).toEqual(bare)
    expect(planned).toMatchObject({ labels: given.labels, forwards: given.forwards })
    expect(await life.apply(state, given)).toEqual({ state: planned, diagnostics: [] })
  }
  const later = config(unknown, { team: unknown })
  expect(await life.plan(state, later)).toEqual({ ...bare, labels: unknown, forwards: later.forwards })
})

test('labels beside another change are in the state that comes of it', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle, { labels: { team: 'a' } }))
  expect(state?.labels).toEqual({ team: 'a' })
  const further = tunnelConfig(near, middle, { labels: { team: 'b' }, server_alive: { interval: 9 } })
  const { state: now } = await life.apply(state, further)
  expect(now).toMatchObject({ labels: { team: 'b' }, sshd: { client_alive_interval: 9 } })
  expect(await life.read(now)).toEqual({ state: now, diagnostics: [] })
})

test('another value of rotate is a key that is known after apply, and so is one that an apply will tell', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle, { rotate: '1' }))
  const old = { key: state?.key as Obj, authorized_key: state?.authorized_key as Obj }
  const anew = {
    ...state,
    key: { ...old.key, public_key: unknown, rotation: '2' },
    authorized_key: { ...old.authorized_key, public_key: unknown },
    rotate: '2',
    proof: unknown,
  }
  expect(await life.plan(state, tunnelConfig(near, middle, { rotate: '2' }))).toEqual(anew)
  expect(await life.plan(state, tunnelConfig(near, middle, { rotate: unknown }))).toEqual({
    ...anew,
    key: { ...anew.key, rotation: unknown },
    rotate: unknown,
  })
  const { state: now } = await life.apply(state, tunnelConfig(near, middle, { rotate: '2' }))
  expect(keyIn(now)).not.toBe(old.key.public_key)
  expect((await life.read(now)).state).toEqual(now)
  expect(await life.plan(now, tunnelConfig(near, middle, { rotate: '2' }))).toEqual(now)
  // Who removes it again keeps the key.
  const { state: then } = await life.apply(now, tunnelConfig(near, middle))
  expect(keyIn(then)).toBe(keyIn(now))
})

test('another name is the same tunnel: all of it is made before the old one stops, right before its own start', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  const config = tunnelConfig(near, middle, { name: 'shop' })
  const planned = await life.plan(state, config)
  expect(planned).toMatchObject({ account: { name: 'tun-shop' }, endpoint: '127.0.0.1:2101' })
  expect(keyIn(planned)).toBe(unknown)
  // Another process than the one that has made it.
  bootAnew(near, middle)
  near.runs.length = 0
  const { state: now, diagnostics } = await life.applyPlanned(state, planned)
  expect(diagnostics).toEqual([])
  const order = stepsOf(near).filter(step => /unit_(leave|start|remove)|account_add/.test(step))
  expect(order.map(step => step.split(' ').slice(0, 2).join(' '))).toEqual([
    'account_add tun-shop',
    'unit_leave tunnel-web.service',
    'unit_start tunnel-shop.service',
    'unit_remove tunnel-web.service',
  ])
  expect([standingOf(near, 'web'), standingOf(middle, 'web')]).toEqual([nothing, nothing])
  expect(await life.plan((await life.read(now)).state, config)).toEqual(now)
})

test('what cannot be made under the new name leaves the old one as it was', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  const planned = await life.plan(state, tunnelConfig(near, middle, { name: 'shop' }))
  near.fails = ({ verb, args }) => (verb === 'unit_start' && args[0] === 'tunnel-shop.service' ? 'no' : null)
  const { state: after, diagnostics } = await life.applyPlanned(state, planned)
  expect(diagnostics?.map(({ severity }) => severity)).toEqual(['error'])
  expect(after).toEqual(state)
  expect(standingOf(near, 'shop')).toEqual(nothing)
  expect((await life.read(state)).state).toEqual(state)
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

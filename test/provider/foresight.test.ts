// What a plan says beforehand of made-up hosts, as what an apply would stop at or not; and that it changes nothing.

import { Fault, type FaultCode } from '../../engine/fault'
import { usePool } from '../../engine/host/pool'
import { provider } from '../../provider/main'
import { unknown, type Value } from '../../provider/plugin'
import { bootAnew, bytesOf, makeCompany } from '../engine/company'
import { hostOf, lifeOf, type Obj, tunnelConfig } from './life'

beforeEach(() => provider.configure?.({ logins: null, places: null }))

type Type = Parameters<typeof lifeOf>[0]

async function answerTo(type: Type, prior: Obj | null, config: Obj, more: { again?: boolean } = {}) {
  const resource = provider.resources[type]
  const attributes = resource?.schema.attributes ?? []
  const proposed: Obj = Object.fromEntries(
    attributes.map(({ name, computed }) => [name, ((computed ? prior?.[name] : config[name]) ?? null) as Value]),
  )
  return resource?.plan({ prior, proposed, config, unread: false, ...more })
}

/** As Terraform plans it: the diagnostics too. */
async function told(type: Type, prior: Obj | null, config: Obj, more: { again?: boolean } = {}) {
  const answer = await answerTo(type, prior, config, more)
  return (answer?.diagnostics ?? []).map(({ severity, summary, detail = '' }) => {
    // Whoever cannot plan cannot destroy: Terraform makes an ordinary plan before.
    expect(severity).toBe('warning')
    return `${detail.includes('an apply would stop there') ? 'final' : severity}: ${summary}`
  })
}
const planned = (config: Obj, prior: Obj | null = null) => told('sshtunnel_tunnel', prior, config)

test('a create that will work is planned without a word, and the hosts are as they were', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  expect(await planned(tunnelConfig(near, middle))).toEqual([])
  expect(near.runs.length).toBeGreaterThan(0)
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('who keeps the ssh of a new one is planned where the spec names it: the plan within an apply says the same, whoever is away by then', async () => {
  const { near, middle } = makeCompany()
  const plan = async (client: { readonly [name: string]: Value }) => {
    await provider.configure?.({})
    const config = { ...tunnelConfig(near, middle), client: { ...hostOf(near), ...client } }
    return (await answerTo('sshtunnel_tunnel', null, config))?.planned?.service as Obj
  }
  for (const client of [{}, { supervisor: 'pidfile' }] as Obj[]) {
    near.away = false
    const first = await plan(client)
    near.away = true
    expect(await plan(client)).toEqual(first)
  }
  expect(await plan({})).toMatchObject({ supervisor: unknown, unit_sha256: unknown })
  expect(await plan({ supervisor: 'pidfile' })).toMatchObject({ supervisor: 'pidfile', enabled: false })
})

test('what a look has told in the plan is never taken back by the plan within the apply: who is away by then is the fault', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  world.closeAll()
  const via = [{ name: 'gate', address: '198.51.100.1' }]
  Object.assign(near, { host: { ...near.host, via } })
  const config = { ...tunnelConfig(near, middle), client: { ...hostOf(near), via } }
  await provider.configure?.({})
  await life.read(state)
  expect((await life.plan(state, config)).key).toEqual(state?.key)
  near.away = true
  expect(((await life.plan(state, config)).key as Obj).public_key).toBe(unknown)
  // A process of its own, which reads nothing before.
  await provider.configure?.({})
  await expect(life.plan(state, config)).rejects.toThrow('cannot reach near')
})

test('many that are planned at the same time share one read of each host', async () => {
  const { near, middle } = makeCompany()
  const numbers = [1, 2, 3, 4, 5]
  await Promise.all(
    numbers.map(n => planned(tunnelConfig(near, middle, { name: `t${n}`, listen: `127.0.0.1:210${n}` }))),
  )
  expect([near.runs.length, middle.runs.length]).toEqual([1, 1])
})

test('a host that is away is a warning, and the other is still looked at', async () => {
  const { near, middle } = makeCompany()
  near.away = true
  const account = { shell: '/bin/sh', comment: 'Backup', uid: 998 }
  middle.on = { ...middle.on, accounts: { 'tun-web': account } }
  expect(await planned(tunnelConfig(near, middle))).toEqual([
    'warning: cannot reach near',
    'final: middle already has an account tun-web, and it is not ours',
  ])
})

test.each<[FaultCode, 'final' | 'warning']>([
  ['login-refused', 'final'],
  ['host-key-mismatch', 'final'],
  ['identity-file-exposed', 'final'],
  ['become-refused', 'final'],
  ['host-key-unknown', 'warning'],
  ['identity-file-missing', 'warning'],
  ['agent-missing', 'warning'],
])('%s at a host is an %s', async (code, severity) => {
  const { near, middle } = makeCompany()
  const connect = () => Promise.reject(new Fault({ code, host: 'x', what: `no: ${code}` }))
  usePool({ connect, connectAfresh: connect, closeAll: () => {} })
  expect(new Set(await planned(tunnelConfig(near, middle)))).toEqual(new Set([`${severity}: no: ${code}`]))
})

const listener = (uid: number) => ({ address: '127.0.0.1', port: 2101, program: 'nc', pid: 7, uid })

test('a port that another program holds is final; one that a tunnel holds, which may leave it, a warning', async () => {
  const { near, middle } = makeCompany()
  middle.on = { ...middle.on, listeners: [...middle.on.listeners, listener(0)] }
  expect(await planned(tunnelConfig(near, middle))).toEqual(['final: port 2101 on middle is taken'])
  middle.on = {
    ...middle.on,
    listeners: [listener(990)],
    accounts: { 'tun-other': { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels shop', uid: 990 } },
  }
  expect(await planned(tunnelConfig(near, middle))).toEqual(['warning: port 2101 on middle is taken'])
})

test("another owner's name is final, and a warning where that owner's tunnel is of this plan too", async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle, { owner: 'old' }))
  await provider.configure?.({})
  const config = tunnelConfig(near, middle, { owner: 'fresh' })
  const [first] = await planned(config)
  expect(first).toMatch(/^final: .*tun-web, and it is not ours/)
  // The replacement of the same resource.
  const replaced = await planned(config, state)
  expect(replaced.length).toBeGreaterThan(0)
  expect(replaced.filter(one => one.startsWith('final'))).toEqual([])
  expect(await told('sshtunnel_tunnel', null, config, { again: true })).toEqual([])
})

test('what the settings of the middle may put right in the same deploy is not final for its tunnels', async () => {
  const { near, middle } = makeCompany()
  middle.on = { ...middle.on, sshdError: 'line 1: Bad configuration option' }
  const [before] = await planned(tunnelConfig(near, middle))
  expect(before).toMatch(/^final: the sshd configuration of middle does not validate/)
  await told('sshtunnel_middle', null, { name: 'middle', host: hostOf(middle), gateway_ports: 'no' })
  const [after] = await planned(tunnelConfig(near, middle))
  expect(after).toMatch(/^warning: the sshd configuration of middle does not validate/)
})

test('what stays as it is, what is not known yet, what is destroyed and what is being applied asks nobody', async () => {
  const { near, middle } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const config = tunnelConfig(near, middle)
  const { state } = await life.apply(null, config)
  const counts = () => [near.runs.length, middle.runs.length]
  const atFirst = counts()
  expect(await planned(tunnelConfig(near, middle, { far: 'other:22' }), state)).toEqual([])
  expect(counts()).toEqual(atFirst)
  await provider.configure?.({})
  expect(await planned(config, state)).toEqual([])
  expect(await planned({ ...config, server: { ...hostOf(middle), address: unknown } })).toEqual([])
  await provider.resources.sshtunnel_tunnel?.plan({ prior: state, proposed: null, config: null, unread: false })
  expect(counts()).toEqual(atFirst)
  bootAnew(near, middle)
})

test('a change of how a host is reached keeps the proof and all parts', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  await provider.configure?.({})
  world.closeAll()
  Object.assign(middle, { host: { ...middle.host, user: 'admin' } })
  const config = tunnelConfig(near, middle)
  const plan = await life.plan(state, config)
  expect(plan).toEqual({ ...state, client: config.client, server: config.server })
  const { state: applied, diagnostics } = await life.applyPlanned(state, plan)
  expect(diagnostics).toEqual([])
  expect(applied).toEqual(plan)
})

test('what only a look tells is planned alike while the apply is under way', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  const settings = lifeOf('sshtunnel_middle')
  const own = { name: 'middle', host: hostOf(middle), gateway_ports: 'no' }
  const { state: before } = await settings.apply(null, own)
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  await provider.configure?.({})
  world.closeAll()
  const via = [{ name: 'gate', address: '198.51.100.1' }]
  Object.assign(near, { host: { ...near.host, via } })
  const config = { ...tunnelConfig(near, middle), client: { ...hostOf(near), via } }
  const plan = await life.plan(state, config)
  expect(plan.key).toEqual(state?.key)
  await settings.apply(before, { ...own, gateway_ports: 'yes' })
  expect(await life.plan(state, config)).toEqual(plan)
  expect(await planned(config, state)).toEqual([])
})

test('settings of another machine that stand with other arguments are told, whatever else the state holds', async () => {
  const { near, middle } = makeCompany()
  const settings = lifeOf('sshtunnel_middle')
  const of = (host: typeof near, more: Obj) => ({
    name: host === near ? 'near' : 'middle',
    host: hostOf(host),
    ...more,
  })
  const { state } = await settings.apply(null, of(middle, { gateway_ports: 'no' }))
  await settings.apply(null, of(near, { gateway_ports: 'no' }))
  await provider.configure?.({})
  bootAnew(near, middle)
  await told('sshtunnel_middle', state, of(middle, { gateway_ports: 'no' }))
  const [first] = await told('sshtunnel_middle', null, of(near, { gateway_ports: 'yes' }))
  expect(first).toMatch(/near will take over what stands/)
})

// Port 0: the host that listens chooses a port before anything says it, and it stays; of two at once each has its own.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { usePool } from '../../engine/host/pool'
import { knownAfterApply } from '../../engine/parts/part'
import { derive } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { breakingOff, callsOf, type Passed } from '../harness/break-off'
import { bootAnew, bytesOf, makeCompany, tellNobody, tunnelOf } from './company'

const open = { listen: '127.0.0.1:0' }
const wide: Partial<Tunnel> = { listen: '203.0.113.20:0', allowFrom: ['203.0.113.20'] }

test('before it is chosen all that says it is unknown, and nothing else', () => {
  const { near, middle } = makeCompany()
  const unknowns = (more: Partial<Tunnel>) => {
    const { placed, outputs, listening } = derive(tunnelOf(near, middle, 't1', more), { supervisor: 'systemd' })
    expect(listening).toEqual([])
    const all = [...placed.map(({ attribute, want }) => [attribute, want] as const), ['outputs', outputs] as const]
    return all.flatMap(([attribute, values]) =>
      Object.entries(values ?? {}).flatMap(([name, value]) =>
        value === knownAfterApply ? [`${attribute}.${name}`] : [],
      ),
    )
  }
  const always = ['key.publicKey', 'key.hostKey', 'authorizedKey.publicKey', 'outputs.serverHostKey']
  const remote = ['serverPorts.chosen', 'authorizedKey.options', 'sshd.dropInSha256', 'sshd.permitListen']
  const unit = ['service.unitSha256', 'outputs.endpoint', 'outputs.port', 'outputs.command']
  expect(new Set(unknowns(wide))).toEqual(
    new Set([...always, ...remote, ...unit, 'firewall.manager', 'firewall.opens']),
  )
  expect(new Set(unknowns({ ...open, forward: 'local' }))).toEqual(new Set([...always, ...unit, 'ports.chosen']))
})

test.each<[string, Partial<Tunnel>]>([
  ['a remote', wide],
  ['a local', { ...open, forward: 'local' }],
])(
  '%s one is made, and a second time nothing is to do; two at once have two ports; nothing is left of them',
  async (_name, more) => {
    const { near, middle } = makeCompany()
    const before = [bytesOf(near), bytesOf(middle)]
    const all = ['t1', 't2'].map(name => tunnelOf(near, middle, name, { owner: 'terraform', ...more }))
    const made = await Promise.all(all.map(one => make(one, tellNobody)))
    const ports = made.map(({ outputs }) => outputs.port)
    expect(new Set(ports).size).toBe(2)
    expect(made.map(({ outputs, proof }) => [outputs.endpoint?.endsWith(`:${outputs.port}`), proof?.answered])).toEqual(
      [
        [true, true],
        [true, true],
      ],
    )
    for (const host of [near, middle]) host.runs.length = 0
    const again = await Promise.all(all.map(one => make(one, tellNobody)))
    expect(again.map(({ outputs }) => outputs.port)).toEqual(ports)
    expect([near, middle].flatMap(({ runs }) => runs.map(({ script }) => script))).toEqual(['look', 'look'])
    bootAnew(near, middle)
    await Promise.all(all.map(one => remove(one, tellNobody)))
    expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
  },
)

test('one that leads elsewhere keeps it; one that names its port needs none', async () => {
  const { near, middle } = makeCompany()
  const of = (more: Partial<Tunnel>) => make(tunnelOf(near, middle, 't1', { ...open, ...more }), tellNobody)
  const { outputs } = await of({})
  expect((await of({ far: 'other:22' })).outputs).toMatchObject({ port: outputs.port })
  expect((await of({ listen: '127.0.0.1:2222' })).parts).toMatchObject({ ports: null, serverPorts: null })
})

test('a port that another forward of the tunnel names is not chosen, nor one that another tunnel does which is made with it', async () => {
  const { near, middle } = makeCompany()
  const remote = (listen: string) => ({ forward: 'remote', listen, far: 'far:22' }) as const
  const forwards = [remote('127.0.0.1:0'), remote('127.0.0.1:20000')]
  const several = { owner: 'terraform', forwards, forward: undefined, listen: undefined, far: undefined }
  const other = { owner: 'terraform', listen: '127.0.0.1:20001' }
  const both = [tunnelOf(near, middle, 't1', several), tunnelOf(near, middle, 't2', other)]
  const [made] = await Promise.all(both.map(one => make(one, tellNobody)))
  expect(made?.outputs.endpoints).toEqual(['127.0.0.1:20002', '127.0.0.1:20000'])
})

test('broken off at any call, the next apply has one port, and its plan is empty', async () => {
  const run = async (at: Parameters<typeof breakingOff>[1], passed: Passed[] = []) => {
    const { near, middle, world } = makeCompany()
    const declared = tunnelOf(near, middle, 't1', { ...wide, owner: 'terraform' })
    usePool(breakingOff(world, at, passed))
    await make(declared, tellNobody).catch(() => {})
    usePool(world)
    await make(declared, tellNobody)
    const { changes, troubles } = await planChanges({
      owner: 'terraform',
      ownsAll: true,
      hosts: [near.host, middle.host],
      declared: [declared],
    })
    expect([changes.map(({ action }) => action), troubles]).toEqual([['none'], []])
  }
  const passed: Passed[] = []
  await run(null, passed)
  for (const place of callsOf(passed)) await run(place)
})

// A new key in the place of the old one: let in beside it first, and then alone; broken off anywhere, the next apply ends it.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { usePool } from '../../engine/host/pool'
import { nextOf } from '../../engine/parts/key'
import type { Tunnel } from '../../schemas/types'
import { type Break, breakingOff, callsOf, type Passed } from '../harness/break-off'
import { bootAnew, makeCompany, tellNobody, tunnelOf } from './company'
import { withKey } from './fake-host'
import type { FakeHost } from './fake-reach'

const path = '/etc/ssh-tunnels/t1/key'
const lets = '/etc/ssh-tunnels/t1/authorized_keys'

const keyOf = ({ on }: FakeHost) => on.keys[path]
const letIn = ({ on }: FakeHost) =>
  (on.files[lets]?.text ?? '').split('\n').flatMap(line => / (ssh-ed25519 \S+)$/.exec(line)?.[1] ?? [])
const stepsOf = ({ runs }: FakeHost) =>
  runs.flatMap(({ steps }) =>
    steps.filter(({ verb }) => /key|file_put|sessions_end/.test(verb)).map(({ verb }) => verb),
  )

const prepare = async (more: Partial<Tunnel> = {}) => {
  const { near, middle, world } = makeCompany()
  const tunnel = (further: Partial<Tunnel> = {}) => tunnelOf(near, middle, 't1', { ...more, ...further })
  await make(tunnel(), tellNobody)
  const old = keyOf(near)
  for (const host of [near, middle]) host.runs.length = 0
  return { near, middle, world, tunnel, old }
}

test.each<Partial<Tunnel>>([{}, { rotate: '1' }])(
  'of a tunnel with %j another value of rotate changes the key',
  async before => {
    const { near, middle, tunnel, old } = await prepare(before)
    const { parts } = await make(tunnel({ rotate: 'in autumn 2' }), tellNobody)
    expect(keyOf(near)).not.toBe(old)
    expect(letIn(middle)).toEqual([keyOf(near)])
    expect(near.on.rotations).toEqual({ [path]: 'in autumn 2' })
    expect(parts.key).toMatchObject({ path, publicKey: keyOf(near), rotation: 'in autumn 2' })
    // Let in before it is taken; what has logged in before ends when the old one is let in no more.
    expect([stepsOf(near), stepsOf(middle)]).toEqual([
      ['key_make', 'key_take'],
      ['file_put', 'file_put', 'sessions_end'],
    ])
  },
)

test.each(['remote', 'local'] as const)('a %s one on a port that was chosen keeps that port', async forward => {
  const { near, middle, tunnel, old } = await prepare({ forward, listen: '127.0.0.1:0' })
  const ports = (host: FakeHost) => host.on.files['/etc/ssh-tunnels/t1/ports']?.text
  const kept = [ports(near), ports(middle)]
  await make(tunnel({ rotate: '2' }), tellNobody)
  expect([keyOf(near) === old, letIn(middle)]).toEqual([false, [keyOf(near)]])
  expect(Object.keys(near.on.keys)).toEqual([path])
  expect([ports(near), ports(middle)]).toEqual(kept)
  // Asked for by somebody too, and for each of them there is one key in the end.
  await make(tunnel({ rotate: '2' }), tellNobody, { rotates: true })
  expect(letIn(middle)).toEqual([keyOf(near)])
})

test('the same value again, or none any more, changes nothing', async () => {
  const { near, middle, tunnel, old } = await prepare({ rotate: '1' })
  await make(tunnel(), tellNobody)
  await make(tunnel({ rotate: undefined }), tellNobody)
  expect([keyOf(near), stepsOf(near), stepsOf(middle)]).toEqual([old, [], []])
})

test.each<Partial<Tunnel>>([{}, { rotate: '1' }])(
  'who asks for a new key gets one, of a tunnel with %j too',
  async more => {
    const { near, middle, tunnel, old } = await prepare(more)
    const seen = [old]
    for (const _ of [1, 2]) {
      await make(tunnel(), tellNobody, { rotates: true })
      expect(seen).not.toContain(keyOf(near))
      expect(letIn(middle)).toEqual([keyOf(near)])
      seen.push(keyOf(near))
    }
    expect(near.on.rotations[path]).toBe(more.rotate)
  },
)

test.each([
  ['another value', { rotate: '2' }, {}],
  ['who asks for one', {}, { rotates: true }],
] as const)('broken off at any call, a new key for %s is ended by the next apply', async (_name, more, making) => {
  const run = async (at: Break | null, passed: Passed[] = []) => {
    const { near, middle, world, tunnel, old } = await prepare()
    usePool(breakingOff(world, at, passed))
    await make(tunnel(more), tellNobody, making).catch(() => {})
    usePool(world)
    const broken = keyOf(near)
    // At no time is the client's key one that nobody lets in.
    expect(letIn(middle)).toContain(broken)
    const isBegun = nextOf(path) in near.on.keys || broken !== old || letIn(middle).length > 1
    const { parts } = await make(tunnel(more), tellNobody)
    expect(Object.keys(near.on.keys)).toEqual([path])
    expect(letIn(middle)).toEqual([keyOf(near)])
    expect(parts).toMatchObject({ key: { path }, authorizedKey: { publicKey: keyOf(near) } })
    if (isBegun || 'rotate' in more) expect(keyOf(near)).not.toBe(old)
  }
  const passed: Passed[] = []
  await run(null, passed)
  const places = callsOf(passed)
  expect(places.length).toBeGreaterThan(8)
  for (const place of places) await run(place)
})

test('a next key that nobody asks for goes; with the tunnel all of it goes', async () => {
  const { near, middle, tunnel } = await prepare({ rotate: '1' })
  near.on = withKey(near.on, nextOf(path), 'tun-t1 9', 'ssh-ed25519 AAAA')
  await make(tunnel(), tellNobody)
  expect(Object.keys(near.on.keys)).toEqual([path])
  near.on = withKey(near.on, nextOf(path), 'tun-t1 1', 'ssh-ed25519 AAAA')
  bootAnew(near, middle)
  await remove(tunnel(), tellNobody)
  expect(near.on.keys).toEqual({})
})

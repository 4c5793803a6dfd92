// Who listens on port 0 is told of as any other, also where nobody can tell which port that is.
import { make } from '../../engine/change/make'
import { planChanges } from '../../engine/compare/plan-changes'
import { diagnose } from '../../engine/diagnose'
import { readStatus } from '../../engine/status/status'
import type { Declared } from '../../engine/wish/declared'
import { joinAll } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'
import { makeCompany, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const owner = 'terraform'
const open: Partial<Tunnel> = { owner, listen: '203.0.113.20:0', allowFrom: ['203.0.113.20'] }
const file = '/etc/ssh-tunnels/t1/ports'

const ask = ({ input }: Declared) => readStatus({ tunnels: [input as Tunnel], owner })
const lose = (host: FakeHost) => {
  const { [file]: _, ...files } = host.on.files
  host.on = { ...host.on, files }
}

async function standing(more: Partial<Tunnel> = {}) {
  const { world, near, middle } = makeCompany()
  const declared = tunnelOf(near, middle, 't1', { ...open, ...more })
  const made = await make(declared, tellNobody)
  for (const host of [near, middle]) host.runs.length = 0
  world.closeAll()
  return { world, near, middle, declared, port: made.outputs.port }
}

test('where its host was read the port is known, and who is connected is asked of the ports that it keeps', async () => {
  const { middle, declared, port } = await standing()
  expect(await ask(declared)).toMatchObject([{ state: 'up', listens: `203.0.113.20:${port}` }])
  const asked = middle.runs.flatMap(({ requests }) => requests.filter(({ verb }) => verb === 'look_port'))
  expect(asked.map(({ args }) => args)).toEqual([['tun-t1', '0']])
})

test('where the host that listens is away its row says so, and what is known of where it listens', async () => {
  const { middle, declared } = await standing()
  middle.away = true
  expect(await ask(declared)).toMatchObject([
    { name: 't1', state: 'unknown', listens: '203.0.113.20:?', far: 'far:22', reason: 'cannot reach middle' },
  ])
  const [told] = await diagnose([declared], { owner }, tellNobody)
  expect(told).toMatchObject({ verdict: 'fail', chain: { listen: '203.0.113.20:0', far: 'far:22' } })
})

test('so has a disabled one, which is not taken for one that runs', async () => {
  const { middle, declared } = await standing({ enabled: false })
  expect(await ask(declared)).toMatchObject([{ state: 'disabled' }])
  middle.away = true
  expect(await ask(declared)).toMatchObject([{ state: 'unknown', listens: '203.0.113.20:?' }])
  expect(await diagnose([declared], { owner }, tellNobody)).toMatchObject([{ verdict: 'fail' }])
})

test('one that is not made yet is down, and so is one whose port nobody keeps any more', async () => {
  const { middle, declared, port } = await standing()
  const other = tunnelOf(middle, middle, 'other', { ...open, forward: 'local' })
  expect(await ask(other)).toMatchObject([{ state: 'down', reason: 'it is not there', listens: '203.0.113.20:?' }])
  lose(middle)
  const keepsNone = `middle keeps no port for the tunnel (${file})`
  expect(await ask(declared)).toMatchObject([{ state: 'down', reason: keepsNone }])
  const [told] = await diagnose([declared], { owner }, tellNobody)
  expect(told?.checks.filter(({ status }) => status === 'fail')).toMatchObject([{ what: keepsNone }])
  expect(JSON.stringify(told)).not.toMatch(/known after apply|port 0|not as it was written/)
  const { changes } = await planChanges({ owner, ownsAll: true, hosts: [middle.host], declared: [declared] })
  expect(changes[0]?.values.find(({ name }) => name === 'listen')).toMatchObject({
    have: `203.0.113.20:${port}`,
    want: expect.any(Symbol),
  })
})

test('of several forwards each has its row, and one that names its port is judged by itself', async () => {
  const forwards: Tunnel['forwards'] = [
    { name: 'in', forward: 'local', listen: '127.0.0.1:2400', far: 'far:22' },
    { name: 'web', forward: 'remote', listen: '203.0.113.20:0', far: 'far:22' },
    { name: 'own', forward: 'remote', listen: '127.0.0.1:0', far: 'far:22' },
  ]
  const { middle, declared } = await standing({ forwards, forward: undefined, listen: undefined, far: undefined })
  expect((await ask(declared)).map(({ state }) => state)).toEqual(['up', 'up', 'up'])
  middle.away = true
  expect(await ask(declared)).toMatchObject([
    { name: 't1/in', state: 'up', listens: '127.0.0.1:2400', reason: expect.stringContaining('middle') },
    { name: 't1/web', state: 'unknown', listens: '203.0.113.20:?' },
    { name: 't1/own', state: 'unknown', listens: '127.0.0.1:?' },
  ])
})

test('of those that share a connection each has its row, under its own name', async () => {
  const { near, middle } = makeCompany()
  const shared = ['db', 'web'].map(name => tunnelOf(near, middle, name, open).input as Tunnel)
  const declared: Declared = { type: 'tunnel', input: joinAll(shared) }
  await make(declared, tellNobody)
  middle.away = true
  expect(await ask(declared)).toMatchObject([
    { name: 'db', state: 'unknown', listens: '203.0.113.20:?' },
    { name: 'web', state: 'unknown', listens: '203.0.113.20:?' },
  ])
  const told = await diagnose([declared], { owner, named: ['web'] }, tellNobody)
  expect(told).toMatchObject([{ name: 'web', verdict: 'fail', chain: { listen: '203.0.113.20:0', far: 'far:22' } }])
})

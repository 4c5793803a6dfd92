// How tunnels are: each host is asked once, up is only what far has answered for, and who is away costs his own rows.
import { make } from '../../engine/change/make'
import { diagnose } from '../../engine/diagnose'
import type { Snapshot } from '../../engine/parts/snapshot'
import { readStatus, type TunnelStatus } from '../../engine/status/status'
import type { Declared } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const inputOf = (declared: Declared): Tunnel => {
  if (declared.type !== 'tunnel') throw new Error('no tunnel')
  return declared.input
}
const statesOf = (all: readonly TunnelStatus[]) => all.map(({ state }) => state)
const ask = (all: readonly Declared[]) => readStatus({ tunnels: all.map(inputOf), owner: 'terraform' })
/** What the doctor says of the first, by one and the same list of checks. */
const walked = async (all: readonly Declared[], wanted: 'fail' | 'unknown') => {
  const [found] = await diagnose(all, { owner: 'terraform' }, tellNobody)
  return (found?.checks ?? []).flatMap(({ status, what }) => (status === wanted ? [what] : []))
}
const unit = 'tunnel-t0.service'
const scriptsOf = ({ runs }: FakeHost) => runs.map(({ script }) => script)

async function standing(count: number, more: Partial<Tunnel> = {}) {
  const company = makeCompany()
  const all = manyOf(count, name => tunnelOf(company.near, company.middle, name, { far: `${name}.lan:22`, ...more }))
  await Promise.all(all.map(one => make(one, tellNobody)))
  company.world.closeAll()
  for (const host of [company.near, company.middle]) {
    host.runs.length = 0
    host.connects = 0
  }
  return { ...company, all }
}

test.each([1, 20])('%i tunnels cost one login and one read a host', async count => {
  const { near, middle, all } = await standing(count)
  expect(statesOf(await ask(all))).toEqual(Array(count).fill('up'))
  expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['status'], ['status']])
  expect([near.connects, middle.connects]).toEqual([1, 1])
})

test('what is asked of a host is asked for its own end of each tunnel', async () => {
  const { near, middle, all } = await standing(2)
  await ask(all)
  const asked = ({ runs }: FakeHost) =>
    runs.flatMap(({ requests }) =>
      requests.flatMap(({ verb, args }) => (/session|port/.test(verb) ? [`${verb} ${args.join(' ')}`] : [])),
    )
  expect(asked(near)).toEqual(['look_session tunnel-t0.service', 'look_session tunnel-t1.service'])
  expect(asked(middle)).toEqual(['look_port tun-t0 2100', 'look_port tun-t1 2101'])
})

test('a far that does not answer is degraded, with the reason', async () => {
  const { world, all } = await standing(1)
  world.fars.set('t0.lan:22', 'refuses')
  const [status] = await ask(all)
  expect(status).toMatchObject({ state: 'degraded', reason: expect.stringContaining('does not answer'), latency: null })
})

test('where nobody is let ask far it is unknown, and never up', async () => {
  const { middle, all } = await standing(1)
  middle.prohibits = true
  expect(await ask(all)).toMatchObject([{ state: 'unknown', reason: expect.stringMatching(/^not provable: /) }])
})

test('one that says probe: none is unknown, for nothing proves it', async () => {
  const { all } = await standing(1, { probe: 'none' })
  expect(await ask(all)).toMatchObject([{ state: 'unknown', reason: expect.stringContaining('probe: none') }])
})

test('a disabled one is disabled until somebody starts it, and then it is asked like any other', async () => {
  const { near, world, all } = await standing(1, { enabled: false })
  expect(await ask(all)).toMatchObject([{ state: 'disabled', reason: 'enabled: false' }])

  near.on = { ...near.on, units: { ...near.on.units, [unit]: { ...near.on.units[unit], ActiveState: 'active' } } }
  expect(await ask(all)).toMatchObject([{ state: 'up' }])
  world.fars.set('t0.lan:22', 'refuses')
  expect(await ask(all)).toMatchObject([{ state: 'degraded' }])
})

test('a disabled one that would not work is down, and one that somebody runs by another command is asked too', async () => {
  const { near, middle, all } = await standing(1, { enabled: false })
  const { uid = 0 } = middle.on.accounts['tun-t0'] ?? {}
  const listener = { address: '127.0.0.1', port: 2100, uid, pid: 1, program: 'sshd' }
  middle.on = { ...middle.on, listeners: [listener] }
  // Nobody dials far behind such a listener here.
  expect(await ask(all)).toMatchObject([{ state: 'degraded' }])
  middle.on = { ...middle.on, listeners: [] }
  near.on = { ...near.on, units: { ...near.on.units, [unit]: { ...near.on.units[unit], ActiveState: 'activating' } } }
  expect(await ask(all)).toMatchObject([{ state: 'down' }])
  near.on = {
    ...near.on,
    files: Object.fromEntries(Object.entries(near.on.files).filter(([path]) => !path.endsWith(unit))),
  }
  near.on = { ...near.on, units: {} }
  expect(await ask(all)).toMatchObject([{ state: 'down', reason: expect.stringContaining(unit) }])
})

test('a service that was stopped is down, and so is what was never made', async () => {
  const { near, middle, all } = await standing(1)
  near.on = { ...near.on, units: { ...near.on.units, [unit]: { ...near.on.units[unit], ActiveState: 'inactive' } } }
  const other = tunnelOf(near, middle, 'other7')
  expect(await ask([...all, other])).toMatchObject([
    { name: 't0', state: 'down', reason: `${unit} does not run on near` },
    { name: 'other7', state: 'down', reason: 'it is not there', cure: 'apply makes it' },
  ])
})

const shown = { DropInPaths: `/etc/systemd/system/${unit}.d/own.conf` }
const edit = (on: Snapshot, path: string, how: (text: string) => string): Snapshot => {
  const file = on.files[path]
  if (!file) throw new Error(`there is no ${path}`)
  return { ...on, files: { ...on.files, [path]: { ...file, text: how(file.text) } } }
}
const withShell = (on: Snapshot): Snapshot => {
  const account = on.accounts['tun-t0']
  if (!account) throw new Error('there is no account')
  return { ...on, accounts: { ...on.accounts, 'tun-t0': { ...account, shell: '/bin/sh' } } }
}

test.each<[string, (on: Snapshot) => Snapshot, RegExp]>([
  [
    "somebody's drop-in beside its unit",
    on => ({ ...on, units: { ...on.units, [unit]: { ...on.units[unit], ...shown } } }),
    /somebody else changes/,
  ],
  [
    'its unit edited',
    on => edit(on, `/etc/systemd/system/${unit}`, text => `${text}# edited\n`),
    /not as it was written/,
  ],
  [
    'another host key pinned',
    on => edit(on, '/etc/ssh-tunnels/t0/known_hosts', text => `${text}more\n`),
    /has another host key/,
  ],
  ['another shell for its account', withShell, /has the shell/],
])('what works is up, with %s too, and the check says it', async (_what, change, says) => {
  const { near, all } = await standing(1)
  near.on = change(near.on)
  const [status] = await ask(all)
  expect(status?.state).toBe('up')
  expect(await walked(all, 'fail')).toEqual([expect.stringMatching(says)])
})

test('an ssh between two tries is down, and that its service runs nobody says', async () => {
  const { near, all } = await standing(1)
  near.on = { ...near.on, units: { ...near.on.units, [unit]: { ...near.on.units[unit], ActiveState: 'activating' } } }
  const [status] = await ask(all)
  expect(status?.state).toBe('down')
  expect(await walked(all, 'unknown')).toContainEqual(expect.stringContaining('between two tries'))
})

test('a name that another owner has taken is down, though far answers through it', async () => {
  const { all } = await standing(1)
  const [status] = await readStatus({ tunnels: all.map(one => ({ ...inputOf(one), owner: 'b' })), owner: 'b' })
  expect(status?.state).toBe('down')
})

test('of a host that is away only its own tunnels are told with that, and they are down where the other one does not listen', async () => {
  const { world, near, middle, all } = await standing(2)
  const laptop = world.add('laptop', '198.51.100.77')
  laptop.away = true
  const mixed = [...all, tunnelOf(laptop, middle, 'roams9')]
  expect(await ask(mixed)).toMatchObject([
    { state: 'up' },
    { state: 'up' },
    { name: 'roams9', state: 'down', reason: 'middle has no account tun-roams9; cannot reach laptop' },
  ])
  expect([scriptsOf(near), scriptsOf(middle)]).toEqual([['status'], ['status']])
})

test('a tunnel whose client is away is up where the server has its listener and far answers through it, and it says so', async () => {
  const { near, world, all } = await standing(1)
  near.away = true
  expect(await ask(all)).toMatchObject([
    { state: 'up', reason: 'cannot reach near', since: null, proof: { answered: true } },
  ])
  world.closeAll()
  world.fars.set('t0.lan:22', 'refuses')
  expect(await ask(all)).toMatchObject([
    { state: 'degraded', reason: expect.stringMatching(/does not answer.*; cannot reach near$/) },
  ])
})

test('where the host that listens is away nobody knows whose listener that is', async () => {
  const { middle, all } = await standing(1)
  middle.away = true
  expect(await ask(all)).toMatchObject([{ state: 'unknown', reason: 'cannot reach middle', proof: null }])
})

test('who comes late holds up nobody: each is told as soon as its own hosts are read', async () => {
  const { world, middle, all } = await standing(1)
  const slow = world.add('slow', '198.51.100.78')
  const { reached, release } = slow.hold('status')
  const told: string[] = []
  let first = () => {}
  const firstTold = new Promise<void>(done => {
    first = done
  })
  const reading = readStatus(
    { tunnels: [...all, tunnelOf(slow, middle, 'late8')].map(inputOf), owner: 'terraform' },
    ({ name }) => {
      told.push(name)
      first()
    },
  )
  await reached
  await firstTold
  expect(told).toEqual(['t0'])
  release()
  expect(statesOf(await reading)).toEqual(['up', 'down'])
})

test('who hangs is away after a while, and who waits for him knows it of him', async () => {
  const { world, middle, all } = await standing(1)
  const hung = world.add('hung', '198.51.100.79')
  hung.hold('status')
  const tunnels = [...all, tunnelOf(hung, middle, 'hangs8')].map(inputOf)
  const patience = { host: 500, far: 20_000 }
  expect(await readStatus({ tunnels, owner: 'terraform' }, tellNobody, patience)).toMatchObject([
    { state: 'up' },
    { state: 'down', reason: 'middle has no account tun-hangs8; hung was not read within 0.5 s' },
  ])
})

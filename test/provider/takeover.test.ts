// A create that meets what stands already: adopted when it is as declared, else shown, and refused unless it was asked for.
import { bootAnew, bytesOf, makeCompany, standingOf } from '../engine/company'
import { hostOf, lifeOf, type Obj, tunnelConfig } from './life'

const life = lifeOf('sshtunnel_tunnel')

/** A tunnel that another process has made, and of which this one remembers nothing. */
async function standing(more: Obj = {}) {
  const company = makeCompany()
  const { near, middle, world } = company
  const other = world.add('near2', '198.51.100.11')
  const { state } = await life.apply(null, tunnelConfig(near, middle, more))
  bootAnew(near, middle)
  return { ...company, other, state }
}
const refused = { code: 'would-take-over' }

test('what stands exactly as declared is taken over', async () => {
  const { near, middle, state } = await standing()
  expect((await life.apply(null, tunnelConfig(near, middle))).state).toEqual(state)
})

test.each<[string, Obj]>([
  ['where it listens', { listen: '127.0.0.1:2199' }],
  ['where it leads', { far: 'other:22' }],
  ['the direction', { forward: 'local', listen: '127.0.0.1:2101' }],
  ['the keepalive', { server_alive: { interval: 7 } }],
])('another argument is refused, and what stands stays as it is: %s', async (_what, more) => {
  const { near, middle } = await standing()
  const before = [bytesOf(near), bytesOf(middle)]
  await expect(life.apply(null, tunnelConfig(near, middle, more))).rejects.toMatchObject(refused)
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('whom the firewall lets in is an argument too', async () => {
  const listen = { listen: '203.0.113.20:2101', probe: 'none' }
  const { near, middle } = await standing({ ...listen, allow_from: ['198.51.100.0/24'] })
  await expect(life.apply(null, tunnelConfig(near, middle, listen))).rejects.toThrow('from 198.51.100.0/24')
})

test('another client is refused, also where no mark names it', async () => {
  const { other, middle, near } = await standing()
  await expect(life.apply(null, tunnelConfig(other, middle))).rejects.toThrow('client on middle: 198.51.100.10')
  const path = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
  const file = middle.on.files[path]
  if (!file) throw new Error('no drop-in')
  const text = file.text.replace(/^# client .*\n/m, '')
  middle.on = { ...middle.on, files: { ...middle.on.files, [path]: { ...file, text } } }
  await expect(life.apply(null, tunnelConfig(other, middle))).rejects.toThrow(
    'client on middle: who has the key ssh-ed25519',
  )
  expect((await life.apply(null, tunnelConfig(near, middle))).state).toMatchObject({ name: 'web' })
})

test('both ways out are told, and adopt takes it over', async () => {
  const { near, middle } = await standing()
  const config = tunnelConfig(near, middle, { far: 'other:22' })
  await expect(life.apply(null, config)).rejects.toThrow(/import it[\s\S]*adopt = true/)
  const { state } = await life.apply(null, { ...config, adopt: true })
  expect(state).toMatchObject({ command: 'ssh -N -R 127.0.0.1:2101:other:22 tun-web@203.0.113.20', adopt: true })
})

test('a create that was killed half way is gone on from, wherever it was', async () => {
  const { near, middle } = await standing()
  const whole = [near.on, middle.on] as const
  const without = <Value>(all: Readonly<Record<string, Value>>, key: string) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => name !== key))
  for (const path of Object.keys({ ...near.on.files, ...middle.on.files }).filter(one => one.includes('web'))) {
    near.on = { ...whole[0], files: without(whole[0].files, path) }
    middle.on = { ...whole[1], files: without(whole[1].files, path) }
    expect((await life.apply(null, tunnelConfig(near, middle))).state).toMatchObject({ name: 'web' })
    bootAnew(near, middle)
  }
})

test("a hand's change is mended, and no other argument", async () => {
  const { near, middle } = await standing()
  const path = '/etc/systemd/system/tunnel-web.service'
  const file = near.on.files[path]
  if (!file) throw new Error('no unit')
  near.on = {
    ...near.on,
    wantedUnits: [],
    files: { ...near.on.files, [path]: { ...file, text: file.text.replace('RestartSec=1', 'RestartSec=9') } },
  }
  expect((await life.apply(null, tunnelConfig(near, middle))).state).toMatchObject({ service: { enabled: true } })
})

test("another owner's is refused as ever, adopt or not", async () => {
  const { near, middle } = await standing()
  const before = standingOf(middle, 'web')
  const config = tunnelConfig(near, middle, { owner: 'bob', adopt: true })
  await expect(life.apply(null, config)).rejects.toMatchObject({ code: 'name-taken' })
  expect(standingOf(middle, 'web')).toEqual(before)
})

test("a host's own settings are refused and taken over alike", async () => {
  const { middle } = makeCompany()
  const settings = lifeOf('sshtunnel_middle')
  const config = { name: 'middle', host: hostOf(middle), gateway_ports: 'no', open_ports: [{ port: 8022 }] }
  const { state } = await settings.apply(null, config)
  bootAnew(middle)
  const others: Obj[] = [{ client_alive_interval: 5 }, { gateway_ports: null }, { open_ports: [{ port: 8023 }] }]
  for (const more of others) await expect(settings.apply(null, { ...config, ...more })).rejects.toMatchObject(refused)
  expect((await settings.apply(null, config)).state).toEqual(state)
  expect((await settings.apply(null, { ...config, client_alive_interval: 5, adopt: true })).state).toMatchObject({
    sshd: { client_alive_interval: 5 },
  })
})

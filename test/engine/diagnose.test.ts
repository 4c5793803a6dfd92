// The doctor over made-up hosts: each way is asked once however many tunnels go by it, and who hangs is unknown after a while.
import { make } from '../../engine/change/make'
import { diagnose } from '../../engine/diagnose'
import { Fault } from '../../engine/fault'
import type { Reach } from '../../engine/host'
import { usePool } from '../../engine/host/pool'
import { makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import { record } from './print-snapshot'

const owners = { owner: 'terraform' }

async function standing(count: number) {
  const company = makeCompany()
  const { world, near, middle } = company
  const all = manyOf(count, name => tunnelOf(near, middle, name, { far: `${name}.lan:22` }))
  await Promise.all(all.map(one => make(one, tellNobody)))
  world.closeAll()
  world.fars.set('203.0.113.20:22', 'answers')
  return { ...company, all }
}

test('tunnels of one client and server ask its sshd once together, and log in once more for large packets', async () => {
  const { world, all } = await standing(20)
  const dialled: string[] = []
  const logins: string[] = []
  const heard = (reach: Reach): Reach => ({
    ...reach,
    // It has ss and pgrep, and no connection of a tunnel.
    run: async (script, ...more) => {
      const ran = await reach.run(script, ...more)
      return script.name === 'status' ? { ...ran, stdout: `${record('held', '', '')}${ran.stdout}` } : ran
    },
    dial(address, port) {
      if (address === '203.0.113.20') dialled.push(`${reach.name} ${address}:${port}`)
      return reach.dial(address, port)
    },
  })
  usePool({
    ...world,
    connect: host => world.connect(host).then(heard),
    connectAfresh(host) {
      logins.push(host.name)
      return Promise.reject(new Fault({ code: 'login-refused', host: host.name, what: 'no' }))
    },
  })
  const found = await diagnose(all, owners, tellNobody)
  expect(found.length).toBe(20)
  expect([dialled, logins]).toEqual([['near 203.0.113.20:22'], ['middle']])
})

test('a host that hangs is told of after a while, and costs its own tunnels', async () => {
  const { world, middle, all } = await standing(1)
  const hung = world.add('hung', '198.51.100.79')
  hung.hold('status')
  const patience = { host: 500, link: 20_000 }
  const found = await diagnose([...all, tunnelOf(hung, middle, 'hangs8')], owners, tellNobody, patience)
  expect(found.map(({ name, first }) => [name, first?.what])).toEqual([
    ['t0', expect.not.stringContaining('hung')],
    ['hangs8', 'hung was not read within 0.5 s'],
  ])
})

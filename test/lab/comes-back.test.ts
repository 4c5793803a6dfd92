// Tunnels come back by themselves: after a killed ssh, a reboot of either host, and a cut link.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { fetchPage, hostsOf, listeners, makeStack, type Stack, untilBanner, untilPage } from './stack'

let lab: Lab
let stack: Stack

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  const host = hostsOf(lab)
  const server_alive = { interval: 1, count_max: 2 }
  stack.declare({
    web: {
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: host('near'),
      server: host('middle'),
      server_alive,
    },
    'server935-ssh': {
      forward: 'local',
      listen: '203.0.113.20:110',
      far: 'server935:22',
      client: host('middle'),
      server: host('middle'),
      server_alive,
    },
  })
  await stack.mustApply()
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

const unit = (name: string, property: string) => `systemctl show -P ${property} tunnel-${name}.service`

test('a killed ssh comes back within seconds', async () => {
  const before = await Promise.all([
    lab.hosts.near.sh(unit('web', 'MainPID')),
    lab.hosts.middle.sh(unit('server935-ssh', 'MainPID')),
  ])
  const killed = Date.now()
  await lab.hosts.near.killUnit('tunnel-web.service', 'SIGKILL')
  await lab.hosts.middle.killUnit('tunnel-server935-ssh.service', 'SIGKILL')
  await Promise.all([
    waitFor('another ssh on near', async () => {
      const pid = await lab.hosts.near.sh(unit('web', 'MainPID'))
      return (pid !== '0' && pid !== before[0]) || undefined
    }),
    waitFor('another ssh on middle', async () => {
      const pid = await lab.hosts.middle.sh(unit('server935-ssh', 'MainPID'))
      return (pid !== '0' && pid !== before[1]) || undefined
    }),
  ])
  await Promise.all([untilPage(lab, 8080), untilBanner(lab, 110)])
  expect(Date.now() - killed).toBeLessThan(15_000)
})

test('after a reboot of middle both come back without a deploy, their ports open, and the plan is empty', async () => {
  await lab.hosts.middle.reboot()
  await Promise.all([untilPage(lab, 8080), untilBanner(lab, 110)])
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('after a reboot of near its tunnel comes back', async () => {
  await lab.hosts.near.reboot()
  await untilPage(lab, 8080)
})

test('a link cut so long that both ends give up heals by itself', async () => {
  await lab.cutLink('near')
  const cut = Date.now()
  await waitFor('middle to free the port', async () =>
    (await listeners(lab, 'middle')).some(line => line.endsWith(':8080')) ? undefined : true,
  )
  await waitFor('near to try again, and again', async () =>
    Number(await lab.hosts.near.sh(unit('web', 'NRestarts'))) > 1 ? true : undefined,
  )
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  expect(Date.now() - cut).toBeGreaterThan(10_000)
  await lab.healLink('near')
  const healed = Date.now()
  await untilPage(lab, 8080)
  expect(Date.now() - healed).toBeLessThan(15_000)
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('what a unit remembers of its starts goes with it', async () => {
  const remembered = () => lab.hosts.near.sh('ls /run | grep tunnel- || :')
  expect(await remembered()).toBe('tunnel-web.service.starts')
  await stack.destroy()
  expect(await remembered()).toBe('')
})

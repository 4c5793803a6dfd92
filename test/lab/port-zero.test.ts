// A tunnel that listens on port 0: its host chooses a port, once, and everything says it: the state, the command without one, and the next deploy.
import { type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack, untilPage } from './stack'

let lab: Lab
let stack: Stack
let command: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const declare = (names: readonly string[], further: object = {}) => {
  const host = hostsOf(lab)
  const web = {
    forward: 'remote',
    client: host('near'),
    server: host('middle'),
    listen: '203.0.113.20:0',
    far: 'far:80',
  }
  const own = { ...web, forward: 'local', client: host('middle') }
  stack.declare(Object.fromEntries(names.map(name => [name, { ...(name === 'own' ? own : web), ...further }])))
}
const portOf = (name: string) => Number(stack.attributes(name).port)

beforeAll(async () => {
  lab = await startLab()
  ;[stack, command] = [await makeStack(lab), makeCommandLine(lab)]
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  command?.remove()
})

test('the plan of a new one shows that only an apply can tell', async () => {
  declare(['web', 'other', 'own'])
  const { text } = await stack.plan()
  const [, rest = ''] = text.split('# sshtunnel_tunnel.web ')
  for (const name of ['endpoint', 'port', 'command', 'permit_listen', 'opens', 'options', 'unit_sha256'])
    expect(rest).toMatch(new RegExp(`\\+ ${name} += \\(known after apply\\)`))
  expect(rest).toMatch(/\+ listen += "203\.0\.113\.20:0"/)
})

test('made at once, each has a port of its own, which the host gives to nobody by itself; far answers there', async () => {
  await stack.mustApply()
  const ports = ['web', 'other', 'own'].map(portOf)
  expect(new Set(ports).size).toBe(3)
  const [low = 0, high = 0] = (await lab.hosts.middle.sh('cat /proc/sys/net/ipv4/ip_local_port_range'))
    .split(/\s+/)
    .map(Number)
  for (const port of ports) {
    expect(port >= 1024 && (port < low || port > high)).toBe(true)
    expect(await fetchPage(lab, port)).toBe('hello from far\n')
  }
  expect(stack.attributes('web')).toMatchObject({
    listen: '203.0.113.20:0',
    endpoint: `203.0.113.20:${ports[0]}`,
    sshd: { permit_listen: [`203.0.113.20:${ports[0]}`] },
    server_ports: { chosen: [`${ports[0]} remote 203.0.113.20:0 far:80`] },
  })
})

test('then nothing is to do: after a reboot of the host, for Terraform and for the command, which has no state', async () => {
  const port = portOf('web')
  await lab.hosts.middle.reboot()
  await untilPage(lab, port)
  const { code, text } = await stack.plan()
  expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' })
  const { hostOf } = command
  const web = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:0', far: 'far:80' }
  command.write('tunnels.yaml', {
    owner: 'terraform',
    hosts: { near: hostOf('near'), middle: hostOf('middle') },
    tunnels: { web },
  })
  expect((await command.runTunnels('plan', '--detailed-exitcode', '--only', 'web')).code).toBe(0)
  expect((await command.runTunnels('status')).said).toContain(`203.0.113.20:${port}`)
  expect((await command.runTunnels('doctor', 'web')).said).toContain(`203.0.113.20:${port}`)
})

test('where the host that listens is away the command has a row of it, and does not say that all is well', async () => {
  const status = async () => {
    const { code, stdout } = await command.run('status', 'tunnels.yaml', '--json')
    return { code, rows: JSON.parse(stdout).tunnels }
  }
  const listens = `203.0.113.20:${portOf('web')}`
  expect(await status()).toMatchObject({ code: 0, rows: [{ name: 'web', state: 'up', listens, connections: 0 }] })
  await lab.hosts.middle.sh('systemctl stop ssh')
  try {
    const rows = [{ name: 'web', state: 'unknown', listens: '203.0.113.20:?', connections: null }]
    expect(await status()).toMatchObject({ code: 3, rows })
    const doctor = await command.run('doctor', 'tunnels.yaml', 'web', '--json')
    expect(doctor.code).not.toBe(0)
    const [told] = JSON.parse(doctor.stdout).tunnels
    expect(told).toMatchObject({ verdict: 'fail', listen: '203.0.113.20:0', far: 'far:80' })
    expect((await command.runTunnels('plan')).code).toBe(1)
  } finally {
    await lab.hosts.middle.sh('systemctl start ssh')
  }
})

test('changed in place it keeps its port, and what somebody has removed shows and comes back', async () => {
  const port = portOf('web')
  await lab.hosts.middle.sh('rm /etc/ssh-tunnels/web/ports')
  declare(['web', 'other', 'own'], { server_alive: { interval: 20 } })
  const { text } = await stack.plan()
  expect(text).toContain('Plan: 0 to add, 3 to change, 0 to destroy.')
  await stack.mustApply()
  expect(portOf('web')).toBe(port)
  expect(await fetchPage(lab, port)).toBe('hello from far\n')
  expect((await stack.plan()).code).toBe(0)
})

test('a destroy leaves the hosts as they were', async () => {
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})

// `status` on real hosts: what is up has answered, what is not says why, a host that is away costs its own rows, and the live screen acts.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'
import { makeTerminal, type Terminal } from './terminal'

const middle = '203.0.113.20'

let lab: Lab
let command: CommandLine
let terminal: Terminal | undefined

const began = Date.now()

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  const { hostOf } = command
  const web = { client: 'near', server: 'middle', forward: 'remote', far: 'far:80' }
  command.write('tunnels.yaml', {
    owner: 'status',
    hosts: { near: hostOf('near'), middle: hostOf('middle'), gone: { ...hostOf('near'), address: '198.51.100.99' } },
    tunnels: {
      web: { ...web, listen: `${middle}:8080` },
      banner: { client: 'middle', forward: 'local', listen: `${middle}:110`, far: 'far:22' },
      silent: { ...web, listen: `${middle}:8081`, far: 'far:81', probe: 'http warn' },
      stops: { ...web, listen: `${middle}:8082` },
      unasked: { ...web, listen: `${middle}:8083`, probe: 'none' },
      roams: { ...web, client: 'gone', listen: `${middle}:8084` },
    },
  })
  const made = ['web', 'banner', 'silent', 'stops', 'unasked'].flatMap(name => ['--only', name])
  expect(await command.run('apply', 'tunnels.yaml', ...made)).toMatchObject({ code: 0 })
  await lab.hosts.near.sh('systemctl stop tunnel-stops')
})
afterAll(async () => {
  await terminal?.end()
  await lab?.stop()
  command?.remove()
})

// biome-ignore lint/suspicious/noExplicitAny: as its schema says
const statusOf = async (...names: string[]): Promise<{ code: number; byName: Record<string, any> }> => {
  const { code, stdout } = await command.run('status', 'tunnels.yaml', ...names, '--json')
  const { tunnels } = readDocument('status', stdout)
  return { code, byName: Object.fromEntries(tunnels.map((one: { name: string }) => [one.name, one])) }
}

/** A visitor who stays. */
const stay = () =>
  lab.spawn('controller', ['sh', '-c', `sleep 60 | busybox nc ${middle} 110`], { stdio: ['ignore', 'pipe', 'ignore'] })

test('each tunnel has its own state, with the reason; a host that is away costs its own row', async () => {
  const visitor = stay()
  await new Promise(done => visitor.stdout?.once('data', done))
  const { code, byName } = await statusOf()
  process.kill(-(visitor.pid ?? 0), 'SIGKILL')
  expect(code).toBe(3)
  expect(byName.web).toMatchObject({
    state: 'up',
    reason: null,
    reconnects: 0,
    connections: 0,
    proof: { from: 'here' },
  })
  expect(byName.web.latency).toBeGreaterThan(0)
  expect(byName.web.bytes.sent).toBeGreaterThan(1000)
  // It is told in whole seconds.
  expect(Date.parse(byName.web.since)).toBeGreaterThan(began - 2000)
  expect(Date.parse(byName.web.since)).toBeLessThan(Date.now() + 2000)
  expect(byName.banner).toMatchObject({ state: 'up', connections: 1 })
  expect(byName.silent).toMatchObject({
    state: 'degraded',
    latency: null,
    lastError: { text: expect.stringContaining('port 81: failed') },
  })
  expect(byName.stops).toMatchObject({
    state: 'down',
    reason: 'tunnel-stops.service does not run on near',
    since: null,
  })
  expect(byName.unasked).toMatchObject({ state: 'unknown', reason: expect.stringContaining('not provable') })
  expect(byName.roams).toMatchObject({ state: 'down', reason: expect.stringContaining('gone'), reconnects: null })
})

test('a tunnel whose client is away is up where the server has its listener and far answers, and it says what was not read', async () => {
  const { hostOf } = command
  const web = { client: 'gone', server: 'middle', forward: 'remote', listen: `${middle}:8080`, far: 'far:80' }
  const hosts = { middle: hostOf('middle'), gone: { ...hostOf('near'), address: '198.51.100.99' } }
  command.write('away.yaml', { owner: 'status', hosts, tunnels: { web } })
  const { code, stdout } = await command.run('status', 'away.yaml', '--json')
  expect(code).toBe(0)
  expect(readDocument('status', stdout).tunnels).toMatchObject([
    { state: 'up', reason: expect.stringContaining('gone'), since: null, connections: 0, proof: { from: 'here' } },
  ])
})

test('a session that was cut has come back since, and tells what it said last', async () => {
  await lab.hosts.middle.sh('pkill -u tun-web sshd')
  const web = await waitFor('web to be up again', async () => {
    const { byName } = await statusOf('web')
    return byName.web.state === 'up' && byName.web.reconnects > 0 ? byName.web : undefined
  })
  expect(web).toMatchObject({ reconnects: 1, lastError: { text: expect.stringContaining(middle) } })
})

test('a firewall that somebody has closed is degraded, and named', async () => {
  const rule = 'inet filter input ip daddr 203.0.113.20 tcp dport 8080 drop'
  await lab.hosts.middle.sh(`nft insert rule ${rule}`)
  expect((await statusOf('web')).byName.web).toMatchObject({
    state: 'degraded',
    reason: expect.stringMatching(/firewall|closed|drops|let/),
  })
  await lab.hosts.middle.sh(
    `nft -a list chain inet filter input | sed -n 's/.*8080 drop # handle //p' | xargs -I N nft delete rule inet filter input handle N`,
  )
  expect(await statusOf('web')).toMatchObject({ code: 0, byName: { web: { state: 'up' } } })
})

test('metrics are written whole, for others to read', async () => {
  const { code, stdout } = await command.run('status', 'tunnels.yaml', 'web', 'stops', '--metrics', 'tunnels.prom')
  expect([code, stdout]).toEqual([3, ''])
  const file = join(command.folder, 'tunnels.prom')
  expect(readFileSync(file, 'utf8')).toMatch(
    /^ssh_tunnels_up\{owner="[^"]+",tunnel="web"\} 1\nssh_tunnels_up\{owner="[^"]+",tunnel="stops"\} 0$/m,
  )
  expect(statSync(file).mode & 0o777).toBe(0o644)
})

test('a mistake on the command line or in the spec is an error', async () => {
  expect(await command.run('status', 'tunnels.yaml', 'wbe')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did you mean web?'),
  })
  expect(await command.run('status', 'tunnels.yaml', '--watch')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('wants a terminal'),
  })
})

test('the live screen is kept up to date, its keys act, and the terminal is as before', async () => {
  terminal = await makeTerminal(lab, command, { columns: 100, rows: 20 })
  await terminal.type('echo before\n')
  await terminal.see(/^before$/m)
  await terminal.type('status tunnels.yaml web stops --watch\n')
  await terminal.see(/^> web +up +203\.0\.113\.20:8080/m)
  expect(await terminal.see(/^ {2}stops +down/m)).not.toMatch(/^before$/m)
  // Down, and begun anew.
  await terminal.type('j')
  await terminal.see(/^> stops +down/m)
  await terminal.type('r')
  await terminal.see(/^restart of stops\n {2}begun anew$/m)
  await terminal.see(/^> stops +up/m)
  await terminal.type('d')
  await terminal.see(/^the chain of stops\n(.*\n)*? {2}ok +far \(far:80\) answers through 203\.0\.113\.20:8082/m)
  await terminal.type('l')
  await terminal.see(/^what ssh says of stops on near$/m)
  await terminal.type('q')
  expect(await terminal.see(/^exit 0$/m)).toMatch(/^before$/m)
  await terminal.type('status tunnels.yaml web --watch\n')
  await terminal.see(/^> web +up/m)
  await terminal.type('\x03')
  await terminal.see(/^exit 0\n[\s\S]*^exit 130$/m)
  // Echoed as it is typed.
  await terminal.type('echo after\n')
  await terminal.see(/^\$ echo after\nafter$/m)
})

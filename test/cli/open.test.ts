// `open -f` before ssh is up, and what it keeps: with the system's own ssh and a server that takes a connection and says nothing.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allOpened, recall, remember, take } from '../../cli/open-state'
import { openTunnel } from '../../cli/ssh-args'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let folder: string
let server: Server
let child: ChildProcess | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'open-'))
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  child?.kill('SIGKILL')
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ ...process.env, HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run'), XDG_STATE_HOME: undefined })

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s before it listens ends its ssh, and leaves nothing',
  async signal => {
    const { port } = server.address() as AddressInfo
    const words = ['open', '-f', '--name', 'x', '-L', '127.0.0.1:9:far:80', '-p', String(port), 'root@127.0.0.1']
    child = spawn('node', [program, ...words], { env: env(), stdio: 'ignore' })
    const exit = once(child, 'exit')
    const [socket] = (await once(server, 'connection')) as [Socket]
    const state = join(folder, '.local/state/ssh-tunnels')
    expect([readdirSync(state), existsSync(join(folder, 'run'))]).toEqual([['x'], false])
    const closed = once(socket.resume(), 'close')
    child.kill(signal)
    expect(await exit).toEqual([130, null])
    await closed
    expect(readdirSync(state)).toEqual([])
  },
)

const openSilent = () => {
  const { port } = server.address() as AddressInfo
  const words = ['open', '-f', '--name', 'x', '-L', '127.0.0.1:9:far:80', '-p', String(port), 'root@127.0.0.1']
  return spawn('node', [program, ...words], { env: env(), stdio: ['ignore', 'ignore', 'pipe'] })
}

test('of two that open under one name one is told so, and the other goes on', async () => {
  child = openSilent()
  const exit = once(child, 'exit')
  const [socket] = (await once(server, 'connection')) as [Socket]
  const second = openSilent()
  const said = second.stderr?.setEncoding('utf8').toArray()
  expect(await once(second, 'exit')).toEqual([1, null])
  expect((await said)?.join('')).toMatch(new RegExp(`^x is being opened \\(pid ${child.pid}\\): wait for it`))
  const closed = once(socket.resume(), 'close')
  child.kill('SIGTERM')
  expect(await exit).toEqual([130, null])
  await closed
  expect(readdirSync(join(folder, '.local/state/ssh-tunnels'))).toEqual([])
})

test('a name that was left half opened is taken, and then is taken by nobody else', async () => {
  const { XDG_STATE_HOME: before } = process.env
  process.env.XDG_STATE_HOME = folder
  try {
    const left = join(folder, 'ssh-tunnels/x')
    mkdirSync(left, { recursive: true })
    writeFileSync(join(left, 'opening.json'), JSON.stringify({ pid: 1, began: 'x', boot: 'y' }))
    expect(take('x')).toBeNull()
    expect(readdirSync(left)).toEqual(['opening.json'])
    expect(take('x')).toBe(process.pid)
    expect(readdirSync(join(folder, 'ssh-tunnels'))).toEqual(['x'])
  } finally {
    if (before === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = before
  }
})

test('what is open is kept whole or not at all', () => {
  const { XDG_STATE_HOME: before } = process.env
  process.env.XDG_STATE_HOME = folder
  try {
    const opened = {
      name: 'x',
      pid: 1,
      began: '1',
      boot: 'b',
      command: 'ssh',
      listens: [],
      since: '2026-01-01T00:00:00Z',
    }
    remember(opened)
    const kept = join(folder, 'ssh-tunnels/x')
    expect([readdirSync(kept), recall('x'), allOpened()]).toEqual([['opened.json'], opened, [opened]])
    writeFileSync(join(kept, 'opened.json'), '{"name": "x"')
    expect(allOpened()).toEqual([])
  } finally {
    if (before === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = before
  }
})

test("what a host says of its login its ssh does too, and ssh's own configuration only where that is wanted", () => {
  const server = { name: 'middle', address: '203.0.113.20', identityFile: '/k', hostKeyAlias: 'alias' }
  const asked = (more: object) => {
    const tunnel = {
      name: 'web',
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: { name: 'near', local: true },
      server: { ...server, ...more },
    } as const
    const { argv } = openTunnel(tunnel, folder, { isSilent: true, isVerbose: false })
    const [, config = ''] = argv
    return { config, said: execFileSync('ssh', ['-F', config, '-G', argv.at(-1) ?? ''], { encoding: 'utf8' }) }
  }
  const { config, said } = asked({ proxyCommand: 'nc %h %p %n 100%%', certificateFile: '/c' })
  expect(said).toMatch(/^proxycommand nc %h %p middle 100%%$/m)
  expect(said).toMatch(/^certificatefile \/c$/m)
  expect(said).toMatch(/^hostkeyalias alias$/m)
  expect(readFileSync(config, 'utf8')).not.toContain('Include')
  const own = asked({ sshConfig: true })
  expect(own.said).toMatch(/^host middle$/m)
  expect(readFileSync(own.config, 'utf8')).toContain('Match originalhost middle\n  Include ~/.ssh/config')
  // ssh takes the first.
  const direct = asked({ sshConfig: true, proxyCommand: 'None' }).config
  const theirs = join(folder, 'theirs')
  writeFileSync(theirs, 'ProxyJump door')
  writeFileSync(direct, readFileSync(direct, 'utf8').replace(/Include .*/, `Include ${theirs}`))
  expect(execFileSync('ssh', ['-F', direct, '-G', 'middle'], { encoding: 'utf8' })).not.toMatch(/^proxy(jump|command)/m)
})

test('a socket on this machine is made as its unit would make it, and a link-local server is reached by its interface', () => {
  const tunnel = {
    name: 'db',
    forward: 'local',
    listen: '/run/app/db',
    far: '/run/site',
    socketMode: '0660',
    client: { name: 'near', local: true },
    server: { name: 'middle', address: 'fe80::20%eth0' },
  } as const
  const { argv } = openTunnel(tunnel, folder, { isSilent: true, isVerbose: false })
  const said = execFileSync('ssh', ['-G', ...argv.filter(word => word !== '-N')], { encoding: 'utf8' })
  expect(said).toMatch(/^streamlocalbindmask 0117$/m)
  expect(said).toMatch(/^streamlocalbindunlink yes$/m)
  expect(said).toMatch(/^hostname fe80::20%eth0$/m)
})

// Ctrl-C while a host is still being reached: every command ends at once, with one word and one exit status.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { typed } from '../typed'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let folder: string
let server: Server
let child: ChildProcess | undefined

/** It takes a connection and says nothing. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stop-'))
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const silent = { address: '127.0.0.1', port, knownHosts: 'known_hosts', identityFile: 'key' }
  const hosts = { near: silent, middle: { ...silent, address: '127.0.0.2' } }
  const web = { client: 'near', server: 'middle', forward: 'local', listen: '127.0.0.1:9', far: 'far:80' }
  writeFileSync(join(folder, 't.yaml'), JSON.stringify({ version: 1, owner: 'me', hosts, tunnels: { web } }))
  writeFileSync(join(folder, 'known_hosts'), '')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
})
afterEach(() => child?.kill('SIGKILL'))
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['plan', 't.yaml'],
  ['status', 't.yaml'],
  ['doctor', 't.yaml'],
  ['list', 'near', 't.yaml'],
  ['logs', 't.yaml', 'web'],
  ['adopt', '--host', 'near', 't.yaml'],
  ['guard', 'test', 'near', 't.yaml'],
  ['init', 'new.yaml', '--from', 'middle', '--far', 'localhost:80', '--allow-from', 'everybody'],
])('%s %s', async (...words) => {
  const { port } = server.address() as AddressInfo
  const middle = words[0] === 'init' ? ['--middle', `root@127.0.0.1:${port}`] : []
  child = spawn('node', [program, ...words, ...middle], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, told] = [child.stderr, child.stdout].map(stream => stream?.setEncoding('utf8').toArray())
  const exit = once(child, 'exit')
  await Promise.race([once(server, 'connection'), exit])
  child.kill('SIGINT')
  const [code] = await exit
  expect({ code, stderr: (await said)?.join(''), stdout: (await told)?.join('') }).toEqual({
    code: 130,
    stderr: 'stopped; nothing was changed\n',
    stdout: '',
  })
})

test('init at a terminal, which asks nothing while it meets a host', async () => {
  const { port } = server.address() as AddressInfo
  const start = ([first = '', ...words]: readonly string[], given: object) => spawn(first, words, given)
  const screen = typed(start, ['node', program, 'init', 'new.yaml', '--middle', `root@127.0.0.1:${port}`], {
    cwd: folder,
  })
  await once(server, 'connection')
  screen.press('\x03')
  expect(await screen.ended()).toBe(130)
  expect(screen.screen()).toContain('stopped; nothing was changed')
})

// The doctor on a line whose server is this very machine, and on what there is nothing to judge of: real programs, no host.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from '../../lab/command'
import { findFreePort } from '../host/sshd'
import { readDocument } from './json-document'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let folder: string
let far: Server

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-of-hand-'))
  far = createServer(socket => socket.end('hello\r\n'))
  await new Promise<void>(done => far.listen(0, '127.0.0.1', done))
})
afterAll(() => {
  far?.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...words: string[]) =>
  command(['node', program, 'doctor', ...words], { env: { HOME: folder }, cwd: folder })

test('where nothing has the port of its sshd that is named, whether or not far answers', async () => {
  const port = await findFreePort()
  const forward = `18080:127.0.0.1:${(far.address() as AddressInfo).port}`
  const line = `ssh -N -i KEY -o ServerAliveInterval=30 -p ${port} -L ${forward} root@127.0.0.1`
  const { code, stdout } = await run('--command', line, '--json')
  const [{ first, checks }] = readDocument('doctor', stdout).tunnels
  expect([code, first.link, first.status]).toEqual([3, 'server reached', 'fail'])
  expect(first.what).toContain(`127.0.0.1:${port}`)
  const starts = checks.find(({ link }: { link: string }) => link === 'listener bound')
  expect(starts.cure).toBe(
    `start it there: ssh -N -i KEY -o ServerAliveInterval=30 -L ${forward} -p ${port} root@127.0.0.1`,
  )
})

test('a line that forwards nothing', async () => {
  const says = 'ssh x: this line forwards nothing'
  const { code, stdout, stderr } = await run('--command', 'ssh x')
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(says)])
  const json = await run('--command', 'ssh x', '--json')
  expect([json.code, readDocument('doctor', json.stdout).errors]).toMatchObject([
    1,
    [{ code: 'no-forward', message: expect.stringContaining(says) }],
  ])
  writeFileSync(join(folder, 'config'), 'Host m\n  User root\n')
  const host = await run('--config', 'config', 'm')
  expect([host.code, host.stderr]).toEqual([1, expect.stringContaining('ssh root@m: this line forwards nothing')])
})

test('a file that cannot be read, with its reason', async () => {
  const says = '/nonexist cannot be read: there is no such file'
  for (const option of ['--unit', '--config']) {
    expect(await run(option, '/nonexist')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(says) })
    const { code, stdout } = await run(option, '/nonexist', '--json')
    expect([code, readDocument('doctor', stdout).errors]).toMatchObject([
      1,
      [{ message: expect.stringContaining(says) }],
    ])
  }
})

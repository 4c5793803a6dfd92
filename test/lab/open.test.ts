// Tunnels that `open` makes from this machine and `close` ends, on real hosts: of a line, and of a spec.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'

const middle = '203.0.113.20'
let lab: Lab
let line: CommandLine
/** How its ssh logs in. */
let how: readonly string[]

beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab)
  writeFileSync(join(line.folder, 'key'), readFileSync(lab.keyFile))
  chmodSync(join(line.folder, 'key'), 0o600)
  how = ['-i', 'key', '-o', `UserKnownHostsFile=${lab.knownHosts}`]
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

const run = (...words: string[]) => line.run(...words)

async function must(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words)
  if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
  return stdout
}

test('open -f says when it listens, close ends it and nothing else', async () => {
  const to = ['-L', '127.0.0.1/9000/far/80', ...how, `root@${middle}`]
  const opened = readDocument('open', await must('open', '-f', '--json', ...to))
  expect(opened).toMatchObject({ name: `9000-${middle}`, listens: ['127.0.0.1:9000'] })
  const here = async () => (await lab.run('controller', ['curl', '-s', '-m', '3', 'http://127.0.0.1:9000/'])).stdout
  expect(await here()).toContain('hello from far')
  expect((await run('open', '-f', ...to)).stderr).toContain('is open already')
  expect(await must('close')).toMatch(/^9000-203\.0\.113\.20 +\d+ +open +127\.0\.0\.1:9000/m)
  expect(await must('list', 'here')).toMatch(/by hand +\d+ +root +ssh +local +127\.0\.0\.1:9000 +far:80/)
  expect(await must('close', opened.name)).toContain('is closed')
  expect(await here()).toBe('')
  expect((await run('close', opened.name)).code).toBe(1)

  // Another process has its number by now.
  await must('open', '-f', '--name', 'x', ...to)
  const file = join(line.folder, '.local/state/ssh-tunnels/x/opened.json')
  const { pid, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
  process.kill(pid, 'SIGTERM')
  writeFileSync(file, JSON.stringify({ ...rest, pid: process.pid }))
  expect((await run('close', 'x')).stderr).toContain(`x has ended before (pid ${process.pid})`)
  expect(existsSync(file)).toBe(false)
})

test('open: what cannot be is told, and a taken port too', async () => {
  const wrong = await run('open', '-L', `${middle}:110:server935:22`, `root@${middle}`)
  expect(wrong.stderr).toMatch(
    /can only run there[\s\S]*and type there: +ssh -N -L 203\.0\.113\.20:110:server935:22 root@127\.0\.0\.1/,
  )
  const refused = await run('open', '-f', '-R', '22:far:80', ...how, `root@${middle}`)
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/remote port forwarding failed[\s\S]*before it listened/),
  ])
  const unknown = await run('open', '-L', '9001:far:80', '-i', 'key', `root@${middle}`)
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringMatching(/Host key verification failed|host key is known/),
  ])
})

test("open SPEC TUNNEL: this machine's own, with the server's pinned key", async () => {
  line.write('here.yaml', {
    hosts: { here: { local: true }, near: line.hostOf('near'), middle: line.hostOf('middle') },
    tunnels: {
      web: { client: 'here', server: 'middle', forward: 'local', listen: '127.0.0.1:9002', far: 'far:80' },
      page: { client: 'near', server: 'middle', forward: 'remote', listen: `${middle}:8080`, far: 'far:80' },
    },
  })
  await must('open', '-f', 'here.yaml', 'web')
  expect((await lab.run('controller', ['curl', '-s', 'http://127.0.0.1:9002/'])).stdout).toContain('hello from far')
  await must('close', 'web')
  expect((await run('open', 'here.yaml', 'page')).stderr).toContain('the client of page is near, not this machine')
})

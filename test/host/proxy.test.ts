// A host that is reached by a command, as by ssh's ProxyCommand: what it gets, what is told when it fails, and that it ends with us.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import { makePool } from '../../engine/host/pool'
import type { Host, Jump } from '../../schemas/types'
import { type Lab, makeLab, type Sshd } from './sshd'

let lab: Lab
let sshd: Sshd
let carry: string

beforeAll(async () => {
  lab = makeLab()
  sshd = await lab.startSshd('middle')
  carry = join(lab.dir, 'carry')
  // FILE PORT: writes its process ID into FILE, and carries what it reads to PORT of this machine and back, as nc does.
  writeFileSync(
    carry,
    `#!${process.execPath}
require('node:fs').writeFileSync(process.argv[2], String(process.pid))
const way = require('node:net').connect(Number(process.argv[3]), '127.0.0.1')
way.on('error', why => { console.error(why.message); process.exit(1) })
process.stdin.pipe(way).pipe(process.stdout)
`,
  )
  chmodSync(carry, 0o755)
})
afterAll(() => lab.end())

let files = 0
const pidFile = () => join(lab.dir, `pid-${files++}`)
const proxied = (proxyCommand: string, more: Partial<Host> = {}): Host => ({ ...sshd.host, proxyCommand, ...more })
const echo = { name: 'echo', text: 'echo here' }

async function faultOf(host: Host, timeoutMs?: number): Promise<Fault> {
  const result = await reach(host, { timeoutMs }).catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

/** Resolves when that process has ended. */
async function ended(file: string): Promise<void> {
  const pid = readFileSync(file, 'utf8')
  while (existsSync(`/proc/${pid}`)) await new Promise(resolve => setImmediate(resolve))
}

async function answers(reached: Reach): Promise<void> {
  expect((await reached.run(echo, [])).stdout).toBe('here\n')
}

test('the command gets what ssh gives it, carries the login, and ends with the connection', async () => {
  const [file, told] = [pidFile(), pidFile()]
  const address = 'i-0abc.invalid'
  const line = `sh -c 'echo "$*" >${told}; exec ${carry} ${file} ${sshd.port}' to %n %h %p %r 100%%`
  const reached = await reach(proxied(line, { address, port: 2022 }))
  await answers(reached)
  expect(readFileSync(told, 'utf8')).toBe(`middle ${address} 2022 root 100%\n`)
  reached.close()
  await reached.closed
  await ended(file)
})

test('none is no command', async () => {
  const reached = await reach(proxied('None'))
  await answers(reached)
  reached.close()
})

test.each([
  ['one that is not there', '/nowhere/proxy %h', /exit status 127\nit said: .*(not found|No such file)/],
  ['one that fails', "sh -c 'echo the token has expired >&2; exit 3'", /exit status 3\nit said: the token has expired/],
  ['one that ends well and carries nothing', 'printf token >&2', /ended without a word from there\nit said: token/],
  ['one that is killed', "sh -c 'kill -9 $$'", /ended by signal SIGKILL/],
])('%s is a fault with what it said', async (_, command, happened) => {
  const fault = await faultOf(proxied(command))
  expect(fault.code).toBe('proxy-command-failed')
  expect(fault.what).toBe(`cannot reach middle at 127.0.0.1:${sshd.port}: its proxyCommand ended`)
  expect(fault.happened).toMatch(happened)
})

test("no variable that has sudo's password reaches it, of this host or of another", async () => {
  const environment = { ...process.env, SUDO_ONE: 'correct horse', SUDO_OTHER: 'battery staple', ITS_OWN: 'kept' }
  const other = { ...sshd.host, become: 'sudo', becomePasswordEnv: 'SUDO_OTHER' } as const
  ;(await reach(other, { environment })).close()
  const host = proxied("sh -c 'env >&2; exit 1'", { become: 'sudo', becomePasswordEnv: 'SUDO_ONE' })
  const fault = (await reach(host, { environment }).catch((error: unknown) => error)) as Fault
  expect(fault.happened).toContain('ITS_OWN=kept')
  expect(fault.happened).not.toMatch(/SUDO_|horse|battery/)
})

test('one through which nothing answers is a host that is not reached, with what it said; it is gone then, and all that it started', async () => {
  const file = pidFile()
  const command = `sh -c 'echo waiting for approval >&2; sleep 1000 & echo $! >${file}.new; mv ${file}.new ${file}; wait'`
  const fault = await faultOf(proxied(command), 1500)
  expect(fault).toMatchObject({ code: 'host-unreachable', happened: expect.stringContaining('waiting for approval') })
  writeFileSync(file, readFileSync(file, 'utf8').trim())
  await ended(file)
})

test('one that answers with something else is told with what it said', async () => {
  const fault = await faultOf(proxied("sh -c 'echo no such instance >&2; echo hello; cat >/dev/null'"), 1500)
  expect(fault.happened).toContain('its proxyCommand said: no such instance')
})

test('a wrong host key behind it is a wrong host key', async () => {
  const other = await lab.startSshd('other')
  const fault = await faultOf(proxied(`${carry} ${pidFile()} ${sshd.port}`, { hostKey: other.hostKey }))
  expect(fault.code).toBe('host-key-mismatch')
})

test('where it ends in the middle of a program, that says why', async () => {
  const file = pidFile()
  const reached = await reach(proxied(`${carry} ${file} ${sshd.port}`))
  await answers(reached)
  const fault = reached.run({ name: 'wait', text: 'sleep 1000' }, []).catch((why: unknown) => why)
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
  expect(await fault).toMatchObject({ code: 'connection-lost', happened: expect.stringContaining('SIGKILL') })
})

test('it makes the connection to the first jump host, and the way goes on from there', async () => {
  const jump = await lab.startSshd('jump')
  const file = pidFile()
  const { name, hostKey, identityFile } = jump.host
  const address = 'elsewhere.invalid'
  const via: Jump = { name, address, hostKey, identityFile, proxyCommand: `${carry} ${file} ${jump.port}` }
  const pool = makePool()
  const [one, again] = await Promise.all([
    pool.connect({ ...sshd.host, via: [via] }),
    pool.connect({ ...sshd.host, become: 'sudo', via: [via] }),
  ])
  await answers(one)
  await answers(again)
  pool.closeAll()
  await ended(file)
})

/** Resolves once the file is there. */
async function there(file: string): Promise<void> {
  while (!existsSync(file)) await new Promise(resolve => setImmediate(resolve))
}

test('a Ctrl-C at the terminal does not cut off what runs; when we end it ends', async () => {
  const [file, begun, go] = [pidFile(), pidFile(), pidFile()]
  const host = proxied(`${carry} ${file} ${sshd.port}`)
  const text = `: >${begun}; until [ -e ${go} ]; do sleep 0.1; done; echo whole`
  const program = `
    const { reach } = require('./engine/host')
    process.on('SIGINT', () => process.stdout.write('heard '))
    reach(${JSON.stringify(host)}).then(reached => reached.run({ name: 'wait', text: ${JSON.stringify(text)} }, []))
      .then(({ stdout }) => process.stdout.write(stdout, () => process.exit(130)))`
  const client = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const all = readAll(client.stdout)
  await there(begun)
  // As the terminal does: to the whole group in the foreground.
  process.kill(-(client.pid as number), 'SIGINT')
  await once(client.stdout, 'data')
  writeFileSync(go, '')
  expect(await once(client, 'exit')).toEqual([130, null])
  expect(await all).toBe('heard whole\n')
  await ended(file)
})

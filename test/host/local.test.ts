// This machine as a host, and becoming root on a host where the login is not.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { reach } from '../../engine/host'
import { makeRun } from '../../engine/host/run'
import { oddArguments, showArguments } from './odd-arguments'
import { findFreePort } from './sshd'

const show = { name: 'show', text: showArguments }

async function faultOf(failing: Promise<unknown>): Promise<Fault> {
  const result = await failing.catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

describe('as root', () => {
  const local = reach({ name: 'near', local: true })

  test('arguments and stdin arrive unchanged', async () => {
    const near = await local
    const ran = await near.run(show, oddArguments, 'and stdin\n')
    expect(ran.stdout.split('\0')).toEqual(['show', ...oddArguments, 'and stdin\n'])
    expect([near.name, near.hostKey, await near.ownAddress()]).toEqual(['near', null, null])
  })

  test('exit codes, signals and stdin that nobody reads', async () => {
    const near = await local
    expect((await near.run({ name: 'exit', text: 'exit 7' }, [], 'x'.repeat(1024 * 1024))).code).toBe(7)
    expect((await near.run({ name: 'suicide', text: 'kill -TERM $$' }, [])).code).toBe(143)
  })

  test('dial reaches a listener, and a closed port is a fault', async () => {
    const near = await local
    const server = createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const stream = await near.dial('127.0.0.1', (server.address() as AddressInfo).port)
    expect(String((await once(stream, 'data'))[0])).toBe('hello')
    stream.destroy()
    server.close()
    expect((await faultOf(near.dial('127.0.0.1', await findFreePort()))).code).toBe('dial-failed')
  })
})

describe('not as root', () => {
  const bin = mkdtempSync(join(tmpdir(), 'become-test-'))
  afterAll(() => rmSync(bin, { recursive: true }))

  /** Runs commands as nobody, with a sudo of ours in the way. */
  function asNobody(become: 'sudo' | undefined, sudo: string) {
    chmodSync(bin, 0o755)
    writeFileSync(join(bin, 'sudo'), `#!/bin/sh\n${sudo}\n`, { mode: 0o755 })
    return makeRun({
      name: 'near',
      login: 'nobody@localhost',
      isRoot: false,
      become,
      exec: async (command, stdin) => {
        const child = spawn('/bin/sh', ['-c', command], {
          uid: 65534,
          gid: 65534,
          cwd: '/',
          env: { PATH: `${bin}:/usr/bin:/bin` },
        })
        let stdout = ''
        let stderr = ''
        child.stdout.on('data', chunk => {
          stdout += chunk
        })
        child.stderr.on('data', chunk => {
          stderr += chunk
        })
        // A sudo that refuses does not read it.
        child.stdin.on('error', () => {})
        child.stdin.end(stdin)
        const [code] = await once(child, 'close')
        return { kind: 'ran', stdout, stderr, code }
      },
    })
  }

  test('without become nothing is run', async () => {
    const fault = await faultOf(asNobody(undefined, 'exit 1')({ name: 'touch', text: 'echo run' }, []))
    expect([fault.code, fault.cure]).toEqual(['not-root', 'set become: sudo (or doas), or log in as root'])
  })

  test('with become the program runs behind sudo -n', async () => {
    const run = asNobody('sudo', 'test "$1" = -n; shift; exec "$@"')
    expect((await run(show, ['it is run'], '')).stdout).toBe('show\0it is run\0')
  })

  test('a sudo that wants a password is a fault that tells what to put in sudoers', async () => {
    const run = asNobody('sudo', 'echo "sudo: a password is required" >&2; exit 1')
    const fault = await faultOf(run(show, []))
    expect(fault.code).toBe('become-refused')
    expect(fault.message).toContain('sudo: a password is required')
    expect(fault.cure).toContain('nobody ALL=(root) NOPASSWD: ALL')
  })

  test('a program that fails and speaks of sudo is just a program that failed', async () => {
    const run = asNobody('sudo', 'shift; exec "$@"')
    expect(await run({ name: 'fail', text: 'echo "see sudo(8)" >&2; exit 9' }, [])).toEqual({
      stdout: '',
      stderr: 'see sudo(8)\n',
      code: 9,
    })
  })
})

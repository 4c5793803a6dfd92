// Running programs over one SSH connection: what arrives, what comes back, and what happens when it breaks.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open as openFile } from 'node:fs/promises'
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import { makePool } from '../../engine/host/pool'
import type { Host, Jump } from '../../schemas/types'
import { oddArguments, showArguments } from './odd-arguments'
import { findFreePort, type Lab, makeLab, type Sshd } from './sshd'

let lab: Lab
let sshd: Sshd
let middle: Reach

beforeAll(async () => {
  lab = makeLab()
  sshd = await lab.startSshd('middle')
  middle = await reach(sshd.host)
})
afterAll(async () => {
  middle.close()
  await lab.end()
})

async function faultOf(failing: Promise<unknown>): Promise<Fault> {
  const result = await failing.catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

const countLogins = (of: Sshd) => of.log().match(/Accepted publickey/g)?.length ?? 0

/** The jump settings for a host of the lab. */
function asJump({ name, address = '', port, hostKey, identityFile }: Host): Jump {
  return { name, address, port, hostKey, identityFile }
}

/** Passes connections on to an sshd, and can cut them all. */
async function startCable(to: number, at = 0): Promise<{ server: Server; port: number; cut(): void }> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    const onward = connectSocket(to, '127.0.0.1')
    for (const end of [socket, onward]) end.on('error', () => {})
    sockets.push(socket, onward)
    socket.pipe(onward).pipe(socket)
  }).listen(at, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets.splice(0)) socket.destroy()
  }
  return { server, port: (server.address() as AddressInfo).port, cut }
}

test('arguments of any kind arrive unchanged, and stdin is still there', async () => {
  const ran = await middle.run({ name: 'show', text: showArguments }, oddArguments, 'and stdin\n')
  expect(ran.stderr).toBe('')
  expect(ran.stdout.split('\0')).toEqual(['show', ...oddArguments, 'and stdin\n'])
})

test('1 MB of stdin comes back as it went', async () => {
  const content = randomBytes(768 * 1024).toString('base64')
  const ran = await middle.run({ name: 'cat', text: 'cat' }, [], content)
  expect(ran.stdout === content).toBe(true)
})

test('10 MB of stdout arrive whole', async () => {
  const ran = await middle.run({ name: 'zeros', text: `head -c 10485760 /dev/zero | tr '\\0' x` }, [])
  expect([ran.code, ran.stdout.length]).toEqual([0, 10 * 1024 * 1024])
})

test('a program that does not read its 1 MB of stdin ends as it likes', async () => {
  expect((await middle.run({ name: 'deaf', text: 'exit 4' }, [], 'x'.repeat(1024 * 1024))).code).toBe(4)
})

test('every exit status comes back, and a signal as 128 + its number', async () => {
  for (const code of [0, 1, 2, 126, 127, 255]) {
    expect((await middle.run({ name: 'exit', text: 'exit "$1"' }, [String(code)])).code).toBe(code)
  }
  const killed = await middle.run({ name: 'suicide', text: 'kill -KILL $$' }, [])
  expect(killed.code).toBe(137)
  expect(killed.stderr).toMatch(/signal SIGKILL|Killed/)
})

test('a program text and an argument of any size arrive', async () => {
  const ran = await middle.run(
    { name: 'long', text: `: ${'x'.repeat(300_000)}\nprintf '%s' "$1"; cat` },
    ['y'.repeat(300_000)],
    'end',
  )
  expect(ran.stdout === `${'y'.repeat(300_000)}end`).toBe(true)
})

test('20 programs at once share one connection, whatever its MaxSessions is', async () => {
  for (const maxSessions of [10, 3, 1]) {
    const busy = await lab.startSshd(`busy-${maxSessions}`, [`MaxSessions ${maxSessions}`])
    const pool = makePool()
    const runOne = async (at: number) =>
      (await (await pool.connect({ ...busy.host })).run({ name: 'echo', text: 'sleep 0.02; echo "$1"' }, [String(at)]))
        .stdout
    const outputs = await Promise.all(Array.from({ length: 20 }, (_, at) => runOne(at)))
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, at) => `${at}\n`))
    expect(countLogins(busy)).toBe(1)
    pool.closeAll()
  }
})

test('a host that allows no session at all is a fault', async () => {
  const none = await lab.startSshd('none', ['MaxSessions 0'])
  const reached = await reach(none.host)
  expect((await faultOf(reached.run({ name: 'true', text: ':' }, []))).code).toBe('session-refused')
  reached.close()
})

test('a login that runs no programs is a fault that shows what its shell said', async () => {
  const forced = await lab.startSshd('forced', ['ForceCommand echo This account is not available; exit 1'])
  const reached = await reach(forced.host)
  const fault = await faultOf(reached.run({ name: 'true', text: ':' }, []))
  expect(fault.code).toBe('program-not-started')
  expect(fault.message).toContain('This account is not available')
  reached.close()
})

test('what the login shell prints on its way is not taken for the output', async () => {
  const noisy = await lab.startSshd('noisy', [
    'ForceCommand echo Welcome; echo Careful >&2; exec sh -c "$SSH_ORIGINAL_COMMAND"',
  ])
  const reached = await reach(noisy.host)
  expect(await reached.run({ name: 'hello', text: 'echo hello; echo oh >&2' }, [])).toEqual({
    stdout: 'hello\n',
    stderr: 'oh\n',
    code: 0,
  })
  reached.close()
})

test('a connection cut in the middle of a run is a fault, and the pool connects anew', async () => {
  const cable = await startCable(sshd.port)
  const pool = makePool()
  const host = { ...sshd.host, port: cable.port }
  const first = await pool.connect(host)
  const fifo = join(lab.dir, 'fifo')
  execFileSync('mkfifo', [fifo])
  const running = faultOf(first.run({ name: 'wait-for-it', text: 'cat "$1"' }, [fifo]))
  // Opening a fifo for writing waits for its reader: the program runs now.
  const writer = await openFile(fifo, 'w')
  cable.cut()
  const fault = await running
  expect(fault.code).toBe('connection-lost')
  expect(fault.message).toContain('the connection to middle was lost while wait-for-it ran')
  await writer.close()
  await first.closed
  expect((await faultOf(first.run({ name: 'late', text: ':' }, []))).code).toBe('connection-lost')
  expect((await faultOf(first.dial('127.0.0.1', 1))).code).toBe('connection-lost')

  const second = await pool.connect(host)
  expect((await second.run({ name: 'again', text: 'echo back' }, [])).stdout).toBe('back\n')
  pool.closeAll()
  await second.closed
  cable.server.close()
})

test('the pool does not keep a failed attempt', async () => {
  const pool = makePool()
  const port = await findFreePort()
  const host = { ...sshd.host, port }
  expect((await faultOf(pool.connect(host))).code).toBe('host-unreachable')
  const cable = await startCable(sshd.port, port)
  const reached = await pool.connect(host)
  pool.closeAll()
  await reached.closed
  cable.server.close()
})

test('dial reaches a listener from the host; a closed port and a forbidden one are told apart', async () => {
  const echo = createServer(socket => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const { port } = echo.address() as AddressInfo
  const stream = await middle.dial('127.0.0.1', port)
  stream.write('hello')
  expect(String((await once(stream, 'data'))[0])).toBe('hello')
  stream.destroy()

  const closed = await faultOf(middle.dial('127.0.0.1', await findFreePort()))
  expect([closed.code, closed.happened]).toEqual(['dial-failed', 'Connection refused'])

  const strict = await lab.startSshd('strict', ['AllowTcpForwarding no'])
  const reached = await reach(strict.host)
  expect((await faultOf(reached.dial('127.0.0.1', port))).code).toBe('dial-prohibited')
  reached.close()
  echo.close()
})

describe('jump hosts', () => {
  test('a chain over two of them reaches the host, each with its own key', async () => {
    const [one, two] = await Promise.all([lab.startSshd('one'), lab.startSshd('two')])
    const reached = await reach({ ...sshd.host, via: [asJump(one.host), asJump(two.host)] })
    expect((await reached.run({ name: 'echo', text: 'echo "$SSH_CONNECTION"' }, [])).stdout).toContain(
      ` ${sshd.port}\n`,
    )
    expect([countLogins(one), countLogins(two)]).toEqual([1, 1])
    expect(reached.hostKey).toBe(sshd.hostKey.split(' ').slice(0, 2).join(' '))
    reached.close()
    await reached.closed
  })

  test('a host that is lost ends the connections to its jump hosts too', async () => {
    const one = await lab.startSshd('uno')
    const cable = await startCable(sshd.port)
    const reached = await reach({ ...sshd.host, port: cable.port, via: [asJump(one.host)] })
    cable.cut()
    await reached.closed
    await one.logged(/Disconnected from user root/)
    cable.server.close()
  })

  test('a failure names the jump host and its place on the way', async () => {
    const [one, two] = await Promise.all([lab.startSshd('eins'), lab.startSshd('zwei')])
    const viaBoth = (second: Jump): Host => ({ ...sshd.host, via: [asJump(one.host), second] })

    const wrongKey = await faultOf(reach(viaBoth({ ...asJump(two.host), hostKey: sshd.hostKey })))
    expect([wrongKey.code, wrongKey.host]).toEqual(['host-key-mismatch', 'zwei'])
    expect(wrongKey.what).toContain('jump host zwei (hop 2 of 2 on the way to middle)')

    const down = await faultOf(reach(viaBoth({ ...asJump(two.host), port: await findFreePort() })))
    expect([down.code, down.happened]).toEqual(['host-unreachable', 'Connection refused'])
    expect(down.what).toContain('jump host eins (hop 1 of 2 on the way to middle) cannot connect to')

    const shut = await lab.startSshd('shut', ['AllowTcpForwarding no'])
    const prohibited = await faultOf(reach(viaBoth(asJump(shut.host))))
    expect([prohibited.code, prohibited.host]).toEqual(['dial-prohibited', 'shut'])
  })
})

// A host that answers anything but what it was asked: each time a fault of ours, soon, and not a byte of it that a terminal would obey.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection, ServerChannel } from 'ssh2'
import { Fault } from '../../engine/fault'
import { reach } from '../../engine/host'
import { mostOutput } from '../../engine/host/gather'
import { closeAll } from '../../engine/host/pool'
import { startMark } from '../../engine/host/quote'
import { readHost } from '../../engine/look/snapshot'
import { unsafe } from '../unsafe'
import { type HostileServer, startHostile } from './hostile-server'
import { makeKey } from './sshd'

const dir = mkdtempSync(join(tmpdir(), 'hostile-test-'))
const identityFile = makeKey(dir, 'login')
const hostKeyFile = makeKey(dir, 'host')
const servers: HostileServer[] = []
afterAll(async () => {
  closeAll()
  await Promise.all(servers.map(server => server.end()))
  rmSync(dir, { recursive: true })
})

type Answer = (channel: ServerChannel, command: string, connection: Connection) => void

async function lookAt(answer: Answer, options = {}): Promise<Fault> {
  const server = await startHostile('middle', identityFile, hostKeyFile, answer, options)
  servers.push(server)
  const what = await readHost(server.host, { names: ['web'] }).catch((why: unknown) => why)
  if (!(what instanceof Fault)) throw new Error(`expected a fault, got ${JSON.stringify(what)?.slice(0, 300)}`)
  expect(what.message).not.toMatch(unsafe)
  expect(JSON.stringify([what.what, what.happened, what.stderr, what.cure])).not.toMatch(/\\u00(1b|9b)/)
  expect(what.message.length).toBeLessThan(30_000)
  return what
}

const escapes = '\x1b]0;owned\x07\x1b[2J\u009b31m\u202eevil\u2028\r\b\0'
const start = `${startMark}\n`
const says =
  (text: string, code = 0): Answer =>
  channel => {
    channel.stderr.write(start)
    channel.write(start + text)
    channel.exit(code)
    channel.end()
  }
const record = (kind: string, value: string) => `${kind}\x1f\x1f${Buffer.from(value).toString('base64')}\n`

test.each<[string, string, Answer]>([
  [
    'words that steer a terminal',
    'look-failed',
    channel => {
      channel.stderr.write(start + escapes.repeat(10))
      channel.write(start)
      channel.exit(1)
      channel.end()
    },
  ],
  [
    'a shell that says other things, and starts nothing',
    'program-not-started',
    channel => {
      channel.write(escapes)
      channel.stderr.write(escapes)
      channel.exit(0)
      channel.end()
    },
  ],
  ['nothing but the end of the program', 'look-failed', says('')],
  ['records of no form', 'look-failed', says('\x1f\x1f\x1f\nend\x1f\x1f!!!!\n')],
  ['the end alone', 'look-failed', says(record('end', '\n'))],
  ['records without what each look tells', 'look-failed', says(record('machine', 'x') + record('end', '\n'))],
  ['a value that is no base64', 'look-failed', says(`machine\x1f\x1f%%%\n${record('end', '\n')}`)],
  [
    'an exit status out of range',
    'look-failed',
    channel => {
      channel.write(start)
      channel.stderr.write(start)
      channel.exit(4_294_967_295)
      channel.end()
    },
  ],
  [
    'the end of the connection in the middle',
    'connection-lost',
    (channel, _command, connection) => {
      channel.write(start + record('machine', 'x'), () => connection.end())
    },
  ],
  ['the end of the channel without a status', 'connection-lost', channel => channel.close()],
])('%s: %s', async (_what, code, answer) => {
  expect((await lookAt(answer)).code).toBe(code)
})

test('a banner before the login and a shell that talks first change nothing', async () => {
  const talks: Answer = channel => {
    channel.write(`Welcome! ${escapes}\n`)
    says(record('end', '\n'))(channel, '', undefined as unknown as Connection)
  }
  expect((await lookAt(talks, { banner: escapes.repeat(100) })).code).toBe('look-failed')
})

/** Writes until nobody takes it any more. */
const pours =
  (of: 'stdout' | 'stderr', chunk: string): Answer =>
  channel => {
    const stream = of === 'stdout' ? channel : channel.stderr
    channel.write(start)
    channel.stderr.write(start)
    let isOver = false
    channel.on('close', () => {
      isOver = true
    })
    const pour = () => {
      while (!isOver && stream.write(chunk)) {}
      if (!isOver) stream.once('drain', () => setImmediate(pour))
    }
    pour()
  }

test.each([
  ['stdout', '\n'.repeat(32_000)],
  ['stderr', `${escapes}\n`.repeat(1000)],
] as const)('output on %s without end is cut off, and told', async (of, chunk) => {
  const before = process.memoryUsage.rss()
  const fault = await lookAt(pours(of, chunk))
  expect(fault.code).toBe('too-much-output')
  expect(fault.message).toContain(`${mostOutput / 1024 / 1024} MB`)
  expect(process.memoryUsage.rss() - before).toBeLessThan(1024 * 1024 * 1024)
})

test('this machine itself may pour too', async () => {
  const here = await reach({ name: 'here', local: true })
  const run = here.run({ name: 'pour', text: 'yes' }, []).catch((why: unknown) => why)
  expect(await run).toMatchObject({ code: 'too-much-output' })
  here.close()
})

test('as many records as fit into the output are no more than it takes', async () => {
  const fault = await lookAt(says(`${'a\x1f\x1f\n'.repeat(2_000_000)}${record('end', '\n')}`))
  expect(fault.code).toBe('look-failed')
})

// Whether large packets are lost: only where small ones come back over the same way, and nothing does behind a large one.
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { askLarge, type Way } from '../../engine/diagnose/between'
import { askFarLarge } from '../../engine/diagnose/between-far'
import { Fault } from '../../engine/fault'
import type { Reach } from '../../engine/host'
import { usePool } from '../../engine/host/pool'
import type { Tunnel } from '../../schemas/types'
import { asSingle } from '../single'
import { serve } from './little-servers'

const [client, server] = [
  { name: 'near', address: '198.51.100.10' },
  { name: 'middle', address: '203.0.113.20' },
]
const way: Way = { client, server, address: '203.0.113.20', port: 22 }
const patience = { large: 60, small: 60 }
const never = new Promise<never>(() => {})
const greeting = () => Duplex.from(['SSH-2.0-made-up\r\n'])
const prohibited = new Fault({ code: 'dial-prohibited', host: 'middle', what: 'no' })
const hangs = new Fault({ code: 'took-too-long', host: 'middle', what: 'it hangs' })

type Answering = (was: { readonly largeSent: boolean }) => Promise<Duplex>

/** What comes of the login, of the large sample, and of a few bytes on the same connection; and whether sshd greets near. */
interface Path {
  readonly login?: () => Promise<never>
  readonly run: (sample: string) => Promise<string>
  readonly small?: Answering
  readonly greets?: boolean
}

const unasked: Omit<Reach, 'dial'> = {
  name: 'near',
  hostKey: null,
  ownAddress: async () => null,
  closed: never,
  close: () => {},
  run: () => never,
}

function lay({ login, run, small = async () => greeting(), greets = true }: Path) {
  const was = { largeSent: false }
  const closed: string[] = []
  const made = (name: string, dial: () => Promise<Duplex>): Reach => ({
    name,
    hostKey: null,
    ownAddress: async () => null,
    closed: never,
    close: () => closed.push(name),
    dial,
    run: async (_script, _args, sample = '') => {
      was.largeSent = true
      return { stdout: await run(sample), stderr: '', code: 0 }
    },
  })
  usePool({
    connect: async () => made('near', async () => (greets ? greeting() : Promise.reject(hangs))),
    connectAfresh: async () => (login ? login() : made('middle', () => small(was))),
    closeAll: () => {},
  })
  return closed
}

/** What is behind a lost packet of a connection waits for it. */
const blocked: Answering = ({ largeSent }) => (largeSent ? never : Promise.resolve(greeting()))

test.each<[string, Path, string | null]>([
  ['all comes back', { run: async sample => sample }, 'ok'],
  ['sshd does not forward, and all comes back', { run: async s => s, small: () => Promise.reject(prohibited) }, 'ok'],
  ['small returns, and large and what is behind it does not', { run: () => never, small: blocked }, 'fail'],
  ['a program hangs, on a connection that lives', { run: () => never }, null],
  [
    'a program hangs, on a connection that lives and does not forward',
    { run: () => never, small: () => Promise.reject(prohibited) },
    null,
  ],
  ['the login takes too long', { login: () => Promise.reject(hangs), run: () => never }, null],
  ['not even a few bytes come back', { run: () => never, small: () => never }, null],
  ['the host is gone by then', { run: () => never, small: blocked, greets: false }, null],
  ['a program is refused', { run: () => Promise.reject(hangs) }, null],
  ['half of it comes back', { run: async sample => sample.slice(1) }, null],
])('where %s', async (_when, path, status) => {
  const closed = lay(path)
  expect((await askLarge(way, patience))?.status ?? null).toBe(status)
  expect(closed).toEqual(path.login ? [] : ['middle'])
})

const tunnel = {
  name: 'web',
  forward: 'remote',
  client,
  server,
  listen: '203.0.113.20:8080',
  far: '192.0.2.9:80',
} as Tunnel

const header = (length: number) => `HTTP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`
const ofLong = (request: string, answer: string) => (request.length > 1000 ? '' : answer)

test.each<[string, (request: string) => string, string | null, RegExp]>([
  ['all is answered', () => `${header(3)}abc`, 'ok', /come through/],
  ['nobody says how long the answer is', () => 'HTTP/1.0 200 OK\r\n\r\na', 'ok', /come through/],
  [
    'a long header is not',
    request => ofLong(request, header(0)),
    'fail',
    /large ones from near to 192\.0\.2\.9:80 are/,
  ],
  [
    'what is long does not come',
    request => (request.startsWith('GET') ? '' : header(9)),
    'fail',
    /from 192\.0\.2\.9:80 to near are/,
  ],
  ['what is long does not come whole', () => header(9), 'fail', /from 192\.0\.2\.9:80 to near are/],
  ['nothing is', () => '', null, /^$/],
])('of a far that speaks HTTP, where %s', async (_when, answer, status, says) => {
  const { port, stop } = await serve(socket => socket.on('data', data => socket.write(answer(String(data)))))
  const dial = async () => connect(port, '127.0.0.1')
  usePool({
    connect: async () => ({ ...unasked, dial }),
    connectAfresh: () => never,
    closeAll: () => {},
  })
  const found = await askFarLarge(asSingle(tunnel), 200).finally(stop)
  expect([found?.status ?? null, found?.what ?? '']).toEqual([status, expect.stringMatching(says)])
})

test.each(['127.0.0.1:80', '192.0.2.9:5432'])('a far on %s is not asked for large packets', async far => {
  usePool({ connect: () => Promise.reject(hangs), connectAfresh: () => never, closeAll: () => {} })
  expect(await askFarLarge(asSingle({ ...tunnel, far }))).toBeNull()
})

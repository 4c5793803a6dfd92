// The proof against real little services, and from where it is asked for.

import { closeAll } from '../../engine/host/pool'
import { choosePlace, type Place } from '../../engine/proof/place'
import { type Answer, probe, probeKind, proofOf } from '../../engine/proof/probe'
import type { Listening } from '../../engine/wish/placed'
import type { Host, Tunnel } from '../../schemas/types'
import { findClosedPort, type LittleServer, serve, serveTls } from './little-servers'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const base: Tunnel = {
  name: 'web',
  forward: 'remote',
  listen: '127.0.0.1:1',
  far: 'far:9',
  client: near,
  server: middle,
}
const here: Place = { name: 'here', through: null }

const running: LittleServer[] = []
const started = async (server: Promise<LittleServer>) => {
  running.push(await server)
  return (await server).port
}
afterAll(async () => {
  closeAll()
  await Promise.all(running.map(server => server.stop()))
})

type Kind = NonNullable<Tunnel['probe']>
const ask = (kind: Kind, port: number, place = here, address = '127.0.0.1'): Promise<Answer> =>
  probe({ ...base, probe: kind }, { host: near, address, port, endpoint: `${address}:${port}` }, place)
const no = (why: RegExp) => ({ answered: false, why: expect.stringMatching(why) })
const closesAtOnce = () => started(serve(socket => socket.destroy()))
const silent = () => started(serve(() => {}))

test('ssh answers with its banner, here and through a host', async () => {
  const port = await started(serve(socket => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian\r\n')))
  const answer = { answered: true, said: 'SSH-2.0-OpenSSH_9.2p1 Debian' }
  expect(await ask('ssh', port)).toEqual(answer)
  expect(await ask('ssh', port, { name: 'near', through: near })).toEqual(answer)
  expect(proofOf(here, await ask('ssh', port))).toEqual({ from: 'here', answered: true, farAnswered: answer.said })
})

test('a banner that comes in pieces is put together', async () => {
  const port = await started(
    serve(socket => {
      socket.setNoDelay()
      socket.write('SSH-')
      socket.write('2.0-x', () => setImmediate(() => socket.write('\r\nmore')))
    }),
  )
  expect(await ask('ssh', port)).toEqual({ answered: true, said: 'SSH-2.0-x' })
})

test('http is asked for /, by a Host with brackets for IPv6, and answers with its status line', async () => {
  const asked: string[] = []
  const meet = (socket: import('node:net').Socket) =>
    socket.once('data', data => {
      asked.push(data.toString())
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    })
  const answer = { answered: true, said: 'HTTP/1.1 404 Not Found' }
  expect(await ask('http', await started(serve(meet)))).toEqual(answer)
  expect(await ask('http', await started(serve(meet, '::1')), here, '::1')).toEqual(answer)
  expect(asked).toEqual(['GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n', 'GET / HTTP/1.0\r\nHost: [::1]\r\n\r\n'])
})

test('tls shakes hands whoever signed the certificate, and tells its name', async () => {
  const port = await started(serveTls('far.example'))
  const answer = { answered: true, said: 'TLSv1.3 far.example' }
  expect(await ask('tls', port)).toEqual(answer)
  expect(await ask('tls', port, { name: 'near', through: near })).toEqual(answer)
})

test('a service that speaks something else is no answer, and is quoted', async () => {
  const port = await started(serve(socket => socket.write('220 smtp.example ESMTP\r\n')))
  expect(await ask('ssh', port)).toEqual(no(/far does not speak ssh: it said "220 smtp\.example ESMTP"/))
  expect(await ask('http', port)).toEqual(no(/far does not speak http/))
  expect(await ask('tls', port)).toEqual(no(/no TLS/))
  expect(await ask('tcp', port)).toEqual({ answered: true, said: 'open' })
})

test.each(['ssh', 'http', 'tls', 'tcp', 'none'] as const)(
  '%s: accepted and closed at once is no answer',
  async kind => {
    expect(await ask(kind, await closesAtOnce())).toEqual(no(/closed at once|no TLS|ECONNRESET/))
  },
)

test.each(['ssh', 'http', 'tls', 'tcp'] as const)('%s: a port on which nothing listens is no answer', async kind => {
  const port = await findClosedPort()
  expect(await ask(kind, port)).toEqual(no(/ECONNREFUSED/))
  expect(await ask(kind, port, { name: 'near', through: near })).toEqual(no(/refused/))
})

test('a silent service is open for tcp, and no answer for all that must speak', async () => {
  const port = await silent()
  const answers = await Promise.all((['tcp', 'ssh', 'http', 'tls'] as const).map(kind => ask(kind, port)))
  expect(answers).toEqual([
    { answered: true, said: 'open' },
    no(/far said nothing within 5 s/),
    no(/far said nothing within 5 s/),
    no(/no TLS: no answer within 5 s/),
  ])
})

test('a service that says something without a line end and closes has answered tcp', async () => {
  const port = await started(serve(socket => socket.end('\x05\x00')))
  expect(await ask('tcp', port)).toEqual({ answered: true, said: 'open' })
})

test('a wildcard listener is reached at its host’s own address', async () => {
  const port = await started(serve(socket => socket.write('SSH-2.0-x\n')))
  const on = { name: 'middle', address: '127.0.0.1' }
  const listening = { host: on, address: '0.0.0.0', port, endpoint: `127.0.0.1:${port}` }
  expect(await probe({ ...base, probe: 'ssh' }, listening, here)).toEqual({ answered: true, said: 'SSH-2.0-x' })
})

test.each([
  ['far:22', 'ssh'],
  ['far:443', 'tls'],
  ['far:80', 'http'],
  ['[2001:db8::1]:8080', 'http'],
  ['far:5432', 'tcp'],
])('far %s is probed with %s unless the tunnel says otherwise', (far, kind) => {
  expect(probeKind({ ...base, far })).toBe(kind)
  expect(probeKind({ ...base, far, probe: 'none' })).toBe('none')
})

describe('the place to ask from', () => {
  const listening = (address: string, host = middle): Listening => ({
    host,
    address,
    port: 1,
    endpoint: `${address}:1`,
  })
  const from = (allowFrom: string[] | undefined, own: string | null, tunnel: Partial<Tunnel> = {}) =>
    choosePlace({ ...base, ...tunnel, allowFrom }, listening('203.0.113.20'), async () => own).then(({ name }) => name)

  /** Nobody is asked for our address where it does not matter. */
  const unasked = () => Promise.reject(new Error('asked'))

  test('is here when everybody is let in, and when we are', async () => {
    expect(await from(undefined, null)).toBe('here')
    expect(await choosePlace(base, listening('203.0.113.20'), unasked)).toEqual(here)
    expect(await from(['198.51.100.0/24'], '198.51.100.10')).toBe('here')
    expect(await from(['192.0.2.1', '198.51.100.10'], '198.51.100.10')).toBe('here')
    expect(await from(['2001:db8::/32'], '2001:DB8:0::1')).toBe('here')
  })

  test('is the other host of the tunnel when that is let in and we are not', async () => {
    const client = { name: 'office', address: '198.51.100.7' }
    expect(await from(['198.51.100.0/24'], '192.0.2.9', { client })).toBe('office')
  })

  test('is the listening host itself when neither is let in, or addresses are not known', async () => {
    expect(await from(['198.51.100.0/24'], '192.0.2.9')).toBe('middle')
    expect(await from(['198.51.100.0/24'], null)).toBe('middle')
    expect(await from(['2001:db8::/32'], '198.51.100.10')).toBe('middle')
    expect(await from(['198.51.100.0/24'], null, { client: { name: 'office', address: 'office.example' } })).toBe(
      'middle',
    )
  })

  test('of a loopback listener is its host, which may be here', async () => {
    expect(await choosePlace(base, listening('127.0.0.1'), unasked)).toEqual({ name: 'middle', through: middle })
    expect(await choosePlace(base, listening('localhost', near), unasked)).toEqual(here)
  })
})

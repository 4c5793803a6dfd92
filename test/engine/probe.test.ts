// The proof against real little services, and from where it is asked for.
import { networkInterfaces } from 'node:os'
import { closeAll } from '../../engine/host/pool'
import { type Answer, proofOf } from '../../engine/proof/answer'
import { choosePlace, type Place, reachedAddress } from '../../engine/proof/place'
import { probe } from '../../engine/proof/probe'
import type { TcpListening } from '../../engine/wish/placed'
import type { Host, Tunnel } from '../../schemas/types'
import { asSingle } from '../single'
import { findClosedPort, type LittleServer, serve, serveTls } from './little-servers'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const base = asSingle({
  name: 'web',
  forward: 'remote',
  listen: '127.0.0.1:1',
  far: 'far:9',
  client: near,
  server: middle,
})
const here: Place = { name: 'here', through: null, pastFirewall: true }
const fromNear: Place = { name: 'near', through: near, pastFirewall: false }

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
  probe(
    { ...base, probe: kind },
    { kind: 'tcp', of: base, host: near, address, port, endpoint: `${address}:${port}` },
    place,
  )
const no = (why: RegExp) => ({ answered: false, evidence: 'no answer', why: expect.stringMatching(why) })
const yes = (evidence: string, said: string) => ({ answered: true, evidence, said, ms: expect.any(Number) })
const closesAtOnce = () => started(serve(socket => socket.destroy()))
const silent = () => started(serve(() => {}))

test('ssh answers with its banner, here and through a host', async () => {
  const port = await started(serve(socket => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian\r\n')))
  const answer = yes('banner', 'SSH-2.0-OpenSSH_9.2p1 Debian')
  expect(await ask('ssh', port)).toEqual(answer)
  expect(await ask('ssh', port, fromNear)).toEqual(answer)
  expect(proofOf(here, await ask('ssh', port))).toEqual({
    from: 'here',
    pastFirewall: true,
    answered: true,
    evidence: 'banner',
    farAnswered: answer.said,
    why: '',
  })
})

test('a banner that comes in pieces is put together', async () => {
  const port = await started(
    serve(socket => {
      socket.setNoDelay()
      socket.write('SSH-')
      socket.write('2.0-x', () => setImmediate(() => socket.write('\r\nmore')))
    }),
  )
  expect(await ask('ssh', port)).toEqual(yes('banner', 'SSH-2.0-x'))
})

test('http is asked for /, by a Host with brackets for IPv6, and answers with its status line', async () => {
  const asked: string[] = []
  const meet = (socket: import('node:net').Socket) =>
    socket.once('data', data => {
      asked.push(data.toString())
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    })
  const answer = yes('http status', 'HTTP/1.1 404 Not Found')
  expect(await ask('http', await started(serve(meet)))).toEqual(answer)
  expect(await ask('http', await started(serve(meet, '::1')), here, '::1')).toEqual(answer)
  expect(asked).toEqual(['GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n', 'GET / HTTP/1.0\r\nHost: [::1]\r\n\r\n'])
})

test('tls shakes hands whoever signed the certificate, and tells its name', async () => {
  const port = await started(serveTls('far.example'))
  const answer = yes('tls handshake', 'TLSv1.3 far.example')
  expect(await ask('tls', port)).toEqual(answer)
  expect(await ask('tls', port, fromNear)).toEqual(answer)
})

test('a service that speaks something else is no answer, and is quoted', async () => {
  const port = await started(serve(socket => socket.write('220 smtp.example ESMTP\r\n')))
  expect(await ask('ssh', port)).toEqual(no(/far does not speak ssh: it said "220 smtp\.example ESMTP"/))
  expect(await ask('http', port)).toEqual(no(/far does not speak http/))
  expect(await ask('tls', port)).toEqual(no(/no TLS/))
  expect(await ask('tcp', port)).toEqual(yes('banner', '220 smtp.example ESMTP'))
})

test.each([
  [['404'], true],
  [['2xx', '4xx'], true],
  [['200'], false],
  [['2xx', '3xx'], false],
])('of an http far that says 404, probeStatus %j is an answer: %s', async (probeStatus, answered) => {
  const port = await started(serve(socket => socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'))))
  const tunnel = { ...base, probe: 'http warn', probeStatus } as const
  const listening = {
    kind: 'tcp',
    of: base,
    host: near,
    address: '127.0.0.1',
    port,
    endpoint: `127.0.0.1:${port}`,
  } as const
  const answer = await probe(tunnel, listening, here)
  if (answered) expect(answer).toEqual(yes('http status', 'HTTP/1.1 404 Not Found'))
  else expect(answer).toEqual(no(/far said "HTTP\/1\.1 404 Not Found", and probeStatus wants/))
})

test.each(['ssh', 'http', 'tls', 'tcp'] as const)('%s: accepted and closed at once is no answer', async kind => {
  expect(await ask(kind, await closesAtOnce())).toEqual(no(/closed at once|no TLS|ECONNRESET/))
})

test.each(['ssh', 'http', 'tls', 'tcp'] as const)('%s: a port on which nothing listens is no answer', async kind => {
  const port = await findClosedPort()
  expect(await ask(kind, port)).toEqual(no(/ECONNREFUSED/))
  expect(await ask(kind, port, fromNear)).toEqual(no(/refused/))
})

test('a silent service is no answer for all that must speak', async () => {
  const port = await silent()
  const answers = await Promise.all((['ssh', 'http', 'tls'] as const).map(kind => ask(kind, port)))
  expect(answers).toEqual([
    no(/far said nothing within 5 s/),
    no(/far said nothing within 5 s/),
    no(/no TLS: no answer within 5 s/),
  ])
})

test('a service that says something without a line end and closes has answered tcp', async () => {
  const port = await started(serve(socket => socket.end('\x05\x00')))
  expect(await ask('tcp', port)).toEqual(yes('banner', '??'))
})

test('a wildcard listener is reached at its host’s own address', async () => {
  const port = await started(serve(socket => socket.write('SSH-2.0-x\n')))
  const on = { name: 'middle', address: '127.0.0.1' }
  const listening = {
    kind: 'tcp',
    of: base,
    host: on,
    address: '0.0.0.0',
    port,
    endpoint: `127.0.0.1:${port}`,
  } as const
  expect(await probe({ ...base, probe: 'ssh' }, listening, here)).toEqual(yes('banner', 'SSH-2.0-x'))
})

describe('the place to ask from', () => {
  const listening = (address: string, host = middle, endpoint = `${address}:1`): TcpListening => ({
    kind: 'tcp',
    of: base,
    host,
    address,
    port: 1,
    endpoint,
  })
  const open = listening('203.0.113.20')
  const seenFrom = (own: string | null) => ({ here: async () => own, listening: ['127.0.0.1', '203.0.113.20'] })
  const from = (allowFrom: string[] | undefined, own: string | null, tunnel: Partial<Tunnel> = {}) =>
    choosePlace({ ...base, ...tunnel, allowFrom }, open, seenFrom(own)).then(({ name }) => name)

  /** Nobody is asked for our address where it does not matter. */
  const unasked = { here: () => Promise.reject(new Error('asked')), listening: ['203.0.113.20'] }

  test('is here when everybody is let in, and when we are', async () => {
    expect(await from(undefined, null)).toBe('here')
    expect(await choosePlace(base, open, unasked)).toEqual(here)
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
    const at = { name: 'middle', through: middle, pastFirewall: false }
    expect(await choosePlace(base, listening('127.0.0.1'), unasked)).toEqual(at)
    expect(await choosePlace(base, listening('localhost', near), unasked)).toEqual({ ...here, pastFirewall: false })
    // Of our own links another machine may have that address.
    expect(await choosePlace(base, listening('fe80::20%eth0'), unasked)).toEqual(at)
  })

  test('is the one that the tunnel names, whoever is let in', async () => {
    const office: Host = { name: 'office', address: '198.51.100.7' }
    const tunnel = { ...base, allowFrom: ['192.0.2.0/24'], probeFrom: office }
    expect(await choosePlace(tunnel, open, unasked)).toEqual({ name: 'office', through: office, pastFirewall: true })
    const itself = { ...base, probeFrom: { ...office, name: 'again', address: '203.0.113.20', port: 2200 } }
    expect(await choosePlace(itself, open, unasked)).toMatchObject({ name: 'again', pastFirewall: false })
    const local: Host = { name: 'here', local: true }
    expect(await choosePlace({ ...base, probeFrom: local }, open, unasked)).toMatchObject({ pastFirewall: true })
  })

  test('is past the firewall only where it is another machine, also when that one is this', async () => {
    const ours = Object.values(networkInterfaces()).flatMap(all => all ?? [])[0]?.address ?? ''
    expect(await choosePlace(base, listening(ours), unasked)).toMatchObject({ pastFirewall: false })
    expect(await choosePlace(base, listening('203.0.113.20', near), unasked)).toMatchObject({ pastFirewall: false })
  })

  test('asks where the endpoint says; where that names nobody, the listening host itself', async () => {
    const six = listening('::', middle, '[::]:1')
    expect(reachedAddress(six)).toBe('::1')
    expect(await choosePlace(base, six, unasked)).toMatchObject({ name: 'middle', pastFirewall: false })
    expect(reachedAddress(listening('::', middle, '[2001:db8::20]:1'))).toBe('2001:db8::20')
    expect(reachedAddress(listening('*', middle, 'relay.example:1'))).toBe('relay.example')
    expect(reachedAddress(listening('0.0.0.0', near, 'localhost:1'))).toBe('127.0.0.1')
  })
})

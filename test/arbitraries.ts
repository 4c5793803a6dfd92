// What people may write, for properties: addresses, names, hosts and tunnels that validation lets through.
import fc, { type Arbitrary } from 'fast-check'
import { formatEndpoint, isCompatible } from '../schemas/endpoint'
import type { Host, Tunnel } from '../schemas/types'

export const port = fc.integer({ min: 1024, max: 65_535 }).filter(one => one !== 2222)
export const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter(one => !isCompatible(one)),
)
/** As isHostName takes it. */
export const hostName = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9-]{0,6}[a-z0-9]){0,2}$/)
export const tunnelName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?$/)
export const owner = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,38}[A-Za-z0-9])?$/)

const middleAddress = '203.0.113.20'

/** Middle by one address, so that it is known where it can listen. */
export const near: Arbitrary<Host> = fc.record(
  {
    name: fc.constant('near'),
    address: fc.oneof(hostName, fc.constant('198.51.100.10')),
    port: fc.constantFrom(22, 2222),
    user: fc.constantFrom('root', 'admin'),
    become: fc.constantFrom('sudo' as const, 'doas' as const),
  },
  { requiredKeys: ['name', 'address'] },
)
export const middle: Arbitrary<Host> = fc.record(
  {
    name: fc.constant('middle'),
    address: fc.constant(middleAddress),
    addresses: fc.constant(['2001:db8::20']),
    port: fc.constantFrom(22, 2222),
    user: fc.constantFrom('root', 'admin'),
    identityFile: fc.constant('~/.ssh/id_ed25519'),
  },
  { requiredKeys: ['name', 'address', 'addresses'] },
)

/** Row 1, 2 or 4 of the README's kinds: near to middle, middle to itself. Of any far, and never of its own listener. */
export const tunnel: Arbitrary<Tunnel> = fc
  .record({
    name: tunnelName,
    owner: fc.option(owner, { nil: undefined }),
    forward: fc.constantFrom('local' as const, 'remote' as const),
    client: near,
    server: middle,
    isAlone: fc.boolean(),
    listensAt: fc.constantFrom('127.0.0.1', '::1', middleAddress, '2001:db8::20', '0.0.0.0', '*'),
    port,
    farHost: fc.oneof(hostName, fc.constant('192.0.2.130'), fc.constant('2001:db8::30')),
    farPort: fc.integer({ min: 1, max: 1023 }),
    from: fc.option(fc.uniqueArray(fc.constantFrom('192.0.2.0/24', '198.51.100.7', '10.0.0.0/8'), { minLength: 1 }), {
      nil: undefined,
    }),
    serverAlive: fc.option(
      fc.record({ interval: fc.integer({ min: 1, max: 3600 }), countMax: fc.integer({ min: 1, max: 100 }) }),
      { nil: undefined },
    ),
    watch: fc.option(
      fc.record({
        every: fc.constantFrom('30s', '5min', '1h'),
        hook: fc.option(fc.constantFrom<string[]>(['true'], ['logger', '-t', 'a "b" $HOME %n']), { nil: undefined }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ isAlone, listensAt, port, farHost, farPort, from, watch, ...rest }) => {
    const isLoopback = ['127.0.0.1', '::1'].includes(listensAt)
    const isOfOneFamily = !listensAt.includes(':')
    const isNearer = !isAlone && rest.forward === 'local'
    // From near, by what the spec says of it.
    const isWatchable =
      [21, 22, 25, 80, 110, 119, 143, 443, 587, 873].includes(farPort) &&
      (isAlone || rest.forward === 'local' || (!isLoopback && !from))
    return {
      ...rest,
      ...(isAlone ? { client: rest.server, forward: 'local' as const } : {}),
      ...(watch && isWatchable ? { watch } : {}),
      // Near is known by no address of its own.
      listen: formatEndpoint({ host: isNearer && !isLoopback ? '0.0.0.0' : listensAt, port }),
      far: formatEndpoint({ host: farHost, port: farPort }),
      ...(from && !isLoopback && isOfOneFamily ? { allowFrom: from } : {}),
    }
  })
  .map(written)

/** True once in so many. */
export const chance = (of: number): Arbitrary<boolean> => fc.nat(of - 1).map(one => one === 1)

/** A value once in so many, else null. */
export const rarely = <Value>(of: number, value: Arbitrary<Value>): Arbitrary<Value | null> =>
  fc.oneof({ withCrossShrink: true }, { weight: of - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

/** Without what is undefined, as a file has it. */
export function written<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value))
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
const socket = fc.stringMatching(/^\/run\/[a-z]{1,8}(\.sock)?$/)
const tcp = fc.tuple(fc.oneof(address, hostName), port).map(([host, number]) => `${bracketed(host)}:${number}`)
const listenText = fc.oneof(
  port.map(String),
  fc
    .tuple(fc.oneof(address, fc.constantFrom('*', 'localhost')), port)
    .map(([host, number]) => `${bracketed(host)}:${number}`),
)

/** A forward with its flag, as ssh takes it. */
export const handForward: Arbitrary<readonly [flag: string, value: string]> = fc.oneof(
  fc
    .tuple(fc.constantFrom('-L', '-R'), fc.oneof(listenText, socket), fc.oneof(tcp, socket))
    .map(([flag, listen, far]) => [flag, `${listen}:${far}`] as const),
  fc.tuple(fc.constantFrom('-D', '-R'), listenText).map(([flag, listen]) => [flag, listen] as const),
)

const login = fc.record({
  host: fc.oneof(hostName, fc.ipV4()),
  user: fc.option(fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/)),
  port: fc.option(fc.integer({ min: 1, max: 65535 })),
})

/** An ssh command's words behind `ssh`, with what they say. */
export const handLine = fc
  .record({
    destination: login,
    forwards: fc.array(handForward, { minLength: 1, maxLength: 4 }),
    jumps: fc.array(login, { maxLength: 2 }),
    others: fc.subarray(['-N', '-f', '-T', '-v', '-A', '-C', '-oServerAliveInterval=30', '-o', 'Foo bar'].slice(0, 7)),
    isGlued: fc.boolean(),
    isLast: fc.boolean(),
  })
  .map(({ destination, forwards, jumps, others, isGlued, isLast }) => {
    const text = ({ user, host, port }: typeof destination) =>
      `${user ? `${user}@` : ''}${host}${port ? `:${port}` : ''}`
    const options = [
      ...others,
      ...forwards.flatMap(([flag, value]) => (isGlued ? [flag + value] : [flag, value])),
      ...(jumps.length > 0 ? ['-J', jumps.map(text).join(',')] : []),
      ...(destination.port ? ['-p', String(destination.port)] : []),
    ]
    const to = text({ ...destination, port: null })
    return { destination, forwards, jumps, words: isLast ? [...options, to] : [to, ...options] }
  })

// Tunnels that share a connection become one, which is called after its hosts.
import { mostForwards } from '../../schemas/check-forwards'
import { findMistakes } from '../../schemas/find-mistakes'
import { singlesOf } from '../../schemas/forward'
import {
  checkShared,
  connectionOf,
  type DeclaredTunnel,
  isNamed,
  joinShared,
  titleOf,
  tunnelsOf,
} from '../../schemas/shared'

const near = { name: 'near', local: true }
const middle = { name: 'middle', address: '203.0.113.20' }
const web: DeclaredTunnel = {
  name: 'web',
  connection: 'shared',
  forward: 'remote',
  listen: '203.0.113.20:8080',
  far: 'far:80',
  client: near,
  server: middle,
}
const many = (count: number) =>
  [...Array(count).keys()].map(at => ({ ...web, name: `t${at}`, listen: `*:${at + 20000}` }))

test('they stand where the first of them stands; forwards keep what is their own', () => {
  const { forward: _, listen: __, far: ___, ...rest } = { ...web, name: 'several', allowFrom: ['192.0.2.0/24'] }
  const forwards = [
    { forward: 'remote', listen: '*:8001', far: 'a:1' },
    { name: 'db', forward: 'local', listen: '127.0.0.1:5432', far: 'b:2', probe: 'tcp' },
  ] as const
  const own = { ...web, name: 'own', connection: undefined }
  const joined = joinShared([web, own, { ...rest, forwards: [...forwards] }])
  expect(joined.map(({ name }) => name)).toEqual(['near-middle', 'own'])
  expect(joined[0]).toEqual({
    name: 'near-middle',
    shared: true,
    client: near,
    server: middle,
    forwards: [
      { name: 'web', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' },
      { ...forwards[0], name: 'several/1', allowFrom: ['192.0.2.0/24'] },
      { ...forwards[1], name: 'several/db' },
    ],
  })
  const [one] = joined
  if (!one) throw new Error('there is none')
  expect(singlesOf(one).map(({ label }) => label)).toEqual(['web', 'several/1', 'several/db'])
  expect(tunnelsOf(one)).toEqual(['web', 'several'])
  expect(titleOf(one)).toBe('shared connection near-middle (web, several)')
  expect([['web'], ['several'], ['near-middle'], ['own']].map(names => isNamed(one, names))).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect(findMistakes('tunnel', one)).toEqual([])
})

test('the name is one that accounts and units may have, and tells long ones apart', () => {
  const named = (client: string, server: string) =>
    connectionOf({ ...web, client: { ...near, name: client }, server: { ...middle, name: server } })
  expect(named('Near.example', 'a_b')).toBe('near-example-a-b')
  const long = ['one', 'two'].map(end => named('a-very-long-name-of-a-host', `another-one-${end}`))
  expect(new Set(long).size).toBe(2)
  for (const name of long) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?$/)
})

test('one ssh carries so many and no more, whoever says it', () => {
  const codes = (count: number) => checkShared(many(count)).map(({ code, second }) => [code, second])
  expect(codes(mostForwards)).toEqual([])
  expect(codes(mostForwards + 1)).toEqual([['many-forwards', mostForwards]])
  const [joined] = joinShared(many(mostForwards + 1))
  const found = findMistakes('tunnel', joined).map(({ code, path }) => [code, path])
  expect(found).toEqual([['many-forwards', ['forwards', mostForwards]]])
})

test('plain resources: a shared one has forwards with names, and only there one has a slash', () => {
  const forward = { forward: 'remote', listen: '*:8001', far: 'a:1' } as const
  const codes = (input: object) =>
    findMistakes('tunnel', { name: 'both', client: near, server: middle, ...input }).map(({ code }) => code)
  expect(codes({ shared: true, ...forward })).toEqual(['no-forwards'])
  expect(codes({ shared: true, forwards: [forward] })).toEqual(['forward-name'])
  expect(codes({ forwards: [{ name: 'a/b', ...forward }] })).toEqual(['forward-name'])
})

test('what is theirs alone each may say as it likes', () => {
  const socket = (name: string, more: object) =>
    ({ ...web, name, listen: `/var/lib/ssh-tunnels-sockets/${name}/socket`, ...more }) as DeclaredTunnel
  const far = { name: 'far', address: '192.0.2.30' }
  const all = [
    { ...web, limits: { connections: 2 }, probeFrom: far, watch: { every: '15s', hook: ['a'] } },
    { ...web, name: 'ssh', listen: '203.0.113.20:2222', far: 'far:22', watch: { every: '15s', hook: ['b'] } },
    socket('one', { socketMode: '0660' }),
    // Of the client's, whose mask is another program's.
    socket('two', { forward: 'local', socketMode: '0666', far: '/run/x', probe: 'none' }),
  ]
  expect(checkShared(all)).toEqual([])
  const [joined] = joinShared(all)
  expect(findMistakes('tunnel', joined)).toEqual([])
  expect(
    singlesOf(joined as never).map(({ limits, probeFrom, socketMode }) => [limits, probeFrom, socketMode]),
  ).toEqual([
    [{ connections: 2 }, far, undefined],
    [undefined, undefined, undefined],
    [undefined, undefined, '0660'],
    [undefined, undefined, '0666'],
  ])
  const wrong = [...all, socket('three', { socketMode: '666' })]
  expect(checkShared(wrong)).toMatchObject([
    { first: 0, second: 4, path: ['socketMode'], code: 'socket-modes', message: expect.stringContaining('one 0660') },
  ])
  expect(findMistakes('tunnel', joinShared(wrong)[0]).map(({ path }) => path)).toEqual([['forwards', 4, 'socketMode']])
  expect(checkShared([...all, { ...web, name: 'late', listen: '*:8081', watch: { every: '1h' } }])).toMatchObject([
    { second: 4, path: ['watch'], code: 'no-watch' },
  ])
})

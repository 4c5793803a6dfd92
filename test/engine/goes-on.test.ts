// What of a tunnel may change while its session goes on: rights that get no wider, forwards by a control socket, keepalives.
import { isKeyNoWider, isNoWider } from '../../engine/parts/narrower'
import { isSealed, seal } from '../../engine/parts/seal'
import { alterations } from '../../engine/parts/service/alter'
import { deriveTunnel } from '../../engine/wish/tunnel'
import type { Host, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', address: '198.51.100.10' }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const web = { forward: 'remote', listen: '203.0.113.20:8080', far: 'web:80' } as const
const db = { forward: 'local', listen: '127.0.0.1:5432', far: 'db:5432' } as const
const all = { forward: 'dynamic', listen: '127.0.0.1:1080', far: 'db:22' } as const
const base: Tunnel = { name: 'office', forwards: [web, db], client: near, server: middle }

/** The texts of a tunnel, by part. */
function textsOf(change: Partial<Tunnel>) {
  const { placed } = deriveTunnel(
    { ...base, ...change },
    { publicKey: 'ssh-ed25519 AAAA', serverHostKey: 'ssh-ed25519 BBBB' },
  )
  const texts = { dropIn: '', unit: '', options: '' }
  for (const one of placed) {
    if (one.kind === 'sshd') texts.dropIn = one.at.text
    if (one.kind === 'service') texts.unit = one.at.text
    if (one.kind === 'authorized-key') texts.options = String(one.want?.options)
  }
  return texts
}
const now = textsOf({})

test.each<[string, Partial<Tunnel>, boolean]>([
  ['nothing', {}, true],
  ['one less that the server listens for', { forwards: [db] }, true],
  ['one less that it dials', { forwards: [web] }, true],
  ['another far of one that it listens for', { forwards: [{ ...web, far: 'other:80' }, db] }, true],
  ['another listener of one that it dials', { forwards: [web, { ...db, listen: '127.0.0.1:1' }] }, true],
  ['keepalives', { serverAlive: { interval: 5, countMax: 2 } }, true],
  ['one more that it listens for', { forwards: [web, { ...web, listen: '203.0.113.20:1024' }, db] }, false],
  ['one more that it dials', { forwards: [web, db, { ...db, listen: '127.0.0.1:1', far: 'other:1' }] }, false],
  ['a proxy', { forwards: [web, db, all] }, false],
])('%s: does a session go on with what it may', (_what, change, goesOn) => {
  const { dropIn, options } = textsOf(change)
  expect([
    isNoWider(dropIn, now.dropIn),
    isKeyNoWider(options, now.options, change.forwards?.some(({ forward }) => forward === 'dynamic') ?? false),
  ]).toEqual([goesOn, goesOn])
})

test('of a proxy that could open all less may be left; of a line that we do not know nobody can tell', () => {
  const proxy = textsOf({ forwards: [all, web] })
  expect(isNoWider(now.dropIn, proxy.dropIn)).toBe(true)
  expect(isKeyNoWider(now.options, proxy.options, false)).toBe(true)
  expect(isNoWider(now.dropIn, now.dropIn.replace('PermitTTY no', 'PermitTTY yes'))).toBe(false)
  expect(isKeyNoWider(now.options, now.options.replace('restrict,', ''), false)).toBe(false)
})

test('the last socket of several forwards may be taken out', () => {
  const socket = { forward: 'remote', listen: '/var/lib/ssh-tunnels-sockets/office/a', far: 'web:80' } as const
  const before = textsOf({ forwards: [web, db, socket] })
  expect(isNoWider(now.dropIn, before.dropIn)).toBe(true)
  expect(isNoWider(before.dropIn, now.dropIn)).toBe(false)
})

test('what somebody has changed is not as we have written it; what the host adds is', () => {
  expect(isSealed(now.dropIn)).toBe(true)
  expect(isSealed(`${now.dropIn}    ChannelTimeout none\n`)).toBe(true)
  expect(isSealed(now.dropIn.replace('8080', '8081'))).toBe(false)
  expect(isSealed(`${seal('# a\nb\n')}c\n`)).toBe(false)
  expect(isSealed('# a\nb\n')).toBe(false)
})

test.each<[string, Partial<Tunnel>, string | null]>([
  ['keepalives', { serverAlive: { interval: 5 } }, ''],
  [
    'forwards',
    { forwards: [{ ...web, far: 'other:80' }] },
    '-R 203.0.113.20:8080:web:80 -L 127.0.0.1:5432:db:5432 then -R 203.0.113.20:8080:other:80',
  ],
  ['another server', { server: { ...middle, port: 2222 } }, null],
  ['a port that is root’s', { forwards: [web, { ...db, listen: '127.0.0.1:80' }] }, null],
  ['no several any more', { forwards: undefined, ...web }, null],
])('what ssh is told of %s', (_what, change, orders) => {
  expect(alterations(now.unit, textsOf(change).unit)).toBe(orders)
})

test('of what somebody has changed by hand ssh is begun anew', () => {
  const byHand = now.unit.replace('ServerAliveInterval=30', 'ServerAliveInterval=0')
  expect(alterations(byHand, now.unit)).toBeNull()
})

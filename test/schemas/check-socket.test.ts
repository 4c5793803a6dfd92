// Unix sockets at either end of a tunnel: what ssh takes, and what beside them has no meaning.
import { wrongInPath } from '../../schemas/address'
import { checkTogether } from '../../schemas/check-together'
import { checkTunnel } from '../../schemas/check-tunnel'
import { forwardsOf } from '../../schemas/forward'
import { maskOf } from '../../schemas/socket-folder'
import type { Host, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', address: '198.51.100.10' }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const local: Tunnel = {
  name: 'db',
  forward: 'local',
  listen: '/run/app/db.sock',
  far: '/run/postgresql/.s.PGSQL.5432',
  client: near,
  server: middle,
}
const remote: Tunnel = { ...local, forward: 'remote', far: 'far:80' }
const tell = (tunnel: Tunnel) => checkTunnel(tunnel).map(({ path, code }) => `${path.join('.')} ${code}`)

test.each<[string, Partial<Tunnel>, string[]]>([
  ['at both ends', {}, []],
  ['in the folder that a deploy makes', { listen: '/var/lib/ssh-tunnels-sockets/db/x' }, []],
  ["in another tunnel's", { listen: '/var/lib/ssh-tunnels-sockets/web/x' }, ['listen foreign-folder']],
  ['with a mode', { socketMode: '0660' }, []],
  ['a mode without a socket', { listen: '127.0.0.1:80', socketMode: '0660' }, ['socketMode no-socket']],
  ['where only its unit would see it', { listen: '/tmp/db.sock' }, ['listen hidden-path']],
  ['of a home, which sshd sees', { ...remote, listen: '/home/app/db.sock' }, []],
  ['far in a home, which ssh does not see', { ...remote, far: '/home/app/db.sock' }, ['far hidden-path']],
  ['with visitors from elsewhere', { allowFrom: ['192.0.2.0/24'] }, ['allowFrom nothing-to-open']],
  ['proved from elsewhere', { probeFrom: middle }, ['probeFrom probe-elsewhere']],
  ['proved from where it listens', { probeFrom: near }, []],
  ['a resident proof', { watch: {} }, ['watch no-watch']],
  ['a resident proof of a far that may be silent', { listen: '127.0.0.1:80', watch: {} }, ['watch no-watch']],
  ['a resident proof of a far that speaks', { listen: '127.0.0.1:80', watch: {}, probe: 'http' }, []],
  ['its own listener', { server: near, far: '/run/app/db.sock' }, ['far loop']],
  ['a SOCKS proxy', { forward: 'dynamic', far: '127.0.0.1:22' }, ['listen dynamic-socket']],
  ['what a SOCKS proxy is asked for', { forward: 'dynamic', listen: '127.0.0.1:1080' }, ['far dynamic-socket']],
  ['no text that ssh takes', { listen: '/run/a b', far: '/run/%h' }, ['listen bad-path', 'far bad-path']],
  ['the old slash form of a port', { listen: '/110' }, ['listen bad-endpoint']],
])('a socket %s', (_what, change, findings) => {
  expect(tell({ ...local, ...change })).toEqual(findings)
})

test.each([
  ['/run/app/x.sock', null],
  ['/run/.s.PGSQL.5432', null],
  ['/run//x', /shortest/],
  ['/run/../x', /shortest/],
  ['/run/./x', /shortest/],
  ['/run/x/', /shortest/],
  ['/run/a:b', /":"/],
  ['/run/a\nb', /\\n/],
  ['/run/$x', /"\$"/],
  ['/run/[x]', /"\["/],
  ['/run/ä', /"ä"/],
  [`/${'x'.repeat(107)}`, /108 bytes, of at most 107/],
])('%j', (path, wrong) => {
  expect(wrongInPath(path)).toEqual(wrong === null ? null : expect.stringMatching(wrong))
})

test('two tunnels on one path of a host collide, and not on two hosts', () => {
  const other = { ...local, name: 'other' }
  const codes = (second: Tunnel) =>
    checkTogether({ tunnels: [local, second], middles: [] }).map(({ code, message }) => [code, message])
  expect(codes(other)).toEqual([['listener-taken', 'tunnels db and other collide on /run/app/db.sock of near']])
  expect(codes({ ...remote, name: 'other' })).toEqual([])
  expect(codes({ ...other, listen: '/run/app/other.sock' })).toEqual([])
})

test('sshd is told the one path that may be dialled', () => {
  expect(forwardsOf(local)[0]?.opens).toEqual(['[/run/postgresql/.s.PGSQL.5432]:*'])
})

test.each([
  [undefined, '0177'],
  ['0666', '0111'],
  ['660', '0117'],
  ['777', '0000'],
])('mode %s is mask %s', (mode, mask) => {
  expect(maskOf(mode)).toBe(mask)
})

// Limits are a port's: of sockets alone there is nothing to limit.
import { checkTunnel } from '../../schemas/check-tunnel'
import type { Tunnel } from '../../schemas/types'

const near = { name: 'near', local: true }
const port = { forward: 'local', listen: '127.0.0.1:5432', far: 'db:5432' } as const
const socket = { ...port, listen: '/var/lib/ssh-tunnels-sockets/db/a' }

test.each<[string, Tunnel['forwards'], string[]]>([
  ['a port', [port], []],
  ['a port and a socket', [port, socket], []],
  ['a socket alone', [socket], ['nothing-to-limit']],
  ['a socket that says them itself', [port, { ...socket, limits: { connections: 2 } }], ['nothing-to-limit']],
])('limits of %s', (_which, forwards, codes) => {
  const tunnel = { name: 'db', forwards, limits: { connections: 2 }, client: near, server: near }
  expect(checkTunnel(tunnel).map(({ code }) => code)).toEqual(codes)
})

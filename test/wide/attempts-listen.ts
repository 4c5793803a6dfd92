// Attempts to listen on the middle where the tunnel does not. The remote forward may listen on 203.0.113.20:8080.
import type { Attempt, Group } from './attempt'

/** How the middle itself reaches what `-R WHERE:...` would make. */
const listen = (group: Group, where: string, seen: string, more: Partial<Attempt> = {}): Attempt => ({
  group,
  name: `-R ${where}${more.key ? `, by the ${more.key} forward's key` : ''}`,
  tries: `hold -R '${where}:127.0.0.1:8001'`,
  seen,
  ...more,
})

const other = (where: string, address: string, port: number, more: Partial<Attempt> = {}) =>
  listen('other listen ports and addresses', where, `read_from ${address} ${port}`, more)
const named = (host: string, address: string) =>
  listen(
    'other names for the address it may listen on',
    host === '' ? '8080' : `${host}:8080`,
    `read_from ${address} 8080`,
    {
      alone: true,
    },
  )
const free = (where: string, address: string, more: Partial<Attempt> = {}) =>
  listen('port 0', where, `read_from_any ${address}`, { alone: true, ...more })

const local = { key: 'local' } as const
const address = '203.0.113.20'

export const listens: readonly Attempt[] = [
  other(`${address}:8082`, address, 8082),
  other(`${address}:8079`, address, 8079),
  other(`${address}:1`, address, 1),
  other(`${address}:443`, address, 443),
  other(`${address}:65535`, address, 65535),
  other(`${address}:5432`, address, 5432),
  // The second tunnel's own, as long as that is down.
  other(`${address}:8081`, address, 8081, { alone: true }),
  other('127.0.0.1:8082', '127.0.0.1', 8082),
  other('[::1]:8082', '::1', 8082),
  other('0.0.0.0:8082', address, 8082),
  other('169.254.169.254:8080', '169.254.169.254', 8080, { alone: true }),
  other('127.0.0.1:8080', '127.0.0.1', 8080, { alone: true }),
  other('[::1]:8080', '::1', 8080, { alone: true }),
  {
    group: 'other listen ports and addresses',
    name: '899 ports, in one login',
    tries: 'all_around; hold -o ExitOnForwardFailure=no; await_answer',
    seen: `read_from_any ${address}`,
    alone: true,
  },
  {
    group: 'other listen ports and addresses',
    name: 'a second one beside the one that it may',
    tries: `hold -o ExitOnForwardFailure=no -R ${address}:8080:127.0.0.1:8001 -R ${address}:8083:127.0.0.1:8001; await_answer`,
    seen: `read_from ${address} 8083`,
    alone: true,
  },
  other(`${address}:8080`, address, 8080, { ...local, alone: true }),
  other(`${address}:8084`, address, 8084, local),
  other('127.0.0.1:8084', '127.0.0.1', 8084, local),
  other('8084', '127.0.0.1', 8084, local),

  named('', '127.0.0.1'),
  named('localhost', '127.0.0.1'),
  named('*', address),
  named('0.0.0.0', address),
  named('[::]', '::1'),
  named('middle', address),
  named('MIDDLE', address),
  named('3405803796', address),
  named('0xCB007114', address),
  named('0313.0.0161.024', address),
  named('203.0.28948', address),
  {
    ...named('', address),
    name: '-R :8080',
    tries: "hold -R ':8080:127.0.0.1:8001'",
  },

  free(`${address}:0`, address),
  free('0', '127.0.0.1'),
  free('127.0.0.1:0', '127.0.0.1'),
  free('0.0.0.0:0', address),
  free('[::1]:0', '::1'),
  free(`${address}:0`, address, local),
  free('0', '127.0.0.1', local),

  {
    group: 'dynamic, by SOCKS',
    name: `-R ${address}:8085, a SOCKS server on the middle`,
    tries: `hold -R ${address}:8085`,
    seen: `nc -w 3 -X 5 -x ${address}:8085 127.0.0.1 8001 </dev/null`,
  },
  {
    group: 'dynamic, by SOCKS',
    name: "-R 8085, a SOCKS server on the middle, by the local forward's key",
    key: 'local',
    tries: 'hold -R 8085',
    seen: 'nc -w 3 -X 5 -x 127.0.0.1:8085 127.0.0.1 8001 </dev/null',
  },
  ...(['remote', 'local'] as const).flatMap((key): Attempt[] => [
    {
      group: 'unix sockets',
      name: `-R of a socket of the middle, by the ${key} forward's key`,
      key,
      tries: `hold -R /tmp/by-${key}.sock:127.0.0.1:8001`,
      seen: `nc -w 3 -U /tmp/by-${key}.sock </dev/null`,
    },
    {
      group: 'ssh -O',
      name: `-O forward -R ${address}:8086, by the ${key} forward's key`,
      key,
      tries: `hold; go -S held -O forward -R ${address}:8086:127.0.0.1:8001 door`,
      seen: `read_from ${address} 8086`,
    },
    {
      group: 'ssh -O',
      name: `-O forward -R of a socket of the middle, by the ${key} forward's key`,
      key,
      tries: `hold; go -S held -O forward -R /tmp/later-${key}.sock:127.0.0.1:8001 door`,
      seen: `nc -w 3 -U /tmp/later-${key}.sock </dev/null`,
    },
  ]),
]

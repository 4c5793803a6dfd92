// Attempts to have the middle dial what the tunnel does not. The local forward may have it dial far:80, the remote one nothing.
import type { Attempt, Group } from './attempt'

const dial = (group: Group, to: string, tries: string, key: Attempt['key']): Attempt => ({
  group,
  name: `${to}, by the ${key} forward's key`,
  key,
  tries,
})

const other = (to: string, tries = `word_of '${to}'`) => dial('other destinations', to, tries, 'local')
const named = (host: string) =>
  dial('other names for the destination it may dial', `${host}:80`, `page_of '${host}:80'`, 'local')
const reverse = (to: string, tries = `word_of '${to}'`) => dial('the reverse direction', to, tries, 'remote')

const either = (group: Group, name: string, tries: string): Attempt[] =>
  (['local', 'remote'] as const).map(key => dial(group, name, tries, key))

export const dials: readonly Attempt[] = [
  // The middle's own listeners that only it may reach, its sshd and metadata of a cloud.
  other('127.0.0.1:8001'),
  other('localhost:8001'),
  other('[::1]:8001'),
  other('[::ffff:127.0.0.1]:8001'),
  other('127.1.2.3:8001'),
  other('0.0.0.0:8001'),
  other('203.0.113.20:8001'),
  other('middle:8001'),
  other('169.254.169.254:8001'),
  other('127.0.0.1:22', 'banner_of 127.0.0.1:22'),
  other('203.0.113.20:22', 'banner_of 203.0.113.20:22'),
  // Other ports of far, other hosts, the other tunnels.
  other('far:22', 'banner_of far:22'),
  other('far:8001'),
  other('192.0.2.130:8001'),
  other('near:8001'),
  other('198.51.100.10:8001'),
  other('203.0.113.20:8080', 'page_of 203.0.113.20:8080'),
  other('203.0.113.20:8081', 'page_of 203.0.113.20:8081'),
  other('-L to 127.0.0.1:8001', 'hold -L 127.0.0.1:7001:127.0.0.1:8001; read_from 127.0.0.1 7001'),
  other('-L to far:8001', 'hold -L 127.0.0.1:7001:far:8001; read_from 127.0.0.1 7001'),
  other(
    '-L to far:8001 beside far:80',
    'hold -L 127.0.0.1:7002:far:80 -L 127.0.0.1:7001:far:8001; read_from 127.0.0.1 7001',
  ),
  other('far as a jump from there', 'go -J door jumped cat /etc/word'),

  named('server935'),
  named('FAR'),
  named('192.0.2.130'),
  named('3221226114'),
  named('0xC0000282'),
  named('0300.0.02.0202'),
  named('192.0.642'),
  named('[::ffff:192.0.2.130]'),

  reverse('far:80', 'page_of far:80'),
  reverse('far:8001'),
  reverse('127.0.0.1:8001'),
  reverse('[::1]:8001'),
  reverse('203.0.113.20:8080', 'page_of 203.0.113.20:8080'),
  reverse('203.0.113.20:8081', 'page_of 203.0.113.20:8081'),
  reverse('127.0.0.1:22', 'banner_of 127.0.0.1:22'),
  reverse('far:22', 'banner_of far:22'),
  reverse('198.51.100.10:8001'),
  reverse('-L to 127.0.0.1:8001', 'hold -L 127.0.0.1:7001:127.0.0.1:8001; read_from 127.0.0.1 7001'),
  reverse('far as a jump from there', 'go -J door jumped cat /etc/word'),

  ...either(
    'dynamic, by SOCKS',
    '-D and SOCKS 5 to the middle',
    'hold -D 127.0.0.1:1080; socks 5 127.0.0.1 8001 </dev/null',
  ),
  ...either(
    'dynamic, by SOCKS',
    '-D and SOCKS 5 to far',
    'hold -D 127.0.0.1:1080; socks 5 192.0.2.130 8001 </dev/null',
  ),
  ...either(
    'dynamic, by SOCKS',
    '-D and SOCKS 4 to the middle',
    'hold -D 127.0.0.1:1080; socks 4 127.0.0.1 8001 </dev/null',
  ),
  ...either(
    'dynamic, by SOCKS',
    '-D and a name that the middle looks up',
    'hold -D 127.0.0.1:1080; ask_page | socks 5 server935 80',
  ),

  ...either(
    'unix sockets',
    '-L from a port to a socket',
    'hold -L 127.0.0.1:7001:/run/word.sock; read_from 127.0.0.1 7001',
  ),
  ...either(
    'unix sockets',
    '-L from a socket to a socket',
    'hold -L "$PWD/local.sock:/run/word.sock"; nc -w 3 -U local.sock </dev/null',
  ),

  ...either(
    'ssh -O',
    '-O forward -L to 127.0.0.1:8001',
    'hold; go -S held -O forward -L 127.0.0.1:7001:127.0.0.1:8001 door; read_from 127.0.0.1 7001',
  ),
  ...either(
    'ssh -O',
    '-O forward -D',
    'hold; go -S held -O forward -D 127.0.0.1:1080 door; socks 5 127.0.0.1 8001 </dev/null',
  ),
  ...either('ssh -O', '-W over a master', 'hold; go -S held -W 127.0.0.1:8001 door </dev/null'),
]

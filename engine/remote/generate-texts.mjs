// Writes engine/remote/texts.ts from the .sh files, so that a bundle carries them; run by `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const read = name => readFileSync(`${folder}/${name}.sh`, 'utf8')
/** The last of each is what runs; it calls functions of the others. */
const compose = (...names) => names.map(read).join('')
/** What reads a host; a batch ends with it too. */
const reading = [
  'look',
  'home',
  'script-words',
  'find-sshd',
  'look-sshd',
  'sshd-lines',
  'admission',
  'boot',
  'user',
  'ruleset',
  'left',
  'public-keys',
  'history',
  'look-sockets',
]
const scripts = {
  limit: compose('limit'),
  look: compose(...reading, 'look-run'),
  status: compose(...reading, 'status', 'health', 'look-run'),
  gate: compose('gate'),
  // The same in a unit of a user's: a third word is his runtime folder, where nobody but he opens anything.
  gateOfUser: compose('gate')
    .replaceAll('/run/systemd/inaccessible/dir', '"$2"')
    .replaceAll('starts=/run/', 'starts=$2/')
    .replaceAll('find /run ', 'find "$2" ')
    .replaceAll('$(systemctl show', '$(systemctl --user show'),
  supervise: compose('supervise'),
  prove: compose('prove'),
  newer: compose('newer'),
  connections: compose('home', 'connections'),
  greet: compose('greet'),
  forwards: compose('look', 'look-sockets', 'forwards'),
  journal: compose('home', 'script-words', 'journal'),
  try: compose('try'),
  replace: compose('replace'),
  units: compose('units'),
  echo: compose('echo'),
  confirm: compose('left', 'guard', 'extend', 'meanwhile', 'confirm'),
  rehearsed: compose('left', 'rehearsal', 'rehearsed'),
  batch: compose(
    ...reading,
    'log',
    'folders',
    'linger',
    'file',
    'refused',
    'guard',
    'rehearsal',
    'meanwhile',
    'account',
    'key',
    'ports',
    'sshd',
    'firewall',
    'iptables',
    'ufw',
    'firewalld',
    'fence',
    'service',
    'services',
    'sockets',
    'batch',
  ),
}
const entries = Object.entries(scripts).map(
  ([name, text]) => `  ${name}: { name: '${name}', text: ${JSON.stringify(text)} },\n`,
)
writeFileSync(
  `${folder}/texts.ts`,
  `// Made from the .sh files by generate-texts.mjs. Do not edit.\nexport const scripts = {\n${entries.join('')}} as const\n`,
)

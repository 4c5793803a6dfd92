// The public half of a key file, read without ssh-keygen, is what ssh-keygen reads.
import { parseSnapshot } from '../../engine/look/snapshot'
import { batch, inPrivateRoot, prepareRoot, shells } from './private-root'

beforeAll(prepareRoot)

const ed25519 = (comment: string) => `ssh-keygen -q -t ed25519 -N '' -C '${comment}' -f $key`
/** How each key file is made, by its tunnel's name. */
const keys: Readonly<Record<string, string>> = {
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 300].map(length => [`comment${length}`, ed25519('c'.repeat(length))])),
  rsa: `ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f $key`,
  ecdsa: `ssh-keygen -q -t ecdsa -N '' -C '' -f $key`,
  'no-encrypted': `ssh-keygen -q -t ed25519 -N secret -C '' -f $key`,
  'no-end': `${ed25519('a')}; sed -i '$d' $key`,
  'no-begin': `${ed25519('a')}; sed -i 1d $key`,
  'no-line': `${ed25519('a')}; sed -i 4d $key`,
  'no-rest': `${ed25519('a')}; head -c 200 $key >$key.new; mv $key.new $key`,
  'no-text': ': >$key',
  // Offsets of PROTOCOL.key: the two check numbers, the type, its public half and the padding of the private half.
  'no-check': `${ed25519('a')}; spoil 99`,
  'no-type': `${ed25519('a')}; spoil 112`,
  'no-half': `${ed25519('a')}; spoil 126`,
  'no-half-end': `${ed25519('a')}; spoil 156`,
  'no-length': `${ed25519('a')}; spoil 160`,
  'no-comment': `${ed25519('a')}; spoil 228`,
  'no-padding': `${ed25519('a')}; spoil 233`,
  // Nobody can tell these without trying the key, and ssh-keygen does not.
  seed: `${ed25519('a')}; spoil 170`,
  'private-half': `${ed25519('a')}; spoil 200`,
  'no-public': `${ed25519('a')}; spoil 62`,
}
const isNoGood = (name: string) => name.startsWith('no-')
/** Changes one byte of what the file $key holds in base64. */
const spoilKey = `spoil() { # OFFSET
  grep -v -e ----- $key | base64 -d >$key.raw
  { head -c $1 $key.raw; tail -c +$(($1 + 1)) $key.raw | head -c 1 | tr '\\000-\\377' '\\001-\\377\\000'; tail -c +$(($1 + 2)) $key.raw; } >$key.bad
  { echo -----BEGIN OPENSSH PRIVATE KEY-----; base64 -w 70 $key.bad; echo -----END OPENSSH PRIVATE KEY-----; } >$key
  rm $key.raw $key.bad
}
`

test.each(shells)(
  'under %s of every key the public half is what ssh-keygen reads from it, and nothing where ssh-keygen reads none',
  shell => {
    const names = Object.keys(keys)
    const accounts = names.map(name => ['account_add', `tun-${name}`, '/usr/sbin/nologin', 'ssh-tunnels me'])
    const made = names.map(
      name => `key=/etc/ssh-tunnels/${name}/key; mkdir -p /etc/ssh-tunnels/${name}; ${keys[name]}
        echo "read ${name} $(ssh-keygen -y -P '' -f $key </dev/null 2>/dev/null)"
        chown root:tun-${name} $key; chmod 640 $key`,
    )
    const seen = inPrivateRoot(shell, `${batch(...accounts)}${spoilKey}${made.join('\n')}\nlook_all`)
    const read = [...seen.stdout.matchAll(/^read (\S+) (\S* ?\S*).*$/gm)].map(([, name, half]) => [name, half])
    expect(read.length).toBe(names.length)
    expect(read.filter(([, half]) => half === '').length).toBe(names.filter(isNoGood).length)
    const shown = parseSnapshot(seen.stdout).keys
    expect(names.map(name => [name, shown[`/etc/ssh-tunnels/${name}/key`]])).toEqual(read)
  },
)

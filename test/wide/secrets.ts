// Looking for a private key or a passphrase in whatever was written or shown, however it is wrapped.
import { readFileSync } from 'node:fs'
import type { HostName, Lab } from '../../lab'
import { killGroup } from '../../lab/command'

export interface Secret {
  readonly what: string
  /** Each stands for the secret where it is found. */
  readonly needles: readonly string[]
}

/** The 32 bytes from which an Ed25519 key is made stand before the public half in its file (PROTOCOL.key of OpenSSH). */
function seedOf(file: string): Buffer {
  const body = Buffer.from(file.replace(/-----[^-]*-----/g, ''), 'base64')
  const type = Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 ')
  const second = body.indexOf(type, body.indexOf(type) + 1)
  const at = second + type.length + 32 + 4
  return body.subarray(at, at + 32)
}

/** As bytes, in hex, and in base64 wherever the seed may begin among its groups of three. */
export function keySecret(what: string, file: string): Secret {
  const seed = seedOf(file)
  const in64 = [0, 1, 2].map(skip => seed.subarray(skip, skip + 3 * Math.floor((32 - skip) / 3)).toString('base64'))
  return {
    what,
    needles: [
      seed.toString('latin1'),
      seed.toString('hex'),
      ...in64,
      ...in64.map(one => one.replace(/\+/g, '-').replace(/\//g, '_')),
    ],
  }
}

export const passphraseSecret = (passphrase: string): Secret => ({
  what: 'the passphrase',
  needles: [
    passphrase,
    Buffer.from(passphrase).toString('base64').replace(/=+$/, '').slice(0, -1),
    encodeURIComponent(passphrase),
  ],
})

/** Those that are in the text, also over line ends, JSON's and the shell's escapes of them. */
export function foundIn(text: string, secrets: readonly Secret[]): string[] {
  const joined = text.replace(/\\n|\s|\0/g, '')
  return secrets.flatMap(({ what, needles }) =>
    needles.some(one => text.includes(one) || joined.includes(one)) ? [what] : [],
  )
}

/** Command lines and environments of all processes, again and again, with what stands in folders of the moment. */
const poll = `touch /run/watched
while :; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
  find "$@" -xdev -type f -newer /run/watched -size -256k -exec cat {} + 2>/dev/null
  sleep 0.05
done`

export interface Watch {
  /** All that was seen. */
  end(): string
}

const momentary = ['/var/lib/ssh-tunnels', '/run', '/tmp', '/var/tmp', '/dev/shm']

export function watch(lab: Lab, where: HostName | 'controller'): Watch {
  // On the controller only its processes: its folders are this machine's.
  const argv =
    where === 'controller'
      ? ['/bin/sh', '-c', poll.replace('touch /run/watched', '').replace(/^ {2}find.*\n/m, '')]
      : ['/bin/sh', '-c', poll, 'sh', ...momentary]
  const [program = '', ...words] = lab.argvIn(where, argv)
  const child = lab.spawn('controller', where === 'controller' ? argv : [program, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const seen: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => seen.push(chunk))
  return {
    end: () => {
      killGroup(child.pid)
      return Buffer.concat(seen).toString('latin1')
    },
  }
}

/** Every file that was written since `mark`, but the keys' own, and what the journal says. */
export const writtenSince = (lab: Lab, host: HostName, mark: string): Promise<string> =>
  lab.hosts[host]
    .sh(
      `{ journalctl --no-pager --output=export --all
       find / /run /tmp /dev/shm -xdev -type f -newer ${mark} ! -path '/proc/*' ! -path '/sys/*' ! -path '/etc/ssh-tunnels/*/key' \\
         ! -name '*.journal' -exec cat {} +; } 2>/dev/null | base64 -w 0`,
    )
    .then(text => Buffer.from(text, 'base64').toString('latin1'))

export const read = (file: string): string => readFileSync(file, 'latin1')

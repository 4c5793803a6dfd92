// A real OpenSSH sshd on loopback, with its own configuration, keys and log, for the tests of engine/host.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { baseTree } from '../../lab/base-tree'
import type { Host } from '../../schemas/types'

/**
 * Runs the sshd of the lab's base tree, in a mount namespace of its own, so that this machine needs none and none is started on it.
 * TREE FOLDER SSHD_CONFIG: FOLDER, with the keys, is seen inside under its own path.
 */
const inTree = `set -e
mkdir -p "$2/$4/upper" "$2/$4/work" "$2/$4/root"
root=$2/$4/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/$4/upper,workdir=$2/$4/work" "$root"
mkdir -p "$root/run/sshd" "$root$2"
mount --bind "$2" "$root$2"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
exec chroot "$root" /usr/sbin/sshd -D -e -f "$3"
`

export interface Sshd {
  readonly port: number
  readonly hostKey: string
  /** Reached with the right key and the right host key. */
  readonly host: Host
  log(): string
  /** Resolves once the log has a match. */
  logged(pattern: RegExp): Promise<void>
  stop(): Promise<void>
}

export interface Lab {
  readonly dir: string
  /** A private key that every sshd of the lab accepts for root. */
  readonly identityFile: string
  startSshd(name: string, config?: readonly string[]): Promise<Sshd>
  /** Stops every sshd of the lab and removes its files. Close the connections first. */
  end(): Promise<void>
}

export function makeLab(): Lab {
  if (process.getuid?.() !== 0) throw new Error('these tests log in to an own sshd as root: run them as root')
  const dir = mkdtempSync(join(tmpdir(), 'host-test-'))
  const identityFile = makeKey(dir, 'login')
  const running: Sshd[] = []
  return {
    dir,
    identityFile,
    startSshd: async (name, config = []) => {
      const sshd = await startSshd(dir, name, identityFile, config)
      running.push(sshd)
      return sshd
    },
    end: async () => {
      await Promise.all(running.map(sshd => sshd.stop()))
      rmSync(dir, { recursive: true })
    },
  }
}

/** Makes a key pair and gives the private half's path. */
export function makeKey(dir: string, name: string, options: { type?: string; passphrase?: string } = {}): string {
  const file = join(dir, name)
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    options.type ?? 'ed25519',
    '-N',
    options.passphrase ?? '',
    '-C',
    name,
    '-f',
    file,
  ])
  return file
}

export function readPublicKey(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').trim()
}

/** A port of 127.0.0.1 on which nothing listens now. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startSshd(dir: string, name: string, identityFile: string, config: readonly string[]): Promise<Sshd> {
  const port = await findFreePort()
  const hostKeyFile = makeKey(dir, `${name}-host-key`)
  const file = join(dir, `${name}.conf`)
  const lines = [
    'ListenAddress 127.0.0.1',
    'ListenAddress ::1',
    `Port ${port}`,
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${identityFile}.pub`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel VERBOSE',
    // Debian's bash reads ~/.bashrc for a program over ssh, unless it believes that it runs in another shell.
    'SetEnv SHLVL=5',
  ]
  // sshd takes the first value of an option.
  writeFileSync(file, [...config, ...lines, ''].join('\n'))
  const tree = await baseTree(line => console.error(line))
  const argv = ['--mount', '--propagation', 'private', 'sh', '-c', inTree, 'sshd', tree, dir, file, `${name}-tree`]
  const child = spawn('unshare', argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  const { log, logged } = follow(child)
  await logged(/Server listening on 127\.0\.0\.1 port/)
  await logged(/Server listening on ::1 port/)
  const hostKey = readPublicKey(hostKeyFile)
  return {
    port,
    hostKey,
    host: { name, address: '127.0.0.1', port, hostKey, identityFile },
    log,
    logged,
    stop: async () => {
      // 'close' comes when every session of it has ended too: they hold its stderr.
      const closed = child.stderr.closed ? undefined : once(child, 'close')
      child.kill()
      await closed
    },
  }
}

function follow(child: ChildProcess): Pick<Sshd, 'log' | 'logged'> {
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const logged = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text)) return
        child.stderr?.off('data', look)
        child.off('exit', giveUp)
        resolve()
      }
      const giveUp = () => reject(new Error(`sshd ended without logging ${pattern}:\n${text}`))
      child.stderr?.on('data', look)
      child.once('exit', giveUp)
      look()
    })
  return { log: () => text, logged }
}

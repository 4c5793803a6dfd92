// What `open -f` has left running: a folder each, with the process that it is, so that `close` ends that one and no other.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface Opened {
  readonly name: string
  readonly pid: number
  /** When the process began, in ticks since the boot, and which boot: another process of this number has others. */
  readonly began: string
  readonly boot: string
  readonly command: string
  readonly listens: readonly string[]
  /** ISO 8601. */
  readonly since: string
}

/** Not XDG_RUNTIME_DIR, which goes when its user's last session ends: ssh stays, and nobody could close it. */
const root = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'ssh-tunnels')

export const isName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$/.test(name)

export function makeFolder(name: string): string {
  const folder = join(root(), name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

export const logOf = (name: string): string => join(root(), name, 'log')

export const forget = (name: string): void => rmSync(join(root(), name), { recursive: true, force: true })

/** Null where there is no such process (any more). */
export function identify(pid: number): Pick<Opened, 'began' | 'boot'> | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // One that has ended and that nobody has asked for its status is there as Z.
    if (fields[0] === 'Z') return null
    return { began: fields[19] ?? '', boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() }
  } catch {
    return null
  }
}

export function remember(opened: Opened): void {
  const file = join(makeFolder(opened.name), 'opened.json')
  // Whoever reads meanwhile, or after a full disk, finds the whole of it or nothing.
  writeFileSync(`${file}.new`, `${JSON.stringify(opened, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Null where nothing of that name was opened. */
export function recall(name: string): Opened | null {
  try {
    return JSON.parse(readFileSync(join(root(), name, 'opened.json'), 'utf8'))
  } catch {
    return null
  }
}

export const isAlive = ({ pid, began, boot }: Opened): boolean => {
  const now = identify(pid)
  return now !== null && now.began === began && now.boot === boot
}

export function allOpened(): Opened[] {
  try {
    return readdirSync(root())
      .sort()
      .flatMap(name => recall(name) ?? [])
  } catch {
    return []
  }
}

// What `open -f` has left running: a folder each, with the process that it is, so that `close` ends that one and no other.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

export const folderOf = (name: string): string => join(root(), name)

export const logOf = (name: string): string => join(folderOf(name), 'log')

export const forget = (name: string): void => rmSync(folderOf(name), { recursive: true, force: true })

/** Who is opening under a name. */
type Opening = Pick<Opened, 'pid' | 'began' | 'boot'>

/** The process that opens under this name, or was left open there; null for none, and where it has ended. */
function findHolder(folder: string): number | null {
  const held = ['opening.json', 'opened.json'].map(file => read<Opening>(join(folder, file)))
  return held.find(one => one !== null && isAlive(one))?.pid ?? null
}

/**
 * Takes the folder of a name for this process alone, until it forgets the name or ends; what has ended there is forgotten.
 * Returns the process that has it instead, as it opens or is open; null when it is ours.
 */
export function take(name: string): number | null {
  mkdirSync(root(), { recursive: true, mode: 0o700 })
  const folder = folderOf(name)
  const other = findHolder(folder)
  if (other !== null) return other
  const beside = mkdtempSync(join(root(), '.new-'))
  try {
    const whole = join(beside, name)
    mkdirSync(whole, { mode: 0o700 })
    writeFileSync(join(whole, 'opening.json'), JSON.stringify({ pid: process.pid, ...identify(process.pid) }))
    putAside(folder, beside)
    // A folder that is not empty is never replaced: of two one comes first.
    renameSync(whole, folder)
    return null
  } catch (why) {
    const first = findHolder(folder)
    if (first === null) throw why
    return first
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

/** What has ended; one that somebody has begun just now comes back. */
function putAside(folder: string, beside: string): void {
  const old = join(beside, 'old')
  try {
    renameSync(folder, old)
  } catch {
    return
  }
  if (findHolder(old) !== null) renameSync(old, folder)
}

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
  const folder = folderOf(opened.name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'opened.json')
  // Whoever reads meanwhile, or after a full disk, finds the whole of it or nothing.
  writeFileSync(`${file}.new`, `${JSON.stringify(opened, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Null where nothing of that name was opened. */
export const recall = (name: string): Opened | null => read(join(folderOf(name), 'opened.json'))

function read<Written>(file: string): Written | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

export const isAlive = ({ pid, began, boot }: Opening): boolean => {
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

// What is known of a lab outside the process that made it: its folder, its names, and who owns it.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultImage, type ImageName } from './images'
import { type AnyHost, hostNames, type PlaceName } from './topology'

export const labsFolder = '/run/cdktf-ssh-tunnels-lab'

interface Owner {
  readonly pid: number
  /** Start time in clock ticks since boot (proc(5), stat field 22): tells a process from a later one with its pid. */
  readonly startedAt: string
}

export interface LabState {
  readonly id: string
  readonly folder: string
  /** null: kept until somebody takes it down. */
  readonly owner: Owner | null
  /** Of hosts that are not started from the default image. */
  readonly images: Images
  /** Whether there is a fourth host. */
  readonly gate: boolean
  /** How many further hosts. */
  readonly more: number
}

export const moreOfLab = ({ more = 0 }: Partial<LabState>) =>
  [...Array(more).keys()].map(at => `more${at + 1}` as const)

export const hostsOfLab = (lab: LabState): readonly AnyHost[] => [
  ...hostNames,
  ...(lab.gate ? (['gate'] as const) : []),
  ...moreOfLab(lab),
]

export type Images = Readonly<Partial<Record<AnyHost, ImageName>>>

/** A kept lab for each checkout: two on one machine do not take each other's over, or down. */
export function keptIdOf(checkout: string): string {
  return `lab-${createHash('sha256').update(checkout).digest('hex').slice(0, 4)}`
}

export function netnsOf(lab: LabState, place: AnyHost | PlaceName | 'router'): string {
  return `tl-${lab.id}-${place}`
}

/** Below version 2's hierarchy, which stands beside those of version 1 on some machines. */
export function controlGroupOf(lab: LabState, host: AnyHost): string {
  const beside = '/sys/fs/cgroup/unified'
  return join(existsSync(beside) ? beside : '/sys/fs/cgroup', 'cdktf-ssh-tunnels-lab', netnsOf(lab, host))
}

export function hostFolder(lab: LabState, host: AnyHost): string {
  return join(lab.folder, 'hosts', host)
}

export function imageOf(lab: LabState, host: AnyHost): ImageName {
  return lab.images[host] ?? defaultImage
}

/** A tmpfs: it takes an overlay's upper layer wherever /run stands, and is gone in one step. */
export function disksFolder(lab: LabState): string {
  return join(lab.folder, 'disks')
}

export function rootOf(lab: LabState, host: AnyHost): string {
  return join(disksFolder(lab), host, 'root')
}

export function keyFileOf(lab: LabState): string {
  return join(lab.folder, 'id_ed25519')
}

export function knownHostsOf(lab: LabState): string {
  return join(lab.folder, 'known_hosts')
}

/** For ssh -F: names, the key and the pinned host keys; this machine's own ssh_config has no say. */
export function sshConfigOf(lab: LabState): string {
  return join(lab.folder, 'ssh_config')
}

/** Start time of a process; undefined when there is none, or when it has ended and only waits to be collected. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the program's name, may hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export function isAbandoned({ owner }: LabState): boolean {
  return owner !== null && startTimeOf(owner.pid) !== owner.startedAt
}

/** Makes the lab's folder, its owner written in it from the first moment that others can see it. */
export function claimFolder(id: string, keep: boolean, images: Images, gate: boolean, more: number): LabState {
  const folder = join(labsFolder, id)
  const owner = keep ? null : { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' }
  const state: LabState = { id, folder, owner, images, gate, more }
  const draft = join(labsFolder, `.${id}.${process.pid}`)
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  writeFileSync(join(draft, 'lab.json'), JSON.stringify(state))
  try {
    renameSync(draft, folder) // fails when the folder is there, as none is ever empty
  } catch (cause) {
    rmSync(draft, { recursive: true })
    throw new Error(`there is a lab named ${id} already, in ${folder}`, { cause })
  }
  return state
}

export function readState(id: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(join(labsFolder, id, 'lab.json'), 'utf8')) as LabState
  } catch {
    return undefined
  }
}

export function listLabs(): readonly LabState[] {
  try {
    return readdirSync(labsFolder).flatMap(id => (id.startsWith('.') ? [] : (readState(id) ?? [])))
  } catch {
    return []
  }
}

// Takes away all that a lab has on this machine: processes, mounts, namespaces, control groups, folders.
// Synchronous, as it also runs when the owner exits. Every step stands for itself, so a half-made or half-removed lab goes too.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { labEnv } from './command'
import {
  disksFolder,
  hostFolder,
  hostsOfLab,
  isAbandoned,
  type LabState,
  labsFolder,
  listLabs,
  netnsOf,
  startTimeOf,
} from './state'
import { type AnyHost, placeNames } from './topology'

export function removeLab(lab: LabState): void {
  switchOff(lab, hostsOfLab(lab))
  const spaces = [...placeNames, 'router' as const].map(place => netnsOf(lab, place))
  for (const netns of spaces) killInside(netns)
  unmountBelow(lab.folder)
  for (const netns of spaces.filter(exists)) sync('ip', 'netns', 'del', netns)
  rmSync(lab.folder, { recursive: true, force: true })
  try {
    rmdirSync(labsFolder)
  } catch {
    // There are other labs.
  }
}

/** Never one whose owner lives, and never a kept one. */
export function removeAbandonedLabs(log: (line: string) => void): void {
  for (const lab of listLabs().filter(isAbandoned)) {
    log(`removing lab ${lab.id}: process ${lab.owner?.pid}, which owned it, has ended`)
    removeLab(lab)
  }
}

/** Power off, not shutdown. The hosts' disks, namespaces and processes are gone afterwards; the tmpfs below them stays. */
export function switchOff(lab: LabState, hosts: readonly AnyHost[]): void {
  const pids = hosts.flatMap(host => supervisorOf(lab, host) ?? [])
  // With its guest dead nspawn tidies up and ends, and then its supervisor.
  for (const host of hosts) killInside(netnsOf(lab, host))
  waitUntilGone(pids, 3_000)
  for (const pid of pids) kill(-pid)
  waitUntilGone(pids, 3_000)
  for (const host of hosts) {
    const netns = netnsOf(lab, host)
    killInside(netns)
    if (exists(netns)) sync('ip', 'netns', 'del', netns)
    unmountBelow(join(disksFolder(lab), host))
    rmSync(join(disksFolder(lab), host), { recursive: true, force: true })
    rmSync(join('/run/systemd/nspawn/propagate', netns), { recursive: true, force: true })
    for (const hierarchy of ['', 'systemd', 'unified']) {
      const all = join('/sys/fs/cgroup', hierarchy, 'cdktf-ssh-tunnels-lab')
      removeControlGroup(join(all, netns))
      removeControlGroup(all, false)
    }
  }
}

/** The process of run-host.sh that looks after the host; its number may be somebody else's by now, so its command line is asked. */
export function supervisorOf(lab: LabState, host: AnyHost): number | undefined {
  try {
    const pid = Number(readFileSync(join(hostFolder(lab, host), 'supervisor.pid'), 'utf8'))
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return argv.includes(hostFolder(lab, host)) ? pid : undefined
  } catch {
    return undefined
  }
}

function killInside(netns: string): void {
  if (!exists(netns)) return
  const spared = ancestors()
  for (const pid of sync('ip', 'netns', 'pids', netns).split('\n').map(Number)) {
    if (pid > 0 && !spared.has(pid)) kill(pid)
  }
}

/** This process and those that it runs under: somebody may take the lab down from inside one of its places. */
function ancestors(): ReadonlySet<number> {
  const pids = new Set<number>()
  for (let pid = process.pid; pid > 1 && !pids.has(pid); ) {
    pids.add(pid)
    pid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  }
  return pids
}

function unmountBelow(folder: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[4] ?? '')
    .filter(point => point === folder || point.startsWith(`${folder}/`))
  for (const point of points.reverse()) {
    if (spawnSync('umount', [point], { env: labEnv() }).status !== 0) sync('umount', '--lazy', point)
  }
}

function removeControlGroup(group: string, deep = true): void {
  try {
    const below = deep ? readdirSync(group, { withFileTypes: true }) : []
    for (const entry of below) if (entry.isDirectory()) removeControlGroup(join(group, entry.name))
    rmdirSync(group)
  } catch {
    // Not there, or not empty: another lab's host is in it.
  }
}

export function waitUntilGone(pids: readonly number[], timeoutMs: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline && pids.some(pid => startTimeOf(pid) !== undefined)) Atomics.wait(clock, 0, 0, 10)
}

function exists(netns: string): boolean {
  return existsSync(join('/run/netns', netns))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function sync(file: string, ...args: string[]): string {
  return spawnSync(file, args, { env: labEnv(), encoding: 'utf8' }).stdout ?? ''
}

// A lab: near, middle and far as three real Debian hosts on this machine, each with systemd, sshd and nftables, or started from another
// image (images/index.ts).
//
//    near  198.51.100.10/24 ----+              +---- controller  192.0.2.10/26   (here the tool runs)
//                               |              |
//    middle  203.0.113.20/24 ---+--- router ---+
//   (lets in ssh and ping only) |              |
//    far  192.0.2.130/25 -------+              +---- visitor  192.0.2.70/26      (here the public comes from)
//   (web page on 80, ssh on 22) |
//                               |
//    gate  198.18.0.40/24 ------+    (only where it is asked for: startLab({ gate: true }); more1 198.18.1.40/24 and so on: { more: 8 })
//
// All are network namespaces of their own; every line is a veth pair, named eth0 at the outer end. Each subnet's first address is
// the router's. IPv6 is beside it everywhere (topology.ts). The machine's own network is not touched, and nothing of a lab reaches beyond it.
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type CommandOptions, command, must, type Result, start } from './command'
import { bootHost, inside, type LabHost, openHost, waitUntilUp } from './host'
import { layersOf } from './images/layers'
import { makeKeys } from './keys'
import { clearCuts, cutLink, type Direction, healLink, makeNetwork, type Shape, shape, unshape } from './network'
import { disown, own } from './owner'
import { mountDisks, prepareHost } from './prepare-host'
import { removeAbandonedLabs, removeLab, switchOff } from './remove-lab'
import {
  claimFolder,
  controlGroupOf,
  hostsOfLab,
  type Images,
  imageOf,
  keyFileOf,
  knownHostsOf,
  type LabState,
  moreOfLab,
  netnsOf,
  readState,
  sshConfigOf,
} from './state'
import { type AnyHost, type HostName, isHostName, type PlaceName } from './topology'

export type { CommandOptions, Result } from './command'
export { fingerprint } from './fingerprint'
export type { LabHost } from './host'
export type { ImageName } from './images'
export type { Direction, Shape } from './network'
export type { AnyHost, HostName, PlaceName } from './topology'

export interface Lab {
  readonly id: string
  readonly folder: string
  /** The controller's private key: root and admin of every host, and guest of far, accept it. */
  readonly keyFile: string
  /** A known_hosts file with the keys of all hosts, by name and by address. */
  readonly knownHosts: string
  readonly hosts: Readonly<Record<HostName, LabHost>>
  /** The fourth host. Throws where the lab has none. */
  readonly gate: LabHost<'gate'>
  /** The further hosts. */
  readonly more: readonly LabHost<AnyHost>[]
  /** Runs a program of this machine in a place, without an ssh agent. Never throws; after timeoutMs its process group is killed. */
  run(place: PlaceName, argv: readonly string[], options?: CommandOptions): Promise<Result>
  /** Starts a program of this machine in a place, at the head of a process group of its own. */
  spawn(place: PlaceName, argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** The command line that runs argv in a place, on the router, or as root inside a host: for those who start it themselves. */
  argvIn(where: PlaceName | HostName | 'router', argv: readonly string[]): readonly string[]
  /** The ssh command line, good in the controller, that logs in to a host with its key checked. */
  ssh(host: AnyHost, user?: string): readonly string[]
  /** Runs a shell text on the router, for faults of the way that cutLink and shape do not know; throws on a non-zero status. Whoever does it undoes it. */
  onRouter(shellText: string): Promise<string>
  /** Where the kernel counts what the host's processes use (cgroups(7), version 2). */
  controlGroup(host: AnyHost): string
  cutLink(host: AnyHost, direction?: Direction): Promise<void>
  healLink(host: AnyHost): Promise<void>
  shape(host: AnyHost, shape: Shape): Promise<void>
  unshape(host: AnyHost): Promise<void>
  /** Hosts as new, and a whole network; the keys stay. */
  reset(): Promise<void>
  /** Leaves nothing of the lab behind. May be called again. */
  stop(): Promise<void>
}

export interface LabOptions {
  /** Default: a new one, so that labs stand side by side. */
  readonly id?: string
  /** Whether there is a fourth host. */
  readonly gate?: boolean
  /** How many further hosts there are, up to 99. */
  readonly more?: number
  /** The lab outlives this process; openLab(id) finds it. */
  readonly keep?: boolean
  /** What hosts are started from that are not started from the default (images/index.ts). */
  readonly images?: Images
  readonly log?: (line: string) => void
}

/** Boots a lab, in about 2 s; the first on a machine builds Debian's tree, in about a minute. Removes labs whose owner has died. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { keep = false, images = {}, gate = false, more = 0, log = line => console.error(line) } = options
  const { id = randomBytes(3).toString('hex') } = options
  if (!/^[a-z0-9-]{1,20}$/.test(id)) throw new Error(`${id} cannot be a lab's id: up to 20 of a-z, 0-9 and -`)
  if (process.getuid?.() !== 0) throw new Error('a lab makes namespaces and mounts: run this as root')
  await must([join(__dirname, 'install-packages.sh'), '--check'])
  removeAbandonedLabs(log)
  const lab = claimFolder(id, keep, images, gate, more)
  if (!keep) own(lab)
  try {
    const trees = await treesOf(lab, log)
    await Promise.all([makeKeys(lab), mountDisks(lab), makeNetwork(lab)])
    await bootAll(lab, trees)
    return labOf(lab)
  } catch (fault) {
    removeLab(lab)
    disown(lab)
    throw fault
  }
}

/** A lab that runs already; undefined when there is none of that id. */
export function openLab(id: string): Lab | undefined {
  const lab = readState(id)
  return lab && labOf(lab)
}

function labOf(lab: LabState): Lab {
  const inPlace = (place: PlaceName | 'router', argv: readonly string[]) => [
    'ip',
    'netns',
    'exec',
    netnsOf(lab, place),
    ...argv,
  ]
  return {
    id: lab.id,
    folder: lab.folder,
    keyFile: keyFileOf(lab),
    knownHosts: knownHostsOf(lab),
    hosts: { near: openHost(lab, 'near'), middle: openHost(lab, 'middle'), far: openHost(lab, 'far') },
    get gate() {
      if (!lab.gate) throw new Error(`lab ${lab.id} has no gate`)
      return openHost(lab, 'gate')
    },
    more: moreOfLab(lab).map(name => openHost(lab, name)),
    run: (place, argv, options) => command(inPlace(place, argv), options),
    spawn: (place, argv, options) => start(inPlace(place, argv), options),
    argvIn: (where, argv) => (isHostName(where) ? inside(lab, where, argv) : inPlace(where, argv)),
    ssh: (host, user = 'root') => ['ssh', '-F', sshConfigOf(lab), '-l', user, host],
    onRouter: shellText => must(inPlace('router', ['sh', '-c', shellText])),
    controlGroup: host => controlGroupOf(lab, host),
    cutLink: (host, direction) => cutLink(lab, host, direction),
    healLink: host => healLink(lab, host),
    shape: (host, how) => shape(lab, host, how),
    unshape: host => unshape(lab, host),
    async reset() {
      await Promise.all(hostsOfLab(lab).map(host => unshape(lab, host)))
      switchOff(lab, hostsOfLab(lab))
      await clearCuts(lab)
      await bootAll(lab, await treesOf(lab, line => console.error(line)))
    },
    async stop() {
      removeLab(lab)
      disown(lab)
    },
  }
}

type Trees = ReadonlyMap<AnyHost, readonly string[]>

async function treesOf(lab: LabState, log: (line: string) => void): Promise<Trees> {
  const all = hostsOfLab(lab).map(async host => [host, await layersOf(imageOf(lab, host), log)] as const)
  return new Map(await Promise.all(all))
}

async function bootAll(lab: LabState, trees: Trees): Promise<void> {
  await Promise.all(
    hostsOfLab(lab).map(async host => {
      await prepareHost(lab, host, trees.get(host) ?? [])
      bootHost(lab, host)
      await waitUntilUp(lab, host)
    }),
  )
}

// A spec -> hosts, tunnels and middles that stand for themselves: names replaced by what they name, defaults filled in.
import { mostJumps } from '../schemas/check-host'
import { probeOf, provingFar } from '../schemas/dynamic'
import { toColon } from '../schemas/endpoint'
import { hasRemote } from '../schemas/forward'
import { type DeclaredTunnel, isSharing, joinShared } from '../schemas/shared'
import { asLines } from '../schemas/sshd-settings'
import type {
  Host,
  Jump,
  Middle,
  Spec,
  SpecForward,
  SpecHost,
  SpecTunnel,
  Tunnel,
  TunnelForward,
} from '../schemas/types'
import { unknownText } from './mend'

export interface Resolved {
  readonly owner: string | null
  /** Our own provider, or null_resource of the provider null. */
  readonly engine: 'provider' | 'null'
  /** When a deploy with the engine null looks at the hosts. */
  readonly converge: 'on-change' | 'always'
  /** What is made: those that share a connection are one. */
  readonly tunnels: Tunnel[]
  /** Each as the spec has it. */
  readonly declared: DeclaredTunnel[]
  /** One for each host with sshd or firewall settings of its own. */
  readonly middles: Middle[]
  readonly hosts: Record<string, Host>
  /** By tunnel those that must be up before it. */
  readonly dependsOn: Readonly<Record<string, readonly string[]>>
  /** FILE:LINE of `tunnel NAME` and `middle NAME`. */
  readonly places?: ReadonlyMap<string, string>
}

export function resolveSpec(spec: Spec): Resolved {
  const names = Object.keys(spec.hosts)
  const jumps = new Map<string, Jump[]>()
  const hosts = new Map(names.map(name => [name, resolveHost(name, spec, jumps)]))
  const ours = withoutUndefined({ owner: spec.owner, adopt: spec.adopt })
  const declared = Object.entries(spec.tunnels ?? {}).map(([name, tunnel]) => ({
    name,
    ...ours,
    ...resolveTunnel({ probe: spec.probe, ...tunnel }, hosts),
  }))
  return {
    owner: spec.owner ?? null,
    engine: resolveEngine(spec.engine),
    converge: spec.converge ?? 'on-change',
    hosts: Object.fromEntries(hosts),
    tunnels: joinShared(declared),
    declared,
    dependsOn: Object.fromEntries(
      Object.entries(spec.tunnels ?? {}).flatMap(([name, { dependsOn }]) => (dependsOn ? [[name, dependsOn]] : [])),
    ),
    middles: [...hosts].flatMap(([name, host]) => {
      const settings = resolveSettings(findHost(spec, name))
      return settings ? [{ name, ...ours, host, ...settings }] : []
    }),
  }
}

/** `engine: null` is YAML's null, and "null" in quotes is text: both mean the provider of that name. */
function resolveEngine(engine: Spec['engine']): Resolved['engine'] {
  return engine === undefined || engine === 'provider' ? 'provider' : 'null'
}

/** Only what the author wrote: a name such as `constructor` is not looked up in Object.prototype. */
export function findHost(spec: Spec, name: string): SpecHost | undefined {
  return Object.hasOwn(spec.hosts, name) ? spec.hosts[name] : undefined
}

function resolveHost(name: string, spec: Spec, jumps: Map<string, Jump[]>): Host {
  const { sshd: _, firewall, guard, via: __, ...host } = findHost(spec, name) ?? {}
  const way = jumps.get(name) ?? resolveWay(name, spec, jumps)
  return withoutUndefined({
    name,
    ...host,
    firewallManager: firewall?.manager,
    guardWindow: guard?.window,
    via: way.length > 0 ? way : undefined,
  })
}

/**
 * The jumps to a host; each after those that lead to it, none twice, and no more than tell that they are too many. A circle ends where it
 * closes. Without recursion: a chain may be as long as the file.
 */
function resolveWay(name: string, spec: Spec, known: Map<string, Jump[]>): Jump[] {
  const open = [openWay(name, spec)]
  known.set(name, [])
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const via = last.way.size > mostJumps ? undefined : last.via[last.next]
    if (via === undefined) {
      known.set(last.name, [...last.way.values()].slice(0, mostJumps + 1))
      open.pop()
      continue
    }
    const before = known.get(via)
    if (before === undefined) {
      known.set(via, [])
      open.push(openWay(via, spec))
      continue
    }
    for (const jump of [...before, toJump(via, findHost(spec, via))]) last.way.set(jump.name, jump)
    last.next++
  }
  return known.get(name) ?? []
}

const openWay = (name: string, spec: Spec) => ({
  name,
  via: findHost(spec, name)?.via ?? [],
  next: 0,
  way: new Map<string, Jump>(),
})

function toJump(name: string, host: SpecHost = {}): Jump {
  const { address = unknownText, port, user, hostKey, knownHosts, hostKeyAlias } = host
  const { identityFile, certificateFile, proxyCommand, sshConfig } = host
  const keys = { hostKey, knownHosts, hostKeyAlias, identityFile, certificateFile }
  return withoutUndefined({ name, address, port, user, ...keys, proxyCommand, sshConfig })
}

/** What probeFrom calls the machine that the tool runs on, unless a host of the spec is called so. */
export const thisMachine: Host = { name: 'here', local: true }

function resolveTunnel(tunnel: SpecTunnel, hosts: ReadonlyMap<string, Host>): Omit<DeclaredTunnel, 'name'> {
  const nowhere: Host = { name: unknownText, address: unknownText }
  const client = hosts.get(tunnel.client) ?? nowhere
  const server = tunnel.server === undefined && !hasRemote(tunnel) ? client : hosts.get(tunnel.server ?? '')
  const { forwards, adopt, enabled, serverAlive, labels } = tunnel
  const rotate = tunnel.rotate === undefined ? undefined : String(tunnel.rotate)
  const jumps = tunnel.jumps?.map(jump => hosts.get(jump) ?? nowhere)
  const sides = { client, server: server ?? nowhere, jumps }
  const toSides = { server: sides.server, hosts }
  const { name: _, ...way } = forwards
    ? { ...leftBeside(tunnel), ...ofEach(tunnel, hosts) }
    : resolveForward(tunnel, toSides)
  const several = forwards?.map(forward => resolveForward({ probe: tunnel.probe, ...forward }, toSides))
  const sharing = isSharing(tunnel) ? { connection: 'shared' as const, connectionName: tunnel.connectionName } : {}
  return withoutUndefined({
    ...way,
    forwards: several,
    ...sharing,
    ...sides,
    adopt,
    enabled,
    rotate,
    serverAlive,
    labels,
  })
}

/** What a tunnel may say for all of its forwards, and a forward for itself. */
function ofEach(given: SpecForward | SpecTunnel, hosts: ReadonlyMap<string, Host>): Partial<TunnelForward> {
  const { allowFrom, limits, watch, socketMode, probeFrom } = given
  return {
    allowFrom,
    limits,
    socketMode: socketMode === undefined ? undefined : String(socketMode),
    watch,
    probeFrom: probeFrom === undefined ? undefined : (hosts.get(probeFrom) ?? thisMachine),
  }
}

interface Sides {
  readonly server: Host
  readonly hosts: ReadonlyMap<string, Host>
}

/** `given`: a forward of several, or a tunnel of one. */
function resolveForward(given: SpecForward | SpecTunnel, { server, hosts }: Sides): TunnelForward {
  const { forward, listen = unknownText, permitOpen } = given
  const far = toColon(given.far ?? (forward === 'dynamic' ? provingFar(server, permitOpen) : unknownText))
  return withoutUndefined({
    name: 'name' in given ? given.name : undefined,
    // Missing in a spec that is wrong, and told.
    forward: forward as TunnelForward['forward'],
    listen: toColon(listen),
    far,
    permitOpen,
    ...ofEach(given, hosts),
    probe: probeOf(given, given.probe),
    probeStatus: given.probeStatus?.map(String),
  })
}

/** What belongs to one forward, and stands beside several in a spec that is wrong: it is told. */
const leftBeside = ({ forward, listen, far, permitOpen, probeStatus }: SpecTunnel): Partial<TunnelForward> => ({
  forward,
  listen,
  far,
  permitOpen,
  probeStatus: probeStatus?.map(String),
})

function resolveSettings(host: SpecHost | undefined): Omit<Middle, 'name' | 'host'> | null {
  if (!host?.sshd && !host?.firewall?.openPorts) return null
  const { maxStartups, extra, ...sshd } = host.sshd ?? {}
  const text = maxStartups === undefined ? undefined : String(maxStartups)
  const lines = extra && asLines(extra)
  return withoutUndefined({ ...sshd, maxStartups: text, extra: lines, openPorts: host.firewall?.openPorts })
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}

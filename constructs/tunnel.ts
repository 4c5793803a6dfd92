// L2: a tunnel: one whole chain near -> middle -> far, one resource.
import {
  Fn,
  type IResolvable,
  type ITerraformDependable,
  Lazy,
  type TerraformMetaArguments,
  type TerraformResource,
  TerraformStack,
  Token,
} from 'cdktf'
import { Construct } from 'constructs'
import { openForwards } from '../schemas/chosen-port'
import { commandOf, endpointOf, unitOf } from '../schemas/describe-tunnel'
import { probeOf, provingFar } from '../schemas/dynamic'
import type { Finding } from '../schemas/finding'
import { hasRemote, singlesOf } from '../schemas/forward'
import { asOwn, type DeclaredTunnel, isSharing } from '../schemas/shared'
import type { Tunnel as NamedTunnel, TunnelForward } from '../schemas/types'
import { Engine } from './engine'
import type { Host } from './host'
import { MiddleServer } from './middle-server'
import { nameHost } from './name-host'
import { makeNullResource } from './null-resource'
import { ownerInResource } from './owner'
import { SharedConnection } from './shared-connection'
import { SshtunnelTunnel } from './sshtunnel-resources'
import { joinTunnel } from './together'
import { validateWith } from './validate'

/** One of several forwards; what it does not say of visitors and proofs the tunnel says for it. */
export interface ForwardProps
  extends Readonly<Omit<TunnelForward, 'far' | 'permitOpen' | 'allowFrom' | 'probeStatus' | 'probeFrom' | 'labels'>>,
    Pick<TunnelProps, 'far' | 'permitOpen' | 'allowFrom' | 'probeStatus' | 'probeFrom'> {}

export interface TunnelProps
  extends Readonly<
      Omit<
        NamedTunnel,
        | 'name'
        | 'client'
        | 'server'
        | 'jumps'
        | 'far'
        | 'permitOpen'
        | 'forwards'
        | 'shared'
        | 'allowFrom'
        | 'probeFrom'
        | 'probeStatus'
      >
    >,
    Pick<TerraformMetaArguments, 'dependsOn' | 'lifecycle'> {
  /** Lower case letters, digits and hyphens, at most 28. Default: the construct's id. */
  readonly name?: string
  /** The host that runs ssh. */
  readonly client: Host | MiddleServer
  /** The host whose sshd the client talks to. Default: the client itself, which a local forward can do with. */
  readonly server?: Host | MiddleServer
  /**
   * Jump hosts on the way from client to server, the nearest to the client first (as ProxyJump): each gets an account of the tunnel that may
   * connect to the next one's sshd and do nothing else. Default: none, also where `via` of the server says how we log in there.
   */
  readonly jumps?: readonly (Host | MiddleServer)[]
  /** HOST:PORT of the service; a dynamic forward can do without: then its server's own sshd proves it, or the first service of permitOpen. */
  readonly far?: string
  /** Of a dynamic forward: what its visitors may name, as in sshd's PermitOpen. Default: everything. */
  readonly permitOpen?: readonly string[]
  /** In place of forward, listen, far and permitOpen: several forwards that one ssh carries, each proved by itself. */
  readonly forwards?: readonly ForwardProps[]
  /** own: an ssh of its own. shared: one ssh for all tunnels of its client and server that say so. Default own. */
  readonly connection?: 'own' | 'shared'
  /** What its shared connection is called on the hosts; tunnels that name different ones share different ones. Default: CLIENT-SERVER. */
  readonly connectionName?: string
  /** Addresses or networks (CIDR) that the listening host's firewall lets in. Default: everybody. */
  readonly allowFrom?: readonly string[]
  /** Which HTTP statuses count as an answer, for a probe of http: 200, or 2xx. Default: every status. */
  readonly probeStatus?: readonly string[]
  /** From which host far is asked. Default: from here, or from a host of the tunnel that allowFrom lets in. */
  readonly probeFrom?: Host | MiddleServer
}

/**
 * Its getters are tokens: known after apply, usable in any other resource or output. With the null engine endpoint, host,
 * port, command and unit follow from the props, and the others throw: a null_resource holds no answers.
 */
export class Tunnel extends Construct implements ITerraformDependable {
  readonly props: TunnelProps
  readonly resource: TerraformResource
  readonly engine: Engine
  private readonly tunnel: DeclaredTunnel
  /** The one that it shares with others; else it has its own. */
  readonly sharedConnection?: SharedConnection

  /**
   * @throws Error when the Terraform provider is needed and not built, and when something else is named as a host; all other mistakes in
   * the props are told at synthesis
   */
  constructor(scope: Construct, id: string, props: TunnelProps) {
    super(scope, id)
    this.props = props
    this.engine = Engine.of(this)
    const tunnel = nameTunnel(this, props, ownerInResource(this, this.engine))
    const before = [...(props.dependsOn ?? []), ...this.waitsFor()]
    const dependsOn = before.length > 0 ? before : undefined
    const meta = { dependsOn, lifecycle: props.lifecycle }
    this.tunnel = tunnel
    const own = asOwn(tunnel)
    if (isSharing(tunnel)) {
      this.sharedConnection = SharedConnection.join(this, tunnel, { ...meta, owner: props.owner })
      this.resource = this.sharedConnection.resource
    } else if (this.engine.kind === 'null')
      this.resource = makeNullResource(this, { type: 'tunnel', input: own }, this.engine, {
        ...meta,
        owner: props.owner,
      })
    else this.resource = new SshtunnelTunnel(this, 'Default', { tunnel: own, ...meta })
    joinTunnel({ construct: this, declared: tunnel, resource: this.resource })
    validateWith(this, { type: 'tunnel', input: own }, mistakes => [
      ...judge(mistakes, props),
      ...(this.sharedConnection?.judge(this) ?? []),
    ])
  }

  /** So that other resources can name the tunnel in their dependsOn. */
  get fqn(): string {
    return this.resource.fqn
  }

  /** ADDRESS:PORT at which the far service is published, of several forwards the first; IPv6 in brackets. */
  get endpoint(): string {
    return this.readForward(0, 'endpoint', 'endpoints[*]', tunnel => singlesOf(tunnel).map(endpointOf)[0] ?? '')
  }

  /** Of each forward, in their order. */
  get endpoints(): string[] {
    const singles = singlesOf(this.tunnel)
    if (this.engine.kind === 'null') return singles.map(endpointOf)
    if (this.sharedConnection) return singles.map((_, index) => this.readForward(index, 'endpoint', 'endpoints[*]'))
    const all = Token.asList(this.resource.interpolationForAttribute('endpoints'))
    return singles.length === 1 ? [this.endpoint] : singles.map((_, index) => Fn.element(all, index))
  }

  /** The address of the endpoint, IPv6 without brackets. */
  get host(): string {
    return Fn.trimsuffix(Fn.trimprefix(Fn.element(Fn.regex('^(.*):[0-9]+$', this.endpoint), 0), '['), ']')
  }

  /** The TCP port of the endpoint, as a string token. */
  get port(): string {
    return Fn.element(Fn.regex(':([0-9]+)$', this.endpoint), 0)
  }

  /** The ssh command line that it amounts to, as one would type it; of a shared connection that of all. */
  get command(): string {
    return this.read('command', tunnel => commandOf(this.sharedConnection?.declared ?? tunnel))
  }

  /** The public half of the tunnel's own key: type and base64. */
  get publicKey(): string {
    return this.read('key.public_key')
  }

  /** The server's host key that the client has pinned: type and base64. */
  get hostKey(): string {
    return this.read('key.host_key')
  }

  /** Name of the unit or service on the client, or the path of its script; with the engine null always as systemd would have it. */
  get unit(): string {
    return this.read('service.unit', tunnel => unitOf(this.sharedConnection?.declared ?? tunnel))
  }

  /** Of a client that others run: the text of the unit that its owner installs. */
  get unitText(): string {
    return this.read('unit')
  }

  /** Of a client that others run: the line of known_hosts by which its ssh knows the server. */
  get knownHosts(): string {
    return this.read('known_hosts')
  }

  /** Of a server that others run: the line of authorized_keys with which its owner lets the tunnel's key in. */
  get authorizedKeys(): string {
    return this.read('authorized_keys')
  }

  /** The first thing that far said through the tunnel when it was last tried. */
  get farAnswered(): string {
    return this.readForward(0, 'proof.far_answered', 'proofs[*].far_answered')
  }

  /** Whether that came past the listening host's firewall, and not from the host itself. */
  get pastFirewall(): IResolvable {
    this.read('proof.past_firewall')
    const paths = { ofOne: 'proof.past_firewall', ofAll: 'proofs[*].past_firewall' }
    const { sharedConnection: shared, resource } = this
    if (!shared) return resource.getBooleanAttribute(paths.ofOne)
    return Lazy.anyValue({ produce: () => resource.getBooleanAttribute(shared.pathOf(this, 0, paths)) })
  }

  /** Of one of its forwards, which in a shared connection is one of many. */
  private readForward(index: number, ofOne: string, ofAll: string, tell?: (tunnel: NamedTunnel) => string): string {
    const { sharedConnection: shared, resource, engine } = this
    if (!shared || engine.kind === 'null') return this.read(ofOne, tell)
    const produce = () => resource.getStringAttribute(shared.pathOf(this, index, { ofOne, ofAll }))
    return Lazy.stringValue({ produce })
  }

  /** What the resource learns; where it cannot, what the tunnel alone tells. */
  private read(attribute: string, tell?: (tunnel: NamedTunnel) => string): string {
    if (this.engine.kind === 'provider') return this.resource.getStringAttribute(attribute)
    if (tell && (tell === unitOf || openForwards(asOwn(this.tunnel)).length === 0)) return tell(asOwn(this.tunnel))
    const known = 'endpoint, host, port, command and unit are known, where listen names a port'
    throw new Error(
      `the null engine cannot know ${attribute} of tunnel ${this.tunnel.name}: a null_resource holds no answers (${known})`,
    )
  }

  /** The middle servers' own settings come first. In another stack that is a dependency of the stacks. */
  private waitsFor(): TerraformResource[] {
    const own = TerraformStack.of(this)
    const middles = [this.props.client, this.props.server, ...(this.props.jumps ?? [])].filter(
      MiddleServer.isMiddleServer,
    )
    return [...new Set(middles)].flatMap(({ resource }) => {
      if (!resource) return []
      const stack = TerraformStack.of(resource)
      if (stack === own) return [resource]
      own.addDependency(stack)
      return []
    })
  }
}

/** Stands for a far that is missing, which is told. */
const nowhere = 'nowhere.invalid:1'

function judge(findings: readonly Finding[], props: TunnelProps): readonly Finding[] {
  const given = props.forwards?.map((one, index) => ({ one, path: ['forwards', index] })) ?? [{ one: props, path: [] }]
  const missing = given.flatMap(({ one, path }): Finding[] => {
    if (one.far !== undefined || one.forward === 'dynamic' || one.forward === undefined) return []
    const message = `a ${one.forward} forward leads to a far, and none is given`
    const hint = 'far: HOST:PORT of the service, as the dialling host sees it'
    return [{ path: [...path, 'far'], code: 'missing-key', message, hint }]
  })
  return [...missing, ...judgeServer(findings, props)]
}

function judgeServer(findings: readonly Finding[], props: TunnelProps): readonly Finding[] {
  if (!hasRemote(props) || props.server !== undefined) return findings
  const message = 'a remote forward listens on its server, and none is given'
  const hint = 'server: the host that listens, another than the client'
  // The client stands in the server's place: what the checks say of that place is about nobody's mistake.
  const others = findings.filter(({ path }) => path[0] !== 'server' && path[0] !== 'listen')
  return [{ path: ['server'], code: 'missing-key', message, hint }, ...others]
}

/** Lists that nobody else changes. */
const copyLists = ({ permitOpen, allowFrom, probeStatus }: TunnelProps | ForwardProps) => ({
  ...(permitOpen && { permitOpen: [...permitOpen] }),
  ...(allowFrom && { allowFrom: [...allowFrom] }),
  ...(probeStatus && { probeStatus: [...probeStatus] }),
})

function wholeForward(
  props: ForwardProps | TunnelProps,
  server: NamedTunnel['server'],
  ofAll?: NamedTunnel['probe'],
): TunnelForward {
  const { name, far, forward, listen, permitOpen, limits, socketMode, watch } = props
  const probe = probeOf(props, props.probe ?? ofAll)
  return {
    ...(name !== undefined && { name }),
    // Missing in props that are wrong, and told.
    ...({ forward, listen } as Pick<TunnelForward, 'forward' | 'listen'>),
    far: far ?? (forward === 'dynamic' ? provingFar(server, permitOpen) : nowhere),
    ...(limits && { limits }),
    ...(socketMode !== undefined && { socketMode }),
    ...(watch && { watch }),
    ...(probe && { probe }),
    ...copyLists(props),
  }
}

function nameTunnel(construct: Construct, props: TunnelProps, stackOwner: string | undefined): DeclaredTunnel {
  const {
    dependsOn: _,
    lifecycle,
    client,
    server,
    jumps,
    far: _far,
    permitOpen: _permitOpen,
    forwards,
    allowFrom: _allowFrom,
    probeStatus: _probeStatus,
    probeFrom: _probeFrom,
    ...others
  } = props
  const { name = construct.node.id, owner = stackOwner, ...rest } = others
  // The new one is made over the old one, and Terraform tells the provider of a new one alone.
  const { adopt = lifecycle?.createBeforeDestroy ? true : undefined } = props
  const sideOf = (host: Host | MiddleServer, path: string, fallback = path) =>
    nameHost(host, { construct, path }, fallback)
  const proverOf = ({ probeFrom }: Pick<TunnelProps, 'probeFrom'>, path: string) =>
    probeFrom && { probeFrom: sideOf(probeFrom, path, 'probe') }
  const from = sideOf(client, 'client')
  const to = server === undefined || server === client ? from : sideOf(server, 'server')
  const way = jumps?.map((jump, index) => sideOf(jump, `jumps[${index}]`, `jump-${index + 1}`))
  const one = forwards
    ? {
        ...copyLists(props),
        ...(props.far !== undefined && { far: props.far }),
        forwards: forwards.map((forward, index) => ({
          ...wholeForward(forward, to, props.probe),
          ...proverOf(forward, `forwards[${index}].probeFrom`),
        })),
      }
    : wholeForward(props, to)
  const further = {
    ...(way && { jumps: way }),
    ...(adopt !== undefined && { adopt }),
    ...one,
    ...proverOf(props, 'probeFrom'),
  }
  return { name, ...(owner && { owner }), ...rest, ...further, client: from, server: to }
}

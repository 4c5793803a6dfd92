// L1: the provider, once per stack; it brings its own program along at synthesis.
import { join } from 'node:path'
import { Annotations, type ISynthesisSession, TerraformProvider, TerraformResource, TerraformStack, Token } from 'cdktf'
import { Construct, type IConstruct } from 'constructs'
import { hostsOfTunnel } from '../schemas/jumps'
import { isOurs, loginId } from '../schemas/machine'
import type { Middle, Host as NamedHost, Tunnel } from '../schemas/types'
import type { Host, HostConstruct } from './host'
import { nameHost } from './name-host'
import { ownerOfStack } from './owner'
import { placeProvider, type Required } from './place-provider'
import { placeOf } from './places'
import { PROVIDER_ADDRESS, type ProviderBundle, readBundle } from './provider-bundle'
import { toTerraform } from './terraform-names'
import { isUnknown } from './unknown'

export interface SshtunnelProviderConfig {
  /** Whose the tunnels and middles are that name no owner of their own, marked on the hosts. Default: the stack's id and its project. */
  readonly owner?: string
  /**
   * Further hosts with their current logins, beside those of the stack's tunnels and middles: of what has left the stack and still
   * stands on them. A state remembers the logins of when it was written.
   */
  readonly logins?: readonly (Host | HostConstruct)[]
  /** Path of the provider's program. Default: context sshtunnelProviderBundle, else this package's dist/. */
  readonly bundle?: string
}

interface Attributes {
  [name: string]: unknown
}

const TYPE = 'sshtunnel'
/** What addCustomSynthesis of cdktf sets for its assets; cdktf 0.21 does not export it. cdktn keeps cdktf's symbols. */
const CUSTOM_SYNTHESIS = Symbol.for('cdktf/customSynthesis')
/** No tunnel and no host can be called so: their names have no space. */
const ID = 'provider sshtunnel'

/** @throws Error when the provider's program is not built */
export class SshtunnelProvider extends TerraformProvider {
  static readonly tfResourceType = TYPE

  /** The provider of the scope's stack; made when the stack has none. */
  static of(scope: Construct): SshtunnelProvider {
    const stack = TerraformStack.of(scope)
    const own = stack.node.tryFindChild(ID) ?? stack.allProviders().find(node => isOfStack(node, stack))
    return SshtunnelProvider.isSshtunnelProvider(own) ? own : new SshtunnelProvider(stack, ID)
  }

  static isSshtunnelProvider(node: unknown): node is SshtunnelProvider {
    return TerraformProvider.isTerraformProvider(node) && node.terraformResourceType === TYPE
  }

  private readonly more: NamedHost[]
  private readonly owner: string

  constructor(scope: Construct, id: string, config: SshtunnelProviderConfig = {}) {
    const bundle = readBundle(config.bundle ?? scope.node.tryGetContext('sshtunnelProviderBundle'))
    super(scope, id, {
      terraformResourceType: TYPE,
      terraformProviderSource: PROVIDER_ADDRESS,
      terraformGeneratorMetadata: { providerName: TYPE, providerVersion: bundle.version },
    })
    this.owner = config.owner ?? ownerOfStack(this)
    this.more = (config.logins ?? []).map((host, index) =>
      nameHost(host, { construct: this, path: `logins[${index}]` }, `login-${index + 1}`),
    )
    const synthesis = { onSynthesize: (session: ISynthesisSession) => this.place(session, bundle) }
    Object.defineProperty(this, CUSTOM_SYNTHESIS, { value: synthesis })
  }

  /** Hosts whose logins the provider is to know, whether a tunnel uses them or not. */
  addLogins(hosts: readonly NamedHost[]): void {
    this.more.push(...hosts)
  }

  protected override synthesizeAttributes(): Attributes {
    const [logins, places] = [this.logins(), this.places()]
    return {
      owner: this.owner,
      ...(logins.length > 0 && { logins: logins.map(host => toTerraform(host)) }),
      ...(places.length > 0 && { places }),
    }
  }

  protected override synthesizeHclAttributes(): Attributes {
    const entries = Object.entries(this.synthesizeAttributes())
    return Object.fromEntries(
      entries.map(([name, value]) => {
        const [type, storageClassType] = typeof value === 'string' ? ['simple', 'string'] : ['any', 'any']
        return [name, { value, isBlock: false, type, storageClassType }]
      }),
    )
  }

  /** Where in a spec the stack's tunnels and middles stand, so that what fails at deploy says it. */
  private places(): readonly { type: string; name: string; place: string }[] {
    return TerraformStack.of(this)
      .node.findAll()
      .flatMap(node => {
        const place = node.node.scope && placeOf(node.node.scope)
        const { tunnel, middle } = declaredBy(node)
        if (!place) return []
        return [
          ...(tunnel ? [{ type: 'tunnel', name: tunnel.name, place }] : []),
          ...(middle ? [{ type: 'middle', name: middle.name, place }] : []),
        ]
      })
  }

  /**
   * Each login once. One with a token in it is left out: a provider block that waits for a resource, which may wait for a tunnel, would
   * be a circle.
   */
  private logins(): NamedHost[] {
    const used = TerraformStack.of(this)
      .node.findAll()
      .flatMap(node => loginsOf(node))
    const known = [...used, ...this.more].filter(host => !host.local && !holdsUnknown(host))
    return [...new Map(known.map(host => [JSON.stringify([host.name, loginId(host)]), host])).values()]
  }

  private place(session: ISynthesisSession, bundle: ProviderBundle): void {
    const stack = TerraformStack.of(this)
    const folder = join(session.outdir, session.manifest.forStack(stack).workingDirectory)
    const unlocked = placeProvider(folder, bundle, requiredBeside(stack))
    if (unlocked.length === 0) return
    const names = unlocked.map(({ source, version }) => `${source} ${version}`).join(', ')
    Annotations.of(this).addWarning(
      `cdktf cannot lock ${names} beside a local provider: give an exact version, or deploy once with --skip-provider-lock`,
    )
  }
}

function holdsUnknown(value: unknown): boolean {
  if (typeof value === 'string') return isUnknown(value)
  // One that stands where none belongs: cdktf says so.
  if (Construct.isConstruct(value)) return false
  return Token.isUnresolved(value) || (typeof value === 'object' && Object.values(value ?? {}).some(holdsUnknown))
}

function declaredBy(node: IConstruct): { readonly tunnel?: Tunnel; readonly middle?: Middle } {
  const isOurs = TerraformResource.isTerraformResource(node) && node.terraformResourceType.startsWith('sshtunnel_')
  return isOurs ? (node as { tunnel?: Tunnel; middle?: Middle }) : {}
}

function loginsOf(node: IConstruct): readonly NamedHost[] {
  const { tunnel, middle } = declaredBy(node)
  const provers = tunnel ? [tunnel, ...(tunnel.forwards ?? [])].flatMap(({ probeFrom }) => probeFrom ?? []) : []
  const sides = tunnel ? [...hostsOfTunnel(tunnel), ...provers] : []
  // Nobody logs in to what others run.
  return [...sides, ...(middle ? [middle.host] : [])].filter(isOurs)
}

/** What else the stack requires. */
function requiredBeside(stack: TerraformStack): Required[] {
  return stack.allProviders().flatMap(provider => {
    const { terraformProviderSource: source, terraformGeneratorMetadata: made } = provider
    if (!source || SshtunnelProvider.isSshtunnelProvider(provider)) return []
    return [{ source, version: made?.providerVersion ?? made?.providerVersionConstraint ?? '>= 0' }]
  })
}

function isOfStack(node: TerraformProvider, stack: TerraformStack): boolean {
  return SshtunnelProvider.isSshtunnelProvider(node) && TerraformStack.of(node) === stack
}

// L1: the provider, once per stack; it brings its own program along at synthesis.
import { join } from 'node:path'
import { Annotations, type ISynthesisSession, TerraformProvider, TerraformStack } from 'cdktf'
import type { Construct } from 'constructs'
import { placeProvider, type Required } from './place-provider'
import { PROVIDER_ADDRESS, type ProviderBundle, readBundle } from './provider-bundle'

export interface SshtunnelProviderConfig {
  /** Path of the provider's program. Default: context sshtunnelProviderBundle, else this package's dist/. */
  readonly bundle?: string
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

  constructor(scope: Construct, id: string, config: SshtunnelProviderConfig = {}) {
    const bundle = readBundle(config.bundle ?? scope.node.tryGetContext('sshtunnelProviderBundle'))
    super(scope, id, {
      terraformResourceType: TYPE,
      terraformProviderSource: PROVIDER_ADDRESS,
      terraformGeneratorMetadata: { providerName: TYPE, providerVersion: bundle.version },
    })
    const synthesis = { onSynthesize: (session: ISynthesisSession) => this.place(session, bundle) }
    Object.defineProperty(this, CUSTOM_SYNTHESIS, { value: synthesis })
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

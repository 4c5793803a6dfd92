// What makes the tunnels of a stack: our own provider, or null_resource of the provider null and the installed command.
import type { Construct } from 'constructs'

export type Engine = { readonly kind: 'provider' } | NullEngine

export interface NullEngine {
  readonly kind: 'null'
  /** on-change: a deploy looks at the hosts of what has changed. always: at all of them, and repairs what differs. */
  readonly converge: 'on-change' | 'always'
}

export const Engine = {
  /** Our own provider, the default: plans show what stands on the hosts, attribute by attribute. */
  provider: (): Engine => ({ kind: 'provider' }),
  /** For those who may only use providers of the registry. A plan shows what was declared, not what the hosts show. */
  null: ({ converge = 'on-change' }: Partial<Pick<NullEngine, 'converge'>> = {}): Engine => ({
    kind: 'null',
    converge,
  }),
  /** The engine of a construct: its own, or that of the nearest scope around it which has one. */
  of: (construct: Construct): Engine => {
    const chosen = construct.node.scopes.findLast(hasEngine)
    return chosen ? chosen[ENGINE] : Engine.provider()
  },
}

const ENGINE = Symbol.for('cdktf-ssh-tunnels/Engine')
type WithEngine = Construct & { readonly [ENGINE]: Engine }

const hasEngine = (construct: Construct): construct is WithEngine => ENGINE in construct

/**
 * Chooses the engine of all tunnels and middle servers that are made in this scope from now on: a TerraformStack, or any
 * construct in one. A TunnelStack takes it as a prop.
 */
export function useEngine(scope: Construct, engine: Engine): void {
  Object.defineProperty(scope, ENGINE, { value: engine, configurable: true })
}

// Whose a stack's tunnels and middles are where nobody has named an owner.
import { TerraformStack } from 'cdktf'
import type { Construct } from 'constructs'
import { defaultOwner } from '../spec/default-owner'
import type { Engine } from './engine'

export const ownerOfStack = (scope: Construct, { kind }: Engine): string =>
  defaultOwner(TerraformStack.of(scope).node.id, kind)

/** What a resource says that names none. With our own provider nothing: the provider block does, and a state keeps an older one. */
export const ownerInResource = (scope: Construct, engine: Engine): string | undefined =>
  engine.kind === 'null' ? ownerOfStack(scope, engine) : undefined

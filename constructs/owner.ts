// Whose a stack's tunnels and middles are where nobody has named an owner.
import { TerraformStack } from 'cdktf'
import type { Construct } from 'constructs'
import { legalName } from '../schemas/legal-name'
import { defaultOwner } from '../spec/default-owner'
import type { Engine } from './engine'

export const ownerOfStack = (scope: Construct): string => defaultOwner(TerraformStack.of(scope).node.id)

/**
 * What a resource says that names none. With our own provider nothing: the provider block does, and a state keeps an older one. With the
 * null engine the stack's name, as ever: another text would replace every tunnel. There the environment says the owner.
 */
export const ownerInResource = (scope: Construct, { kind }: Engine): string | undefined =>
  kind === 'null' ? legalName(TerraformStack.of(scope).node.id) : undefined

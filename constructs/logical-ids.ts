// What Terraform calls the resources of a spec: the spec's own names, as far as Terraform takes them.
import { TerraformElement } from 'cdktf'
import type { Construct } from 'constructs'
import { terraformName } from '../schemas/terraform-name'
import { CHECK, MAIN } from './null-resource'

/**
 * Names the resource of a tunnel or a middle, and the one that checks it. A host's name with dots Terraform does not take:
 * then what cdktf makes of the construct's path stays.
 */
export function nameResources(construct: Construct, name: string): void {
  const id = terraformName(name)
  if (id === null) return
  const ids = { [MAIN]: id, [CHECK]: `check_${id}` }
  for (const [child, logicalId] of Object.entries(ids)) {
    const resource = construct.node.tryFindChild(child)
    if (TerraformElement.isTerraformElement(resource)) resource.overrideLogicalId(logicalId)
  }
}

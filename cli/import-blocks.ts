// `ssh-tunnels import-blocks`: what apply has made, as import blocks with which a Terraform stack takes it over.

import type { Estate } from '../engine'
import { plainJson } from '../schemas/plain'
import { snakeKeys } from '../schemas/snake-case'
import { terraformName } from '../schemas/terraform-name'

/** One block a resource; the ID is the resource's own arguments, which say how its hosts are reached. */
export function importBlocks({ declared }: Pick<Estate, 'declared'>): string {
  const blocks = declared.map(({ type, input }) => {
    const id = quote(plainJson(snakeKeys(input)))
    return `import {\n  to = sshtunnel_${type}.${terraformName(input.name) ?? input.name}\n  id = ${id}\n}\n`
  })
  return blocks.join('\n')
}

/** A literal, not jsonencode(): before Terraform 1.6 an import ID takes no function. */
const quote = (text: string) => JSON.stringify(text).replace(/[$%](?=\{)/g, '$&$&')

// What Terraform itself costs: as many terraform_data, which is built in, with the arguments of a tunnel each. They make nothing.
import type { Lab } from '../lab'
import { hostsOf } from '../test/lab/stack'
import { type Contender, far } from './contender'
import { makePlainTerraform, type PlainTerraform } from './plain-terraform'

export function makeTerraformData(lab: Lab): Contender {
  const on = hostsOf(lab)
  let terraform: PlainTerraform | undefined
  const run = async (args: readonly string[], fine?: readonly number[]) => {
    if (terraform === undefined) throw new Error('there is no folder yet')
    return terraform.run(args, fine)
  }
  return {
    name: 'terraform-data',
    bare: true,
    async prepare(tunnels) {
      terraform = makePlainTerraform(lab)
      const listenAt = lab.hosts.middle.address
      const entries = tunnels.map(({ name, port }) => {
        const sides = { client: on('near'), server: on('middle') }
        return [
          name,
          { input: { name, owner: 'bench', ...sides, forward: 'remote', listen: `${listenAt}:${port}`, far } },
        ]
      })
      await terraform.declare({ resource: { terraform_data: Object.fromEntries(entries) } })
      await run(['plan', '-out=saved'])
    },
    async deploy() {
      await run(['apply', 'saved'])
    },
    async plan() {
      return (await run(['plan', '-detailed-exitcode'], [0, 2])) === 0
    },
    async destroy() {
      await run(['destroy', '-auto-approve'])
    },
    async tidy() {
      terraform?.remove()
      terraform = undefined
    },
  }
}

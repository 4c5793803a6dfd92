// `import-blocks`: what apply has made, for a stack to take over.
import type { Command } from '../command'
import { importBlocks as render } from '../import-blocks'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'

export const importBlocks: Command = {
  name: 'import-blocks',
  takes: [{ name: 'SPEC' }],
  says: 'Terraform import blocks, with which a stack takes over what apply has made',
  example: 'ssh-tunnels import-blocks tunnels.yaml > cdktf.out/stacks/tunnels/imports.tf',
  more: `One block for each tunnel and for each host with settings of its own. Put them beside the stack's configuration and
run terraform plan: it imports, and changes nothing. The other way round needs nothing: apply takes over what a stack
has made, when the owner is the same. Then take the resources out of the state: terraform state rm. What was made before the
default owner carried its project stands under the file's name alone: say owner: NAME in the spec before you print the blocks.`,
  options: {},
  run(words) {
    const spec = words.argument('SPEC')
    const estate = readOrSay('import-blocks', spec, false, () => readEstate(spec))
    if (!estate) return 1
    process.stdout.write(render(estate))
    return 0
  },
}

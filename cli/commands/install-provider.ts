// `install-provider`: the Terraform provider, for configurations in HCL.
import type { Command } from '../command'
import { installProvider as install } from '../install-provider'

export const installProvider: Command = {
  name: 'install-provider',
  takes: [],
  says: 'puts the Terraform provider where terraform init finds it, for configurations in HCL',
  example: 'ssh-tunnels install-provider --dir .',
  more: `Prints the required_providers block to write. Stacks made with cdktf need none of this: synthesis brings the provider along.`,
  options: {
    dir: {
      usage: '--dir DIR',
      says: "into DIR/terraform.d/plugins, for the configuration in DIR alone. Default: your home's .terraform.d/plugins",
      takesValue: true,
    },
  },
  run(words) {
    process.stdout.write(install({ dir: words.valueOf('dir') }).text)
    return 0
  },
}

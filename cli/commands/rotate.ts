// `rotate`: a tunnel gets a new key pair.
import { changeHosts, interrupted } from '../change-hosts'
import type { Command } from '../command'
import { dryRun, json } from '../options'

export const rotate: Command = {
  name: 'rotate',
  takes: [{ name: 'SPEC' }, { name: 'TUNNEL', many: true }],
  says: 'gives a tunnel a new key pair: the new key is let in before the old one goes',
  example: 'ssh-tunnels rotate tunnels.yaml server935-ssh',
  more: `The client makes the new pair beside the old one; the server lets both in; then the new one takes the place of the old, the server
lets the new one in alone, and ends what has logged in before. ssh comes back by itself with the new key: connections through the
tunnel end, and its port is closed for as long as one login takes. What else differs from the spec is mended, as by apply --only.
Each call makes another key; where one was broken off, it is ended instead, by this or by the next apply. A Terraform state
finds the new key at its next plan, as it is, and has nothing to do. To let Terraform or apply rotate, change the tunnel's rotate.
${interrupted}`,
  options: { json, 'dry-run': dryRun },
  run: words => changeHosts('rotate', words),
}

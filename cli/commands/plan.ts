// `plan`: what apply would change.
import { changeHosts } from '../change-hosts'
import type { Command, Option } from '../command'
import { host, json, only } from '../options'

const detailedExitcode: Option = {
  usage: '--detailed-exitcode',
  says: 'exit status 2 when there are changes',
}

export const plan: Command = {
  name: 'plan',
  takes: [{ name: 'SPEC' }],
  says: 'what apply would change, attribute by attribute; changes nothing',
  example: 'ssh-tunnels plan tunnels.yaml --detailed-exitcode',
  more: `The hosts hold what is ours: there is no state file. What somebody changed by hand shows as an update; what left a spec
that says owner shows as a removal, and without owner it is listed as left alone, which is no change. A part is named with its host, values as they are and as they would be.
All hosts of the spec are asked, other than those that are jump hosts only. A host that cannot be read is an error:
take it out of the spec when it is gone. What stands at the other end of our tunnels, on a machine that is not in the spec, is
told as out of reach, with the command that removes it.`,
  options: { json, 'detailed-exitcode': detailedExitcode, only, host },
  run: words => changeHosts('plan', words),
}

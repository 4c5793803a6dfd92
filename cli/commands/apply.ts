// `apply`: makes the hosts as the spec says.
import { changeHosts, interrupted } from '../change-hosts'
import type { Command } from '../command'
import { dryRun, host, json, only } from '../options'

export const apply: Command = {
  name: 'apply',
  takes: [{ name: 'SPEC' }],
  says: 'makes the hosts as the spec says: removes what left it, makes what is new, repairs the rest',
  example: 'ssh-tunnels apply tunnels.yaml',
  more: `Shows the plan and carries it out without asking: for cron jobs and pipelines. Then each tunnel has answered through
its public port, or is an error. When one fails, the others go on; what was begun for a new tunnel is taken back.
What left the spec is removed only when the spec says owner: then all accounts, keys, sshd and firewall settings and services
of that owner go that the spec does not put there. Without it the owner is the spec file's name without its ending, and the
project of the cdktf.json beside or above; which may be another file's too: what the spec does not name is left alone,
and listed. Nothing of another owner is touched.
${interrupted}`,
  options: { json, 'dry-run': dryRun, only, host },
  run: words => changeHosts('apply', words),
}

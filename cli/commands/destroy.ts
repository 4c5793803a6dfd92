// `destroy`: removes what the spec has made.
import { changeHosts, interrupted } from '../change-hosts'
import type { Command } from '../command'
import { dryRun, host, json, only } from '../options'

export const destroy: Command = {
  name: 'destroy',
  takes: [{ name: 'SPEC' }],
  says: "removes the spec's tunnels and settings from its hosts; everything of its owner, where it says owner",
  example: 'ssh-tunnels destroy tunnels.yaml',
  more: `Shows what it removes and removes it without asking; --dry-run only shows it. The hosts are then as before the first
apply. Where the spec says owner, what of that owner the spec no longer names goes too; else it is left alone, and listed.
Nothing of another owner is touched.
${interrupted}`,
  options: { json, 'dry-run': dryRun, only, host },
  run: words => changeHosts('destroy', words),
}

// The commands: what each does, its options, and the examples and texts from which its help is made.

export interface Option {
  /** With its value, as the help shows it: `--only NAME`. */
  readonly usage: string
  readonly says: string
  readonly takesValue?: boolean
}

export interface Command {
  readonly usage: string
  /** One line. */
  readonly says: string
  readonly example: string
  /** Further paragraphs of its own help. */
  readonly more: string
  readonly options: readonly (keyof typeof options)[]
  /** What stands before the spec file: the name of one of its hosts. */
  readonly host?: true
  /** How many spec files: at least one, exactly one, or none. */
  readonly specs: 'one' | 'some' | 'none'
}

export const options = {
  json: { usage: '--json', says: 'one JSON document on standard output; progress goes to standard error' },
  'detailed-exitcode': { usage: '--detailed-exitcode', says: 'exit status 2 when there are changes' },
  'dry-run': { usage: '--dry-run', says: 'only show the plan' },
  only: {
    usage: '--only NAME',
    says: 'only this tunnel; may be given more than once. No other leftovers, no settings of hosts',
    takesValue: true,
  },
  host: {
    usage: '--host LOGIN',
    says: 'look for leftovers there too: [USER@]ADDRESS[:PORT] of a machine that has left the spec, reached as those in it, by known_hosts; may be given more than once',
    takesValue: true,
  },
  dir: {
    usage: '--dir DIR',
    says: "into DIR/terraform.d/plugins, for the configuration in DIR alone. Default: your home's .terraform.d/plugins",
    takesValue: true,
  },
} as const satisfies Readonly<Record<string, Option>>

const interrupted = `Ctrl-C lets the batch that runs on each host end, starts nothing new, and says what is done and what is not
(exit status 130). A second Ctrl-C ends at once.`

export const commands = {
  validate: {
    usage: 'validate SPEC...',
    says: 'every mistake in a spec, with line and column; no host is asked',
    example: 'ssh-tunnels validate tunnels.yaml',
    more: 'Exit status 1 when there are mistakes.',
    options: ['json'],
    specs: 'some',
  },
  plan: {
    usage: 'plan SPEC',
    says: 'what apply would change, attribute by attribute; changes nothing',
    example: 'ssh-tunnels plan tunnels.yaml --detailed-exitcode',
    more: `The hosts hold what is ours: there is no state file. What somebody changed by hand shows as an update; what left a spec
that says owner shows as a removal, and without owner it is listed as left alone, which is no change. A part is named with its host, values as they are and as they would be.
All hosts of the spec are asked, other than those that are jump hosts only. A host that cannot be read is an error:
take it out of the spec when it is gone. What stands at the other end of our tunnels, on a machine that is not in the spec, is
told as out of reach, with the command that removes it.`,
    options: ['json', 'detailed-exitcode', 'only', 'host'],
    specs: 'one',
  },
  apply: {
    usage: 'apply SPEC',
    says: 'makes the hosts as the spec says: removes what left it, makes what is new, repairs the rest',
    example: 'ssh-tunnels apply tunnels.yaml',
    more: `Shows the plan and carries it out without asking: for cron jobs and pipelines. Then each tunnel has answered through
its public port, or is an error. When one fails, the others go on; what was begun for a new tunnel is taken back.
What left the spec is removed only when the spec says owner: then all accounts, keys, sshd and firewall settings and services
of that owner go that the spec does not put there. Without it the owner is the spec file's name without its ending, and the
project of the cdktf.json beside or above; which may be another file's too: what the spec does not name is left alone,
and listed. Nothing of another owner is touched.
${interrupted}`,
    options: ['json', 'dry-run', 'only', 'host'],
    specs: 'one',
  },
  destroy: {
    usage: 'destroy SPEC',
    says: "removes the spec's tunnels and settings from its hosts; everything of its owner, where it says owner",
    example: 'ssh-tunnels destroy tunnels.yaml',
    more: `Shows what it removes and removes it without asking; --dry-run only shows it. The hosts are then as before the first
apply. Where the spec says owner, what of that owner the spec no longer names goes too; else it is left alone, and listed.
Nothing of another owner is touched.
${interrupted}`,
    options: ['json', 'dry-run', 'only', 'host'],
    specs: 'one',
  },
  'guard test': {
    usage: 'guard test HOST SPEC',
    says: 'rehearses on a host of the spec how it takes back by itself a change that locks us out',
    example: 'ssh-tunnels guard test middle tunnels.yaml',
    more: `A change of sshd or the firewall stays only when a fresh login confirms it. The rehearsal makes a file on the host,
/etc/ssh-tunnels-rehearsal, as such a change, confirms nothing, waits until the host has taken it back, and says who has done that there
(a timer of systemd's or a process) and how long it took. The rehearsal waits for 5 seconds, whatever guard.window says. Nothing else is
changed, and nothing is left. Beside another run it waits until that has ended, two minutes at most. Every apply sees
beforehand, in the first moment of each such change, that somebody waits there; this shows that he acts too.
Exit status 1 when the host has not taken it back. Ctrl-C takes it back at once.`,
    options: ['json'],
    host: true,
    specs: 'one',
  },
  'import-blocks': {
    usage: 'import-blocks SPEC',
    says: 'Terraform import blocks, with which a stack takes over what apply has made',
    example: 'ssh-tunnels import-blocks tunnels.yaml > cdktf.out/stacks/tunnels/imports.tf',
    more: `One block for each tunnel and for each host with settings of its own. Put them beside the stack's configuration and
run terraform plan: it imports, and changes nothing. The other way round needs nothing: apply takes over what a stack
has made, when the owner is the same. Then take the resources out of the state: terraform state rm. What was made before the
default owner carried its project stands under the file's name alone: say owner: NAME in the spec before you print the blocks.`,
    options: [],
    specs: 'one',
  },
  'install-provider': {
    usage: 'install-provider',
    says: 'puts the Terraform provider where terraform init finds it, for configurations in HCL',
    example: 'ssh-tunnels install-provider --dir .',
    more: `Prints the required_providers block to write. Stacks made with cdktf need none of this: synthesis brings the provider along.`,
    options: ['dir'],
    specs: 'none',
  },
} as const satisfies Readonly<Record<string, Command>>

export type CommandName = keyof typeof commands
export type OptionName = keyof typeof options

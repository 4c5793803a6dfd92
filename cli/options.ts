// Options that several commands have.
import type { Option } from './command'

export const json: Option = {
  usage: '--json',
  says: 'one JSON document on standard output; progress goes to standard error',
}

export const dryRun: Option = { usage: '--dry-run', says: 'only show the plan' }

export const only: Option = {
  usage: '--only NAME',
  says: 'only this tunnel; may be given more than once. No other leftovers, no settings of hosts',
  takesValue: true,
}

export const host: Option = {
  usage: '--host LOGIN',
  says: 'look for leftovers there too: [USER@]ADDRESS[:PORT] of a machine that has left the spec, reached as those in it, by known_hosts; may be given more than once',
  takesValue: true,
}

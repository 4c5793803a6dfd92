// The order of a batch: its steps phase by phase, each phase closed by what checks and tells it once for all of them.
import { encode } from '../host/quote'
import { divider } from '../look/requests'
import { phases, type Step } from '../parts/part'

export interface Line {
  /** Those whose step, or whose phase, this is. */
  readonly owners: readonly unknown[]
  readonly step: Step
}

/** What closes a phase, once for all its steps. */
const commits: readonly { after: Step['phase']; verbs: RegExp; verb: string; why: string }[] = [
  { after: 'stop', verbs: /^unit_(remove|disable)$/, verb: 'units_end', why: 'stop the units' },
  { after: 'sshd', verbs: /^sshd_/, verb: 'sshd_commit', why: 'check sshd and let it reload' },
  {
    after: 'firewall',
    verbs: /^(firewall|firewalld|iptables|ufw|fence)_/,
    verb: 'firewall_commit',
    why: 'load the firewall rules',
  },
  {
    after: 'units',
    verbs: /^unit_(put|alter|remove|disable|enable)$/,
    verb: 'units_reload',
    why: 'let systemd read the units',
  },
  { after: 'start', verbs: /^unit_(start|continue|yield|leave)$/, verb: 'units_start', why: 'start the units' },
]

/** All steps in the order of phases, each phase closed by its commit. */
export function orderLines(all: readonly { readonly owner: unknown; readonly step: Step }[]): Line[] {
  return phases.flatMap(phase => {
    const commit = commits.find(one => one.after === phase)
    const concerned = commit ? all.filter(({ step }) => commit.verbs.test(step.verb)) : []
    const owners = [...new Set(concerned.map(({ owner }) => owner))]
    const own = all.filter(({ step }) => step.phase === phase).map(({ owner, step }) => ({ owners: [owner], step }))
    const close =
      commit && owners.length > 0 ? [{ owners, step: { why: commit.why, phase, verb: commit.verb, args: [] } }] : []
    return [...own, ...close]
  })
}

/** As remote/batch.sh reads it. */
export const lineOf = ({ verb, args, content }: Step): string =>
  [verb, ...args, ...(content === undefined ? [] : [encode(content)])].join(divider)

// The ports that a host has chosen for forwards that listen there on port 0: a file of ours keeps them, and all else that says them follows it.
import { type ChosenPort, formatChosen, type OpenForward, parseChosen } from '../../schemas/chosen-port'
import type { Ports } from '../../schemas/types'
import { type Check, ok } from './check'
import { isMarked, readMark } from './mark'
import { oddity, type Part, type Step, stranger } from './part'
import type { Snapshot } from './snapshot'

export interface PortsAt {
  readonly path: string
  readonly owner: string
  readonly account: string
  /** What the file should say, as far as it is known. */
  readonly text: string
  /** Forwards that have no port yet. */
  readonly open: readonly OpenForward[]
}

/** What the file keeps; lines that nobody of ours has written are left out. */
export const chosenIn = (text: string): ChosenPort[] => text.split('\n').flatMap(line => parseChosen(line) ?? [])

export const ports: Part<Ports, PortsAt> = {
  kind: 'ports',
  needs: ['awk', 'cksum'],

  observe(on, { path, owner }) {
    const file = on.files[path]
    if (!file) return null
    const lines = file.text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    const mark = readMark(file.text)?.owner === owner ? '' : ' (its first line was changed)'
    return { path: path + oddity(file) + mark, chosen: lines }
  },

  owner(on, { path }) {
    const file = on.files[path]
    return file ? (readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)) : null
  },

  ownedBy: (_on, { path }) => path,

  plan(want, have, _on, at) {
    if (!want) {
      return have ? [{ why: `remove ${at.path}`, phase: 'unmake', verb: 'files_remove', args: [at.path] }] : []
    }
    if (have?.path === want.path && have.chosen.join() === chosenIn(at.text).map(formatChosen).join())
      return at.open.map(forward => choose(forward, at))
    const keep: Step = {
      why: `keep ${at.path}`,
      phase: 'make',
      verb: 'file_put',
      args: [at.path, '644'],
      content: at.text,
    }
    return [keep, ...at.open.map(forward => choose(forward, at))]
  },

  checks(_want, on, at, host) {
    const asked = { link: 'port free', host } as const
    if (isKept(on, at)) return [ok(asked, `${host} keeps the port that it has chosen (${at.path})`)]
    const what = `${host} keeps no port for the tunnel (${at.path})`
    return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true } satisfies Check]
  },

  explain: (_want, { path, open }) => ({
    what: path,
    why: 'the port that this host has chosen, once: a free one, that it gives to no connection of its own by itself',
    lines: open.map(forward => ({
      text: `PORT ${forward.type} ${forward.listen} ${forward.far}`,
      why: 'all that says the port follows this line',
      page: 'ip(7)',
    })),
    onlyHostTells: 'which port that is: the first apply chooses it',
  }),
}

const isKept = (on: Snapshot, { path, text, open }: PortsAt): boolean =>
  open.length === 0 && on.files[path]?.text === text

const choose = ({ type, listen, far }: OpenForward, { path, account }: PortsAt): Step => ({
  why: `choose a free port for ${listen}`,
  phase: 'make',
  verb: 'port_choose',
  args: [path, account, `${type} ${listen} ${far}`],
})

export const textOfChosen = (mark: string, chosen: readonly ChosenPort[]): string =>
  mark + chosen.map(one => `${formatChosen(one)}\n`).join('')

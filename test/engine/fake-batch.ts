// What remote/batch.sh does with its lines, on a made-up host: commits close their phases, and who stops half way puts back what no commit has told.
import type { Step } from '../../engine/parts/part'
import type { HostFile, Snapshot } from '../../engine/parts/snapshot'
import { runStep, withKey } from './fake-host'

export interface Line {
  readonly verb: string
  readonly args: readonly string[]
}

export interface Oddities {
  /** What a step says when it fails; null when it works. */
  readonly fails: (line: Line) => string | null
  /** What sshd -t or nft says of such a step, when its phase is committed; null for nothing. */
  readonly refuses: (line: Line) => string | null
  /** Units that do not stay active. */
  readonly restless: ReadonlySet<string>
  /** Rules are loaded, and somebody else's reload takes them away at once. */
  readonly deaf: boolean
}

export interface Ended {
  readonly on: Snapshot
  /** The number of the step that failed, counted from 1; null for none. */
  readonly failed: number | null
  readonly stderr: string
  /** The exit status of a batch that failed; default 1. */
  readonly code?: number
  /** Steps that a check of many has found guilty, with its words. */
  readonly refused?: readonly { readonly number: number; readonly words: string }[]
}

/** Which verbs only gather, and what says them. */
const gathered: Readonly<Record<string, readonly string[]>> = {
  units_end: ['unit_remove', 'unit_disable'],
  firewall_commit: ['firewall_close', 'firewall_open'],
  units_reload: ['unit_enable'],
  units_start: ['unit_start', 'unit_yield', 'unit_leave'],
}
const isGathered = (verb: string) => Object.values(gathered).flat().includes(verb)

/** The text that engine/host/quote.ts has encoded, as printf %b gives it back. */
const decode = (text: string): string =>
  Buffer.from(
    text.replace(/\\n|\\0([0-7]{3})/g, (_all, octal?: string) =>
      octal === undefined ? '\n' : String.fromCharCode(Number.parseInt(octal, 8)),
    ),
    'latin1',
  ).toString('utf8')

/** Verbs whose last argument is a text. */
const withContent = ['file_put', 'sshd_put', 'unit_put', 'unit_alter', 'manager_skip', 'firewall_open', 'firewall_keep']

export function asStep({ verb, args }: Line): Step {
  const has = withContent.includes(verb)
  const own = has ? args.slice(0, -1) : args
  return { why: verb, phase: 'make', verb, args: own, ...(has ? { content: decode(args.at(-1) ?? '') } : {}) }
}

let keysMade = 0

/** A public key of the right length, never the same twice. */
function makeKey(): string {
  const key = Buffer.alloc(51, 0)
  Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32])]).copy(key)
  key.write(`made up ${++keysMade}`, 19)
  return `ssh-ed25519 ${key.toString('base64')}`
}

export function runLines(before: Snapshot, lines: readonly Line[], oddities: Oddities): Ended {
  let on = before
  let kept = new Map<string, HostFile | undefined>()
  let waiting: { line: Line; number: number }[] = []
  const keep = (path: string) => {
    if (!kept.has(path)) kept.set(path, on.files[path])
  }
  const stop = (failed: number, stderr: string): Ended => {
    const files = Object.entries({ ...on.files, ...Object.fromEntries(kept) })
    const back = files.flatMap(([path, file]) => (file ? [[path, file] as const] : []))
    return { on: { ...on, files: Object.fromEntries(back) }, failed, stderr }
  }
  for (const [index, line] of lines.entries()) {
    const { verb, args } = line
    const number = index + 1
    if (isGathered(verb)) {
      waiting.push({ line, number })
      continue
    }
    if (verb === 'account_add' && on.accounts[args[0] ?? '']?.comment === args[2]) {
      return { ...stop(number, `account ${args[0]} has been made since we looked`), code: 76 }
    }
    const complaint = oddities.fails(line)
    if (complaint !== null) return stop(number, complaint)
    const refused = refusedBy(verb, lines.slice(0, index), oddities)
    if (refused[0]) return { ...stop(refused[0].number, 'all words'), code: 78, refused }
    const own = waiting.filter(one => gathered[verb]?.includes(one.line.verb))
    waiting = waiting.filter(one => !own.includes(one))
    const works = own.filter(one => oddities.fails(one.line) === null)
    on = commit(
      on,
      verb,
      works.map(({ line: one }) => asStep(one)),
      oddities,
    )
    const [guilty] = own.filter(one => !works.includes(one))
    if (guilty) return stop(guilty.number, oddities.fails(guilty.line) ?? '')
    if (verb in gathered || verb === 'sshd_commit') {
      if (verb === 'sshd_commit' || verb === 'firewall_commit') kept = new Map()
      continue
    }
    if (verb.startsWith('sshd_') || verb.startsWith('firewall_')) keep(args[0] ?? '')
    if (verb.startsWith('firewall_')) keep('/etc/nftables.conf')
    on = runLine(on, line)
  }
  return { on, failed: null, stderr: '' }
}

/** What the commit of this verb checks at once, and does not let pass. */
const refusedBy = (verb: string, before: readonly Line[], { refuses }: Oddities) =>
  before.flatMap((line, index) => {
    const isChecked = verb.endsWith('_commit') && line.verb.startsWith(verb.replace('commit', ''))
    const words = isChecked ? refuses(line) : null
    return words === null ? [] : [{ number: index + 1, words }]
  })

function runLine(on: Snapshot, line: Line): Snapshot {
  const { verb, args } = line
  const [first = ''] = args
  if (verb === 'key_make') return withKey(on, first, args[2] ?? '', makeKey())
  if (verb === 'unit_put' || verb === 'unit_alter') {
    const unit = first.replace(/^.*\//, '')
    const known = unit in on.units
    const after = runStep(on, asStep(line), {})
    return known ? withUnit(after, unit, { NeedDaemonReload: 'yes' }) : after
  }
  // What sshd makes of its files is told when somebody looks.
  return runStep(on, verb === 'sshd_put' ? { ...asStep(line), verb: 'file_put' } : asStep(line), {})
}

function commit(on: Snapshot, verb: string, steps: readonly Step[], { restless, deaf }: Oddities): Snapshot {
  const done = steps.reduce((at, step) => runStep(at, step, {}), on)
  if (verb === 'firewall_commit') return deaf ? on : done
  if (verb === 'units_reload') {
    return Object.keys(done.units).reduce((at, unit) => withUnit(at, unit, { NeedDaemonReload: 'no' }), done)
  }
  if (verb === 'units_start') {
    return [...restless]
      .filter(unit => unit in done.units)
      .reduce((at, unit) => withUnit(at, unit, { ActiveState: 'activating' }), done)
  }
  return done
}

const withUnit = (on: Snapshot, name: string, properties: Record<string, string>): Snapshot => ({
  ...on,
  units: { ...on.units, [name]: { ...on.units[name], ...properties } as Record<string, string> },
})

// The resident proof: a timer on one of the two hosts that proves far through the public port, keeps a small history, and calls a hook when it changes.
import type { Watcher } from '../../schemas/types'
import { type Check, ok } from './check'
import { isMarked, readMark } from './mark'
import { oddity, type Part, type Step, sha256, stranger, type Wanted } from './part'
import type { HostFile, Snapshot } from './snapshot'
import {
  type Asking,
  describeAsked,
  describeHook,
  explainWatcher,
  filesOf,
  historyOf,
  isWebhook,
  pathsOf,
  unitsOf,
  type Watch,
  type WatcherFile,
} from './watcher-text'

export { type Asking, historyOf, type Watch } from './watcher-text'

export interface WatcherAt {
  readonly tunnel: string
  readonly owner: string
  /** The program, the service, the timer. */
  readonly files: readonly WatcherFile[]
  /** Empty where nobody watches it there. */
  readonly proofs: readonly Asking[]
}

/** What stands on the host for it; null for a tunnel that nobody watches there: then it is known by its names alone. */
export function watcherAt(tunnel: string, owner: string, watch: Watch | null): WatcherAt {
  const { program, service, timer } = pathsOf(tunnel)
  const files = watch ? filesOf(watch) : [program, service, timer].map(path => ({ path, text: '' }))
  return { tunnel, owner, files, proofs: watch?.proofs ?? [] }
}

/** Of the program the host tells its checksum alone: it is the same for many. */
const sumOf = (program: string, units: readonly string[]): string => sha256([program, ...units].join('\0'))

export const wantWatcher = ({ tunnel, files }: WatcherAt, watch: Watch): Watcher => {
  const [program = '', ...units] = files.map(({ text }) => text)
  return {
    unit: unitsOf(tunnel).timer,
    every: watch.every,
    asks: describeAsked(watch),
    hook: describeHook(watch),
    filesSha256: sumOf(sha256(program), units),
    active: true,
    enabled: true,
  }
}

export const watcher: Part<Watcher, WatcherAt> = {
  kind: 'watcher',
  needs: [],

  observe(on, at) {
    const unit = unitsOf(at.tunnel).timer
    const there = at.files.flatMap(({ path }) => on.files[path] ?? [])
    if (there.length === 0 && !on.wantedUnits.includes(unit)) return null
    const { every = '', asks = '', hook = '[]' } = notesOf(on, at)
    const missing = at.files.length - there.length
    const oddities = [...there.map(oddity), missing > 0 ? ` (${missing} of its files are gone)` : '']
    return {
      unit,
      every,
      asks,
      hook: readHook(hook),
      filesSha256: sumThere(there) + oddities.join(''),
      active: on.units[unit]?.ActiveState === 'active',
      enabled: on.wantedUnits.includes(unit),
    }
  },

  owner(on, at) {
    // Of a program that stands alone nobody knows.
    const units = at.files.flatMap(({ path }) => on.files[path] ?? []).filter(({ sha256 }) => sha256 === undefined)
    const owners = units.map(({ text }) => readMark(text)?.owner ?? (isMarked(text) ? null : stranger))
    return owners.find(owner => owner !== null) ?? null
  },

  explain(_want, { tunnel, files }) {
    const [, service = '', timer = ''] = files.map(({ text }) => text)
    return {
      what: pathsOf(tunnel).timer,
      why: 'proves far again and again, also while nobody deploys, and keeps what came of it',
      lines: explainWatcher(service, timer),
    }
  },

  plan(want, have, on, at) {
    const { service, timer } = unitsOf(at.tunnel)
    const [program, ...units] = at.files
    if (!want) return removal(have, on, at)
    const isOther = have?.filesSha256 !== want.filesSha256
    const put = (file: WatcherFile, verb: string, more: readonly string[] = []): Step => ({
      why: `write ${file.path}`,
      phase: verb === 'unit_put' ? 'units' : 'make',
      verb,
      args: [file.path, ...more],
      content: file.text,
    })
    return [
      ...(isOther ? forgotten(on, at) : []),
      ...(isOther && program ? [put(program, 'file_put', ['644']), ...units.map(file => put(file, 'unit_put'))] : []),
      ...(have?.enabled
        ? []
        : [{ why: `start ${timer} at boot`, phase: 'units', verb: 'unit_enable', args: [timer] } as const]),
      ...(isOther || !have?.active
        ? [
            {
              why: `start ${timer}, which starts ${service}`,
              phase: 'start',
              verb: 'unit_start',
              args: [timer],
            } as const,
          ]
        : []),
    ]
  },

  checks: (want, on, at, host) => checksOf(want, on, at, at.proofs, host),
}

/** Of some of its proofs: how long one may take the others have a part in. */
function checksOf(
  want: Wanted<Watcher>,
  on: Snapshot,
  at: WatcherAt,
  proofs: readonly Asking[],
  host: string,
): Check[] {
  const lacking = programsOf(proofs).filter(program => on.missing.includes(program))
  const asked = { link: 'watched', host } as const
  if (lacking.length > 0) {
    const isTimer = lacking.includes('systemctl')
    return [
      {
        link: 'programs',
        host,
        status: 'fail',
        code: isTimer ? 'no-supervisor' : 'missing-program',
        what: isTimer
          ? `${host} runs no systemd, and watch is a timer of it`
          : `${host} lacks ${lacking.join(', ')}, which watch needs`,
        cure: isTimer
          ? 'leave on: server out, so that the client proves it'
          : `install ${lacking.join(', ')} there, or leave watch out`,
      },
    ]
  }
  const have = watcher.observe(on, at)
  const wrong =
    have === null
      ? 'is not there'
      : have.filesSha256 !== want.filesSha256
        ? 'is not as it was written'
        : !have.active
          ? 'does not run'
          : !have.enabled
            ? 'does not start at boot'
            : null
  const { timer } = unitsOf(at.tunnel)
  if (wrong) {
    const what = `${timer} on ${host} ${wrong}`
    return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true, goesOn: true }]
  }
  const stale = proofs.find(one => !isWithin(checkedOf(on, at, one), on, at))
  return [stale ? notFresh(stale, on, at, host) : ok(asked, `${timer} on ${host} proves far`)]
}

const sumThere = (there: readonly HostFile[]): string =>
  sumOf(
    there.find(({ sha256 }) => sha256 !== undefined)?.sha256 ?? '',
    there.filter(({ sha256 }) => sha256 === undefined).map(({ text }) => text),
  )

/** Of what they need beside what every host has. */
const programsOf = (proofs: readonly Asking[]): string[] => [
  ...['flock', 'setpriv', 'systemctl'],
  ...new Set(proofs.map(({ kind }) => (kind === 'tls' ? 'openssl' : 'bash'))),
  ...(proofs.some(({ hook }) => isWebhook(hook)) ? ['curl'] : []),
]

const checkedOf = (on: Snapshot, { tunnel }: WatcherAt, one: Asking): number | null =>
  on.histories[historyOf(tunnel, one)]?.checked ?? null

/** Three turns, each with the longest that its proofs may take, may pass; a time span as the spec has it. */
function isWithin(since: number | null, on: Snapshot, at: WatcherAt, now = Date.now()): boolean {
  const [, count = '0', unit = 's'] = /^(\d+)(s|min|h)$/.exec(notesOf(on, at).every ?? '') ?? []
  const seconds = Number(count) * ({ s: 1, min: 60, h: 3600 }[unit] ?? 1)
  return since !== null && now - since < 3 * (seconds + 180 * at.proofs.length) * 1000
}

/** It has not proved for so long, though it stands as long: one that has just begun is not late. */
export const isLate = (on: Snapshot, at: WatcherAt, one: Asking, now: number): boolean =>
  !isWithin(checkedOf(on, at, one), on, at, now) && !isWithin(on.histories[at.tunnel]?.begun ?? null, on, at, now)

/** Why nobody knows what came after its last proof; null where it proves. */
export function doubtOf(want: Watcher, on: Snapshot, at: WatcherAt, one: Asking, host: string): Check | null {
  return checksOf(want, on, at, [one], host).find(({ status }) => status !== 'ok') ?? null
}

function notFresh(one: Asking, on: Snapshot, at: WatcherAt, host: string): Check {
  const checked = checkedOf(on, at, one)
  const since = checked === null ? 'yet' : `since ${new Date(checked).toISOString().replace(/\.\d+/, '')}`
  return {
    link: 'watched',
    host,
    status: 'unknown',
    code: 'not-converged',
    what: `watch on ${host} has not proved far${one.label === null ? '' : ` of ${one.label}`} ${since}`,
    cure: `see journalctl -u ${unitsOf(at.tunnel).service} on ${host}`,
    goesOn: true,
  }
}

/** Histories of what nobody watches any more. */
function forgotten(on: Snapshot, { tunnel, proofs }: WatcherAt): Step[] {
  const kept = proofs.map(one => historyOf(tunnel, one))
  const stale = historiesOf(on, tunnel).filter(([name]) => !kept.includes(name))
  return stale.map(([name]) => ({
    why: `remove the history of ${name}`,
    phase: 'make',
    verb: 'history_remove',
    args: [tunnel, name === tunnel ? '.' : name.slice(tunnel.length + 1)],
  }))
}

/** The timer alone, which says when it was begun, is none. */
const historiesOf = (on: Snapshot, tunnel: string) =>
  Object.entries(on.histories).filter(
    ([name, { checked, changes }]) =>
      (name === tunnel || name.startsWith(`${tunnel}/`)) && (checked !== null || changes.length > 0),
  )

function removal(have: Watcher | null, on: Snapshot, { tunnel, files: [program] }: WatcherAt): Step[] {
  const { service, timer } = unitsOf(tunnel)
  const history: Step[] =
    on.histories[tunnel] || historiesOf(on, tunnel).length > 0
      ? [{ why: `remove the history of ${tunnel}`, phase: 'unmake', verb: 'history_remove', args: [tunnel] }]
      : []
  if (have === null) return history.map(step => ({ ...step, isTrace: true }))
  return [
    ...[timer, service].map(
      (unit): Step => ({ why: `stop and remove ${unit}`, phase: 'stop', verb: 'unit_remove', args: [unit] }),
    ),
    { why: `remove ${program?.path}`, phase: 'unmake', verb: 'files_remove', args: [program?.path ?? ''] },
    // It may have been proved since the host was looked at.
    { why: `remove the history of ${tunnel}`, phase: 'unmake', verb: 'history_remove', args: [tunnel] },
  ]
}

const notesOf = (on: Snapshot, { files }: WatcherAt) =>
  files.flatMap(({ path }) => readMark(on.files[path]?.text ?? '')?.notes ?? [])[0] ?? {}

/** Somebody may have written anything there. */
function readHook(text: string): string[] {
  try {
    const hook: unknown = JSON.parse(text)
    return Array.isArray(hook) ? hook.map(String) : [text]
  } catch {
    return [text]
  }
}

// The resident proof: a timer on the client that proves far through the public port, keeps a small history, and calls a hook when it changes.
import type { Watcher } from '../../schemas/types'
import { scripts } from '../remote/texts'
import { type Check, ok } from './check'
import { giveReasons, type Reasons } from './explained'
import { isMarked, readMark, writeMark } from './mark'
import { oddity, type Part, type Step, sha256, stranger } from './part'
import { folderOf } from './paths'
import type { Snapshot } from './snapshot'

export interface WatcherAt {
  readonly tunnel: string
  readonly owner: string
  readonly files: readonly WatcherFile[]
}

interface WatcherFile {
  readonly path: string
  readonly text: string
}

export interface Watch {
  readonly tunnel: string
  readonly owner: string
  readonly every: string
  readonly kind: string
  readonly address: string
  readonly port: number
  /** Whether it comes to the port from another machine than the one that listens. */
  readonly pastFirewall: boolean
  readonly statuses: readonly string[]
  readonly hook: readonly string[]
}

const unitsOf = (tunnel: string) =>
  ({ service: `ssh-tunnels-watch-${tunnel}.service`, timer: `ssh-tunnels-watch-${tunnel}.timer` }) as const
const pathsOf = (tunnel: string) => ({
  program: `${folderOf(tunnel)}/prove.sh`,
  service: `/etc/systemd/system/${unitsOf(tunnel).service}`,
  timer: `/etc/systemd/system/${unitsOf(tunnel).timer}`,
})

/** A word of a unit's command line as systemd.service(5) reads it. */
const quoteWord = (word: string): string => `"${word.replace(/[\\"]/g, '\\$&').replace(/[$%]/g, '$&$&')}"`

/** What stands on the client for it; null for a tunnel that nobody watches: then it is known by its names alone. */
export function watcherAt(tunnel: string, owner: string, watch: Watch | null): WatcherAt {
  const { program, service, timer } = pathsOf(tunnel)
  if (watch === null) return { tunnel, owner, files: [program, service, timer].map(path => ({ path, text: '' })) }
  const { every, kind, address, port, statuses, hook } = watch
  const asks = describeAsked(watch)
  const mark = writeMark({ tunnel, owner, notes: { every, asks, hook: JSON.stringify(hook) } })
  const words = [tunnel, kind, address, String(port), statuses.join(',') || '-', ...hook]
  return {
    tunnel,
    owner,
    files: [
      { path: program, text: mark + scripts.prove.text },
      {
        path: service,
        // What systemd itself says of each run is left out, not what the hook says.
        text: `${mark}[Unit]
Description=Proof of SSH tunnel ${tunnel}
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/sh ${program} ${words.map(quoteWord).join(' ')}
TimeoutStartSec=180
TimeoutStopSec=5
UMask=0077
SyslogLevel=notice
LogLevelMax=notice
`,
      },
      {
        path: timer,
        text: `${mark}[Unit]
Description=Proves SSH tunnel ${tunnel} again and again

[Timer]
OnActiveSec=5s
OnUnitInactiveSec=${every}
AccuracySec=1s
RandomizedDelaySec=10s

[Install]
WantedBy=multi-user.target
`,
      },
    ],
  }
}

const describeAsked = ({ kind, address, port, pastFirewall }: Watch): string =>
  `${kind} ${address} ${port}${pastFirewall ? '' : ' (past the firewall: no)'}`

const sumOf = (texts: readonly string[]): string => sha256(texts.join('\0'))

export const wantWatcher = ({ tunnel, files }: WatcherAt, watch: Watch): Watcher => ({
  unit: unitsOf(tunnel).timer,
  every: watch.every,
  asks: describeAsked(watch),
  hook: [...watch.hook],
  filesSha256: sumOf(files.map(({ text }) => text)),
  active: true,
  enabled: true,
})

const ofService: Reasons = {
  Description: 'what systemctl shows of it',
  After: 'at boot the network comes first',
  Type: 'one proof, and it ends',
  ExecStart: 'the program that dials the public port, and its words: what to ask, and the hook',
  TimeoutStartSec: 'a proof that hangs is ended',
  TimeoutStopSec: 'a hook that does not end holds up no deploy',
  UMask: 'what it writes is for root alone',
  SyslogLevel: 'what the hook says is kept',
  LogLevelMax: 'what systemd itself says of each run is not',
}

const ofTimer: Reasons = {
  Description: 'what systemctl shows of it',
  OnActiveSec: 'the first proof, right after a start',
  OnUnitInactiveSec: 'from the end of one proof to the next',
  AccuracySec: 'a second is near enough',
  RandomizedDelaySec: 'the proofs of a host, and of many hosts, do not come all at once',
  WantedBy: 'at every boot',
}

/** The lines that do something. */
const settingsIn = (text: string): string[] => text.split('\n').filter(line => /^[A-Z]\w*=/.test(line))

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
      filesSha256: sumOf(there.map(({ text }) => text)) + oddities.join(''),
      active: on.units[unit]?.ActiveState === 'active',
      enabled: on.wantedUnits.includes(unit),
    }
  },

  owner(on, at) {
    const texts = at.files.flatMap(({ path }) => on.files[path]?.text ?? [])
    const owners = texts.map(text => readMark(text)?.owner ?? (isMarked(text) ? null : stranger))
    return owners.find(owner => owner !== null) ?? null
  },

  explain(_want, { tunnel, files }) {
    const [, service = '', timer = ''] = files.map(({ text }) => text)
    return {
      what: pathsOf(tunnel).timer,
      why: 'proves far again and again, also while nobody deploys, and keeps what came of it',
      lines: [
        ...giveReasons(settingsIn(timer), ofTimer, 'systemd.timer(5)'),
        ...giveReasons(settingsIn(service), ofService, 'systemd.service(5)'),
      ],
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

  checks(want, on, at, host) {
    const lacking = programsOf(want.asks).filter(program => on.missing.includes(program))
    const asked = { link: 'watched', host } as const
    if (lacking.length > 0) {
      const what = `${host} lacks ${lacking.join(', ')}, which watch needs`
      return [
        {
          link: 'programs',
          host,
          status: 'fail',
          code: 'missing-program',
          what,
          cure: `install ${lacking.join(', ')} there, or leave watch out`,
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
    return [isFresh(on, at, Date.now()) ? ok(asked, `${timer} on ${host} proves far`) : notFresh(on, at, host)]
  },
}

/** Of what they need beside what every host has. */
const programsOf = (asks: unknown): string[] => [
  'flock',
  'setpriv',
  String(asks).startsWith('tls ') ? 'openssl' : 'bash',
]

/** Three turns, each with the longest that a proof may take, may pass; a time span as the spec has it. */
function isFresh(on: Snapshot, at: WatcherAt, now: number): boolean {
  const checked = on.histories[at.tunnel]?.checked
  const [, count = '0', unit = 's'] = /^(\d+)(s|min|h)$/.exec(notesOf(on, at).every ?? '') ?? []
  const seconds = Number(count) * ({ s: 1, min: 60, h: 3600 }[unit] ?? 1)
  return typeof checked === 'number' && now - checked < 3 * (seconds + 180) * 1000
}

function notFresh(on: Snapshot, { tunnel }: WatcherAt, host: string): Check {
  const checked = on.histories[tunnel]?.checked ?? null
  const since = checked === null ? 'yet' : `since ${new Date(checked).toISOString().replace(/\.\d+/, '')}`
  return {
    link: 'watched',
    host,
    status: 'unknown',
    code: 'not-converged',
    what: `watch on ${host} has not proved far ${since}`,
    cure: `see journalctl -u ${unitsOf(tunnel).service} on ${host}`,
    goesOn: true,
  }
}

function removal(have: Watcher | null, on: Snapshot, { tunnel, files: [program] }: WatcherAt): Step[] {
  const { service, timer } = unitsOf(tunnel)
  const history: Step[] = on.histories[tunnel]
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

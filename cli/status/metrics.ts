// The tunnels in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats): what is not known has no sample.
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { states, type TunnelStatus } from '../../engine'
import { metricLabel } from '../../schemas/labels'
import { plain } from '../../schemas/plain'
import { reasonOf } from '../output'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: (one: TunnelStatus) => readonly Sample[]
}

const known = (value: number | null, labels: Labels = {}): Sample[] => (value === null ? [] : [[labels, value]])

const metrics: readonly Metric[] = [
  {
    name: 'up',
    type: 'gauge',
    help: 'Whether far has answered through the public port. 0 too where nobody can tell, and of a disabled tunnel: see ssh_tunnels_state.',
    samples: ({ state }) => [[{}, Number(state === 'up')]],
  },
  {
    name: 'state',
    type: 'gauge',
    help: '1 for the state that the tunnel is in.',
    samples: ({ state }) => states.map(one => [{ state: one }, Number(state === one)]),
  },
  {
    name: 'session_start_time_seconds',
    type: 'gauge',
    help: 'When the ssh that runs now was begun, in seconds since 1970.',
    samples: ({ since }) => known(since === null ? null : Math.round(since / 1000)),
  },
  {
    name: 'reconnects_total',
    type: 'counter',
    help: 'How often systemd has begun ssh anew by itself since somebody last started it.',
    samples: ({ reconnects }) => known(reconnects),
  },
  {
    name: 'connections',
    type: 'gauge',
    help: 'Connections through the public port.',
    samples: ({ connections }) => known(connections),
  },
  {
    name: 'session_bytes_total',
    type: 'counter',
    help: "Bytes of ssh's connection to the server since it was begun, as the client counts them.",
    samples: ({ bytes }) =>
      bytes === null
        ? []
        : [
            [{ direction: 'sent' }, bytes.sent],
            [{ direction: 'received' }, bytes.received],
          ],
  },
  {
    name: 'latency_seconds',
    type: 'gauge',
    help: "From dialling the public port to far's first word, from where the proof was taken.",
    samples: ({ latency }) => known(latency === null ? null : Math.round(latency * 1000) / 1e6),
  },
  {
    name: 'watch_timestamp_seconds',
    type: 'gauge',
    help: 'When the resident proof was taken last, in seconds since 1970.',
    samples: ({ watch }) => known(watch?.checked ? Math.round(watch.checked / 1000) : null),
  },
]

/** Each sample carries the owner: files of several specs lie in one folder, and no two may tell of the same. */
export function renderMetrics(all: readonly TunnelStatus[], owner: string, now: number): string {
  const blocks = metrics.flatMap(({ name, type, help, samples }) => {
    const lines = all.flatMap(one =>
      samples(one).map(([labels, value]) =>
        line(name, { owner, tunnel: one.name, ...ownLabels(one), ...labels }, value),
      ),
    )
    return lines.length === 0 ? [] : [...head(name, type, help), ...lines]
  })
  const asked = [
    ...head('status_timestamp_seconds', 'gauge', 'When all of them were asked, in seconds since 1970.'),
    line('status_timestamp_seconds', { owner }, Math.round(now / 1000)),
  ]
  return [...blocks, ...asked].map(text => `${text}\n`).join('')
}

const ownLabels = ({ labels = {} }: TunnelStatus): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, text]) => [metricLabel(name), text]))

const head = (name: string, type: string, help: string) => [
  `# HELP ssh_tunnels_${name} ${help}`,
  `# TYPE ssh_tunnels_${name} ${type}`,
]

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${quoted(text)}"`)
  return `ssh_tunnels_${name}{${pairs.join(',')}} ${value}`
}

const quoted = (text: string) => plain(text).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')

/** The message says which file, and why. */
export class Unwritable extends Error {}

/** Before anybody is asked for what would stand there. @throws Unwritable */
export function refuseUnwritable(file: string): void {
  beside(file, () => {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Unwritable(`${file} is a folder`)
  })
}

/** Whole or not at all: who reads the folder meanwhile sees the file of before. @throws Unwritable */
export function writeMetrics(file: string, text: string): void {
  beside(file, folder => {
    const whole = join(folder, 'metrics')
    writeFileSync(whole, text)
    // Whatever our umask is, the exporter is another user.
    chmodSync(whole, 0o644)
    renameSync(whole, file)
  })
}

/** In a folder of its own beside it: the exporter reads files that end with .prom. */
function beside(file: string, work: (folder: string) => void): void {
  let folder: string | null = null
  try {
    folder = mkdtempSync(join(dirname(file), '.ssh-tunnels-'))
    work(folder)
  } catch (why) {
    if (why instanceof Unwritable) throw why
    const { code } = why as NodeJS.ErrnoException
    const reason = folder === null && code === 'ENOENT' ? 'no such folder' : reasonOf(why as NodeJS.ErrnoException)
    throw new Unwritable(`${file} cannot be written: ${reason}`)
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true })
  }
}

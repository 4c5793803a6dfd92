// The tunnels as a table, a line each: as wide as it is, or cut to the width of a terminal, where columns that matter less go first.
import type { TunnelStatus } from '../../engine'
import { plain } from '../../schemas/plain'
import { size, span, speed } from './amounts'

const titles = [
  'TUNNEL',
  'STATE',
  'LISTENS ON',
  'FAR',
  'SINCE',
  'RECONNECTS',
  'OPEN',
  'BYTES',
  'LATENCY',
  'LAST ERROR',
] as const
type Title = (typeof titles)[number]

/** What goes where it is narrow, in this order. */
const leaves: readonly Title[] = ['BYTES', 'RECONNECTS', 'LATENCY', 'FAR', 'OPEN', 'SINCE', 'LISTENS ON']
/** Characters that the last column wants at least. */
const leastWords = 24
/** For numbers; all else stands at the left. */
const atTheRight: readonly Title[] = ['RECONNECTS', 'OPEN']

export interface Look {
  /** Of the terminal; null where there is none. */
  readonly columns: number | null
  readonly isColoured: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The head and a line for each, without line ends. */
export function renderLines(all: readonly TunnelStatus[], { columns, isColoured, now }: Look): string[] {
  const cells = all.map(one => cellsOf(one, now))
  const widthOf = (title: Title) => Math.max(title.length, ...cells.map(one => one[title].length))
  const shown = fitting(widthOf, columns)
  const line = (one: Readonly<Record<Title, string>>) => {
    const padded = shown.map(title =>
      atTheRight.includes(title) ? one[title].padStart(widthOf(title)) : one[title].padEnd(widthOf(title)),
    )
    return cut(padded.join('  ').trimEnd(), columns)
  }
  const head = line(Object.fromEntries(titles.map(title => [title, title])) as Record<Title, string>)
  const start = widthOf('TUNNEL') + 2
  return [head, ...all.map((one, at) => colour(line(cells[at] as Record<Title, string>), one.state, start, isColoured))]
}

export const renderStatusTable = (all: readonly TunnelStatus[], look: Look): string =>
  renderLines(all, look)
    .map(line => `${line}\n`)
    .join('')

function cellsOf(one: TunnelStatus, now: number): Record<Title, string> {
  const { since, reconnects, connections, bytes, latency } = one
  const cells: Record<Title, string> = {
    TUNNEL: one.name,
    STATE: one.state,
    'LISTENS ON': one.listens,
    FAR: one.far,
    SINCE: since === null ? '-' : span(now - since),
    RECONNECTS: reconnects === null ? '-' : String(reconnects),
    OPEN: connections === null ? '-' : String(connections),
    BYTES: bytes === null ? '-' : size(bytes.sent + bytes.received),
    LATENCY: latency === null ? '-' : speed(latency),
    'LAST ERROR': describeError(one, now),
  }
  return Object.fromEntries(Object.entries(cells).map(([title, text]) => [title, oneLine(text)])) as typeof cells
}

/** Why it is not up; of one that is, what ssh has said last. */
export function describeError({ reason, watch, lastError }: TunnelStatus, now: number): string {
  const words = lastError && `ssh, ${span(now - lastError.at)} ago: ${lastError.text}`
  return [reason, watch?.says, words].filter(Boolean).join('; ') || '-'
}

const oneLine = (text: string): string => plain(text).replace(/\s+/g, ' ')

function fitting(widthOf: (title: Title) => number, columns: number | null): Title[] {
  let shown: Title[] = [...titles]
  if (columns === null) return shown
  const least = () => shown.reduce((sum, title) => sum + (title === 'LAST ERROR' ? leastWords : widthOf(title) + 2), 0)
  for (const title of leaves) {
    if (least() > columns) shown = shown.filter(one => one !== title)
  }
  return shown
}

export const cut = (line: string, columns: number | null): string =>
  columns === null || line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`

const colours = { up: 32, degraded: 33, down: 31, disabled: 36, unknown: 35 } as const

/** The state alone, where it stands. */
function colour(line: string, state: TunnelStatus['state'], start: number, isColoured: boolean): string {
  if (!isColoured || line.slice(start, start + state.length) !== state) return line
  return `${line.slice(0, start)}\x1b[${colours[state]}m${state}\x1b[0m${line.slice(start + state.length)}`
}

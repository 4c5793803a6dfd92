// What `status --watch` shows, as the lines of a screen, and what its keys do to it. Pure.
import { states, type TunnelStatus } from '../../engine'
import { plain } from '../../schemas/plain'
import { wrap } from '../terminal'
import { cut, renderLines } from './table'

export interface Pane {
  readonly title: string
  readonly lines: readonly string[]
  /** The line that has to be seen where not all have room. Default: the first. */
  readonly matters?: number
}

export interface Panel {
  readonly spec: string
  /** One for each tunnel; null until it is known. */
  readonly rows: readonly { readonly name: string; readonly status: TunnelStatus | null }[]
  readonly chosen: number
  /** Below the table. */
  readonly pane: Pane | null
  /** When all were known last, in milliseconds since 1970; null while they never were. */
  readonly asOf: number | null
}

export type Key = 'up' | 'down' | 'restart' | 'logs' | 'doctor' | 'close' | 'quit' | 'stop'

const keys: Readonly<Record<string, Key>> = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  r: 'restart',
  l: 'logs',
  d: 'doctor',
  '\x1b': 'close',
  q: 'quit',
  // Ctrl-C, which a terminal in raw mode hands on as it is.
  '\x03': 'stop',
}

/** Several may come at once. */
export const readKeys = (typed: string): Key[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal sends.
  (typed.match(/\x1b[[O][A-Z]|[\s\S]/g) ?? []).flatMap(one => keys[one] ?? [])

export const move = (panel: Panel, by: number): Panel => ({
  ...panel,
  chosen: Math.max(0, Math.min(panel.rows.length - 1, panel.chosen + by)),
})

export const take = (panel: Panel, status: TunnelStatus): Panel => ({
  ...panel,
  rows: panel.rows.map(row => (row.name === status.name ? { ...row, status } : row)),
})

const unread = (name: string): TunnelStatus => ({
  name,
  state: 'unknown',
  reason: 'not read yet',
  cure: null,
  listens: '-',
  far: '-',
  client: '-',
  server: '-',
  since: null,
  reconnects: null,
  connections: null,
  bytes: null,
  latency: null,
  proof: null,
  watch: null,
  lastError: null,
})

const help = 'up/down choose   r restart   l logs   d doctor   q quit'

interface Screen {
  readonly columns: number
  readonly rows: number
  readonly isColoured: boolean
  readonly now: number
}

/** As many lines as the screen has, or fewer. */
export function drawPanel({ spec, rows, chosen, pane, asOf }: Panel, screen: Screen): string[] {
  const { columns, isColoured, now } = screen
  // Two characters stand before each line: whether it is chosen.
  const look = { columns: columns - 2, isColoured, now }
  const [head = '', ...lines] = renderLines(
    rows.map(({ name, status }) => status ?? unread(name)),
    look,
  )
  const told = pane ? foldPane(pane, columns) : []
  // What the table leaves, and half of the screen at least.
  const most = Math.min(screen.rows - 5, Math.max(Math.floor(screen.rows / 2), screen.rows - 4 - lines.length))
  const paneHeight = Math.max(0, Math.min(told.length, most))
  const height = Math.max(1, screen.rows - 4 - paneHeight)
  const top = Math.max(0, Math.min(chosen - Math.floor(height / 2), lines.length - height))
  const table = lines.map((line, at) => (at === chosen ? `> ${line}` : `  ${line}`)).slice(top, top + height)
  const isAll = lines.length <= height
  const where = isAll ? '' : `   ${top + 1}-${Math.min(top + height, lines.length)} of ${lines.length}`
  return [
    cut(`${plain(spec)}: ${count(rows)}${where}${asOf === null ? '' : `   as of ${clock(asOf)}`}`, columns),
    `  ${head}`,
    ...table,
    ...(pane ? fitPane(told, pane, paneHeight) : []),
    '',
    cut(help, columns),
  ]
}

/** Its title and lines, which go on under themselves where they are too long; each with the line that it belongs to. */
function foldPane({ title, lines }: Pane, columns: number): { readonly text: string; readonly at: number }[] {
  const folded = lines.map(plain).flatMap((line, at) => {
    const begins = /^ *(?:\S+ {2,})?/.exec(line)?.[0].length ?? 0
    const folds = wrap(`  ${line}`, columns, begins + 2).split('\n')
    return folds.map(text => ({ text: cut(text, columns), at }))
  })
  return [{ text: '', at: -1 }, { text: cut(plain(title), columns), at: -1 }, ...folded]
}

/** Below the title so many as there is room for, and what matters among them. */
function fitPane(told: ReturnType<typeof foldPane>, { matters = 0 }: Pane, height: number): string[] {
  const [head, rest] = [told.slice(0, 2), told.slice(2)]
  const room = Math.max(0, height - head.length)
  const from = rest.findIndex(({ at }) => at >= matters)
  const top = Math.max(0, Math.min(from, rest.length - room))
  return [...head, ...rest.slice(top, top + room)].slice(0, height).map(({ text }) => text)
}

/** "48 up, 1 down, 1 unknown". */
function count(rows: Panel['rows']): string {
  const counts = states.map(state => [state, rows.filter(({ status }) => status?.state === state).length] as const)
  const told = counts.filter(([, number]) => number > 0).map(([state, number]) => `${number} ${state}`)
  const rest = rows.filter(({ status }) => status === null).length
  return [...told, ...(rest > 0 ? [`${rest} not read yet`] : [])].join(', ')
}

const clock = (ms: number): string => new Date(ms).toTimeString().slice(0, 8)

// `status --watch`: the table kept up to date on a screen of its own, which gives way to what stood there before, however it ends.
import { diagnose, isAsWanted, readJournal, readStatus, restart } from '../../engine'
import { accountOf, unitOf } from '../../schemas/describe-tunnel'
import { singlesOf, tunnelOf } from '../../schemas/forward'
import { isOurs } from '../../schemas/machine'
import { isMeant } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'
import { cureFor } from '../cure'
import { renderWalk } from '../render-diagnosis'
import { hearSignals, stoppedCode } from '../stop'
import { drawPanel, type Key, move, type Pane, type Panel, readKeys, take } from './panel'

export interface Watched {
  readonly spec: string
  readonly tunnels: readonly Tunnel[]
  readonly owner: string
  readonly formerOwner?: string
  /** Of those that share a connection only these. */
  readonly named?: readonly string[]
}

type Told = Omit<Pane, 'title'>

/** Milliseconds from the end of one reading to the beginning of the next. */
const pause = 3_000

/** Until q, Ctrl-C or a signal; then the process ends, with the exit status of what was seen last. */
export async function watch(watched: Watched, isColoured: boolean): Promise<never> {
  const { spec, tunnels, named, ...owners } = watched
  const rows = tunnels.flatMap(tunnel =>
    singlesOf(tunnel)
      .filter(single => isMeant(single, named ?? []))
      .map(single => ({ tunnel, single })),
  )
  const { stdin, stdout } = process
  let panel: Panel = {
    spec,
    rows: rows.map(({ single }) => ({ name: single.label, status: null })),
    chosen: 0,
    pane: null,
    asOf: null,
  }
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  const draw = () => {
    if (isOver) return
    const { columns = 80, rows = 24 } = stdout
    const lines = drawPanel(panel, { columns, rows, isColoured, now: Date.now() })
    // Each line is written over what stood there; what is left of that goes.
    stdout.write(`\x1b[H${lines.map(line => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }
  const change = (to: Panel) => {
    panel = to
    draw()
  }
  const read = async () => {
    await readStatus({ tunnels, named, ...owners }, status => change(take(panel, status)))
    change({ ...panel, asOf: Date.now() })
    if (!isOver) timer = setTimeout(read, pause)
  }
  let asked = 0
  /** What was asked last is what is shown, whatever comes in meanwhile. */
  const show = async (title: string, ask: (say: (what: string) => void) => Promise<Told>) => {
    const turn = ++asked
    const tell = (told: Told) => {
      if (turn === asked) change({ ...panel, pane: { title, ...told } })
    }
    const say = (what: string) => tell({ lines: [`${what} ...`] })
    say('asking')
    const lines = (why: unknown) => String(why instanceof Error ? why.message : why).split('\n')
    tell(await ask(say).catch(why => ({ lines: lines(why) })))
  }
  const press = (key: Key): void => {
    const { tunnel, single } = rows[panel.chosen] ?? {}
    if (key === 'up' || key === 'down') change(move(panel, key === 'up' ? -1 : 1))
    if (key === 'close') {
      asked++
      change({ ...panel, pane: null })
    }
    if (!tunnel || !single) return
    const { client } = tunnel
    const name = tunnelOf(single)
    if (key === 'restart') void show(`restart of ${name}`, () => begin(tunnel))
    if (key === 'logs') void show(`what ssh says of ${name} on ${client.name}`, () => logOf(tunnel))
    if (key === 'doctor') void show(`the chain of ${name}`, say => examine(tunnel, name, watched, say))
  }

  const leave = () => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    stdout.off('resize', draw)
    stdout.write('\x1b[?25h\x1b[?1049l')
    if (stdin.isTTY) stdin.setRawMode(false)
    stdin.pause()
  }
  // Whatever ends us.
  process.once('exit', leave)
  const code = await new Promise<number>(end => {
    const hear = (typed: string) => {
      for (const key of readKeys(typed)) {
        if (key === 'quit') end(panel.rows.every(({ status }) => status !== null && isAsWanted(status)) ? 0 : 3)
        else if (key === 'stop') end(stoppedCode)
        else press(key)
      }
    }
    hearSignals(() => end(stoppedCode))
    // The terminal has gone.
    stdin.on('end', () => end(stoppedCode))
    stdin.setEncoding('utf8').on('data', hear)
    if (stdin.isTTY) stdin.setRawMode(true)
    stdout.write('\x1b[?1049h\x1b[?25l')
    stdout.on('resize', draw)
    draw()
    void read()
  })
  leave()
  // What is still being asked of a host that does not answer shall not keep the terminal.
  process.exit(code)
}

async function begin(tunnel: Tunnel): Promise<Told> {
  await restart(tunnel)
  return { lines: ['begun anew'] }
}

async function logOf(tunnel: Tunnel): Promise<Told> {
  const { name, client } = tunnel
  if (!isOurs(client)) return { lines: [`${client.name} is not ours: its owner has the log`] }
  const asked = { unit: unitOf(tunnel), account: accountOf(name), lines: 8, cursor: null }
  const { lines } = await readJournal(client, asked)
  return { lines: lines.length > 0 ? lines.flatMap(({ text }) => text.split('\n')) : ['nothing'] }
}

/** The doctor's walk, from its first line that is not well on where it is long. */
async function examine(
  tunnel: Tunnel,
  name: string,
  { spec, owner, formerOwner }: Watched,
  say: (what: string) => void,
): Promise<Told> {
  const [found] = await diagnose(
    [{ type: 'tunnel', input: { ...tunnel, owner } }],
    { owner, formerOwner, named: [name] },
    say,
  )
  const lines = found ? renderWalk(found, cureFor(spec)).trimEnd().split('\n').slice(1) : []
  const wrong = lines.findIndex(line => !/^ {2}ok /.test(line))
  // Of what is well the end: that far answers.
  const matters = wrong < 0 ? lines.length - 1 : wrong
  return { lines: lines.map(line => line.slice(2)), matters }
}

// `status --watch`: the table kept up to date on a screen of its own, which gives way to what stood there before, however it ends.
import { isAsWanted, readJournal, readStatus, restart, type TunnelStatus } from '../../engine'
import { accountOf, unitOf } from '../../schemas/describe-tunnel'
import type { Tunnel } from '../../schemas/types'
import { stoppedCode } from '../stop'
import { drawPanel, type Key, move, type Panel, readKeys, take } from './panel'

export interface Watched {
  readonly spec: string
  readonly tunnels: readonly Tunnel[]
  readonly owner: string
  readonly formerOwner?: string
}

/** Milliseconds from the end of one reading to the beginning of the next. */
const pause = 3_000

/** Until q, Ctrl-C or a signal; then the process ends, with the exit status of what was seen last. */
export async function watch(watched: Watched, isColoured: boolean): Promise<never> {
  const { spec, tunnels, ...owners } = watched
  const { stdin, stdout } = process
  let panel: Panel = {
    spec,
    rows: tunnels.map(({ name }) => ({ name, status: null })),
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
    await readStatus({ tunnels, ...owners }, status => change(take(panel, status)))
    change({ ...panel, asOf: Date.now() })
    if (!isOver) timer = setTimeout(read, pause)
  }
  const show = async (title: string, lines: Promise<readonly string[]>) => {
    change({ ...panel, pane: { title, lines: ['...'] } })
    const told = await lines.catch(why => String(why instanceof Error ? why.message : why).split('\n'))
    change({ ...panel, pane: { title, lines: told } })
  }
  const press = (key: Key): void => {
    const tunnel = tunnels[panel.chosen]
    const status = panel.rows[panel.chosen]?.status
    if (key === 'up' || key === 'down') change(move(panel, key === 'up' ? -1 : 1))
    if (key === 'close') change({ ...panel, pane: null })
    if (!tunnel) return
    const { name } = tunnel
    if (key === 'restart') void show(`restart of ${name}`, begin(tunnel))
    if (key === 'logs') void show(`what ssh says of ${name} on ${tunnel.client.name}`, logOf(tunnel))
    if (key === 'doctor')
      void show(`the chain of ${name}`, Promise.resolve(status ? examine(status) : ['not read yet']))
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
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(stoppedCode))
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

async function begin(tunnel: Tunnel): Promise<string[]> {
  await restart(tunnel)
  return ['begun anew']
}

async function logOf(tunnel: Tunnel): Promise<readonly string[]> {
  const { name, client } = tunnel
  const asked = { unit: unitOf(tunnel), account: accountOf(name), lines: 8, cursor: null }
  const { lines } = await readJournal(client, asked)
  return lines.length > 0 ? lines.flatMap(({ text }) => text.split('\n')) : ['nothing']
}

const signs = { ok: 'ok', fail: 'FAIL', unknown: '?' } as const

/** As it was seen last. */
function examine({ state, reason, cure, proof, checks }: TunnelStatus): string[] {
  const links = checks.map(({ status, what, evidence, cure }) =>
    status === 'ok' ? [`${signs.ok.padEnd(5)} ${what}`] : told(signs[status], what, evidence, cure),
  )
  const far = proof?.answered
    ? [`${signs.ok.padEnd(5)} far answers: ${proof.farAnswered} (asked from ${proof.from})`]
    : told(state === 'unknown' ? '?' : 'FAIL', `${state}: ${reason}`, undefined, cure ?? undefined)
  return [...links.flat(), ...far]
}

const told = (sign: string, what: string, evidence?: string, cure?: string): string[] => [
  `${sign.padEnd(5)} ${what}`,
  ...[...(evidence ?? '').split('\n').filter(Boolean), ...(cure ? [`cure: ${cure}`] : [])].map(line => `      ${line}`),
]

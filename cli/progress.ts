// What is being done, on standard error: on a terminal a line for each host and round that is kept up to date, in a pipe a line for
// each thing done.
import type { Tell } from '../engine'
import { plain } from '../schemas/plain'

type Where = Parameters<Tell>[1]

export interface Progress {
  tell(tunnel: string, what: string, at: Where): void
  say(line: string): void
  /** Lets the lines stand as they are. */
  end(): void
}

export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export function makeProgress(screen: Screen): Progress {
  return screen.isTTY ? onTerminal(screen) : inPipe(screen)
}

const inPipe = (screen: Screen): Progress => ({
  tell: (tunnel, what) => screen.write(`${plain(nameOnce(tunnel, what))}\n`),
  say: line => screen.write(`${plain(line)}\n`),
  end: () => {},
})

/** A host's own settings are called as the host is. */
const nameOnce = (name: string, what: string) => (what.startsWith(`${name}: `) ? what : `${name}: ${what}`)

/** What a round is about, see Round in engine/wish/placed.ts. */
const rounds = ['accounts and sshd', 'authorized keys', 'services'] as const

function onTerminal(screen: Screen): Progress {
  const lines = new Map<string, { head: string; steps: number; last: string; changed: number }>()
  let changes = 0
  let shown = 0
  const wipe = () => {
    if (shown > 0) screen.write(`\x1b[${shown}A\x1b[J`)
    shown = 0
  }
  const draw = () => {
    const { columns = 80, rows = 24 } = screen
    // Lines that have scrolled away cannot be reached again: of more than fit those that have changed last are shown.
    const room = rows - 2
    const all = [...lines.values()].sort((a, b) => a.changed - b.changed)
    const shownLines = all.length > room ? all.slice(all.length - room + 1) : [...lines.values()]
    const more = all.length - shownLines.length
    const texts = [
      ...(more > 0 ? [`and ${more} more, where nothing is new`] : []),
      ...shownLines.map(({ head, steps, last }) => `${head}  ${String(steps).padStart(3)}  ${last}`),
    ]
    // A line that wraps would be two.
    screen.write(
      texts
        .map(
          text =>
            `${plain(text)
              .replace(/\n/g, ' ')
              .slice(0, columns - 1)}\n`,
        )
        .join(''),
    )
    shown = texts.length
  }
  const say = (line: string) => {
    wipe()
    screen.write(`${plain(line)}\n`)
    draw()
  }
  return {
    tell(tunnel, what, at) {
      if (!at) return say(nameOnce(tunnel, what))
      const head = `${at.host.padEnd(10)} ${rounds[at.round].padEnd(17)}`
      const steps = (lines.get(head)?.steps ?? 0) + 1
      lines.set(head, { head, steps, last: what.slice(at.host.length + 2), changed: ++changes })
      wipe()
      draw()
    },
    say,
    end: () => {
      shown = 0
      lines.clear()
    },
  }
}

/** One line of what is being done, for what changes nothing: only when it takes longer than a moment, and gone when it is done. */
export interface Waiting {
  say(line: string): void
  end(): void
}

/** Milliseconds. */
const moment = 1000

export function makeWaiting(screen: Screen): Waiting {
  let last = ''
  let shown = false
  const show = () => {
    shown = true
    const { columns = 80 } = screen
    const line = plain(last).replace(/\n/g, ' ')
    screen.write(screen.isTTY ? `\r\x1b[K${line.slice(0, columns - 1)}` : `${line}\n`)
  }
  const timer = setTimeout(show, moment)
  return {
    say(line) {
      last = line
      if (shown) show()
    },
    end() {
      clearTimeout(timer)
      if (shown && screen.isTTY) screen.write('\r\x1b[K')
    },
  }
}

/** For work that says nothing itself: at a terminal, where somebody may wonder. */
export async function waitingFor<Value>(line: string, work: () => Promise<Value>): Promise<Value> {
  if (!process.stderr.isTTY) return work()
  const waiting = makeWaiting(process.stderr)
  waiting.say(`${line} ...`)
  try {
    return await work()
  } finally {
    waiting.end()
  }
}

/** `reading near, middle`, of many their number. */
export const reading = (hosts: readonly { readonly name: string }[]): string => {
  const names = [...new Set(hosts.map(({ name }) => name))]
  return `reading ${names.length > 4 ? `${names.length} hosts` : names.join(', ')}`
}

// Visitors: they come to each tunnel, one after the other, each waits for a while at most, and what became of him is told.
// This file is also the program that runs in the visitor's place, with the addresses on a line of its standard input.
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Lab } from '../lab'
import { killGroup } from '../lab/command'

/** Times in milliseconds, as Date.now(). */
export interface Visit {
  readonly url: string
  readonly came: number
  /** When he had his answer, or left without one. */
  readonly at: number
  readonly answered: boolean
}

export interface Pace {
  /** Between two visitors of one tunnel; to many tunnels they come spread over that time. */
  readonly everyMs: number
  readonly patienceMs: number
}

export interface Visitors {
  /** From now on they come to these, and the first ones soon; to none they stop. */
  visit(urls: readonly string[]): void
  /** When the first of those was answered who came after a time. Throws after five minutes, or `withinMs`. */
  firstAnswer(url: string, after: number, withinMs?: number): Promise<number>
  /** Of all whose visit is over. */
  visits(): readonly Visit[]
  stop(): void
}

export function startVisitors(lab: Lab, { everyMs, patienceMs }: Pace = { everyMs: 100, patienceMs: 3_000 }): Visitors {
  const root = join(__dirname, '..')
  const tsx = join(root, 'node_modules/.bin/tsx')
  const argv = [tsx, __filename, `${everyMs}`, `${patienceMs}`]
  const child = lab.spawn('visitor', argv, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('visitors have no pipes')
  const visits: Visit[] = []
  const lines = createInterface({ input: stdout }).setMaxListeners(0)
  lines.on('line', line => visits.push(JSON.parse(line)))
  return {
    visit: urls => stdin.write(`${urls.join(' ')}\n`),
    async firstAnswer(url, after, withinMs = 300_000) {
      const signal = AbortSignal.timeout(withinMs)
      for (let seen = 0; ; await once(lines, 'line', { signal })) {
        for (; seen < visits.length; seen++) {
          const visit = visits[seen]
          if (visit?.answered && visit.url === url && visit.came >= after) return visit.at
        }
      }
    },
    visits: () => visits,
    stop: () => killGroup(child.pid),
  }
}

function visit(url: string, patienceMs: number): void {
  const came = Date.now()
  let told = false
  const tell = (answered: boolean) => {
    if (!told) console.log(JSON.stringify({ url, came, at: Date.now(), answered } satisfies Visit))
    told = true
  }
  // No agent: each comes with a connection of his own.
  const request = get(url, { agent: false, signal: AbortSignal.timeout(patienceMs) }, response => {
    response.resume()
    response.on('error', () => tell(false))
    response.on('end', () => tell(response.statusCode === 200))
  })
  request.on('error', () => tell(false))
}

if (require.main === module) {
  const [everyMs = 100, patienceMs = 3_000] = process.argv.slice(2).map(Number)
  let turn = 0
  createInterface({ input: process.stdin }).on('line', line => {
    const mine = ++turn
    const urls = line.split(' ').filter(Boolean)
    for (const [at, url] of urls.entries()) {
      const come = () => {
        if (mine !== turn) return
        visit(url, patienceMs)
        setTimeout(come, everyMs)
      }
      setTimeout(come, (at * everyMs) / urls.length)
    }
  })
}

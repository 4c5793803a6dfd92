// Visitors: one comes to each tunnel every tenth of a second, waits three seconds at most, and tells when he was answered.
// This file is also the program that runs in the visitor's place, with the addresses on a line of its standard input.
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Lab } from '../lab'
import { killGroup } from '../lab/command'

const everyMs = 100
const patienceMs = 3_000

/** Times in milliseconds, as Date.now(). */
interface Answer {
  readonly url: string
  readonly came: number
  readonly at: number
}

export interface Visitors {
  /** From now on they come to these, and the first one at once; to none they stop. */
  visit(urls: readonly string[]): void
  /** When the first of those was answered who came after a time. Throws after five minutes. */
  firstAnswer(url: string, after: number): Promise<number>
  stop(): void
}

export function startVisitors(lab: Lab): Visitors {
  const root = join(__dirname, '..')
  const tsx = join(root, 'node_modules/.bin/tsx')
  const child = lab.spawn('visitor', [tsx, __filename], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('visitors have no pipes')
  const answers: Answer[] = []
  const lines = createInterface({ input: stdout })
  lines.on('line', line => answers.push(JSON.parse(line)))
  return {
    visit: urls => stdin.write(`${urls.join(' ')}\n`),
    async firstAnswer(url, after) {
      const signal = AbortSignal.timeout(300_000)
      for (;;) {
        const found = answers.find(answer => answer.url === url && answer.came >= after)
        if (found) return found.at
        await once(lines, 'line', { signal })
      }
    },
    stop: () => killGroup(child.pid),
  }
}

function visit(url: string): void {
  const came = Date.now()
  // No agent: each comes with a connection of his own.
  const request = get(url, { agent: false, signal: AbortSignal.timeout(patienceMs) }, response => {
    response.resume()
    response.on('error', () => {})
    response.on('end', () => console.log(JSON.stringify({ url, came, at: Date.now() } satisfies Answer)))
  })
  request.on('error', () => {})
}

if (require.main === module) {
  let urls: readonly string[] = []
  setInterval(() => urls.forEach(visit), everyMs)
  createInterface({ input: process.stdin }).on('line', line => {
    urls = line.split(' ').filter(Boolean)
    urls.forEach(visit)
  })
}

// Questions at a terminal: they go to standard error, so that standard output holds the result alone.
import { createInterface } from 'node:readline'
import { plain } from '../schemas/plain'

export interface Asker {
  /** The line, trimmed; `suggested` where it is empty. Rejects with Stopped. */
  ask(question: string, suggested?: string): Promise<string>
  end(): void
}

/** Ctrl-C, or the end of the input. */
export class Stopped extends Error {}

export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

export function makeAsker(): Asker {
  const input = createInterface({ input: process.stdin, output: process.stderr, terminal: true })
  const early: string[] = []
  let waiting: { resolve(line: string): void; reject(why: Stopped): void } | null = null
  let isOver = false
  // Whoever types ahead is not passed over.
  input.on('line', line => {
    if (waiting) waiting.resolve(line)
    else early.push(line)
    waiting = null
  })
  const stop = () => {
    isOver = true
    waiting?.reject(new Stopped())
  }
  input.on('SIGINT', () => {
    // Of a key at a terminal that reads lines readline makes no signal; where no question waits it is one all the same.
    if (waiting) stop()
    else process.kill(process.pid, 'SIGINT')
  })
  input.on('close', stop)
  return {
    async ask(question, suggested) {
      // A prompt would open the input again.
      if (isOver && early.length === 0) throw new Stopped()
      input.setPrompt(`${plain(question)}${suggested === undefined ? '' : ` [${plain(suggested)}]`}: `)
      if (!isOver) input.prompt()
      const line = await new Promise<string>((resolve, reject) => {
        const first = early.shift()
        if (first !== undefined) resolve(first)
        else waiting = { resolve, reject }
      })
      const answer = line.trim()
      return answer === '' && suggested !== undefined ? suggested : answer
    },
    end: () => input.close(),
  }
}

// Somebody at a real terminal: a program in a pseudo-terminal of its own (script(1)), what it shows, and what is typed.
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'

export interface Typed {
  /** Resolves once this stands behind what was awaited last. @throws Error with the screen after half a minute */
  see(text: string | RegExp): Promise<string>
  type(line: string): void
  /** A key by its character, as Ctrl-C: '\x03'. */
  press(key: string): void
  /** Resolves to the exit status once it has ended. */
  ended(): Promise<number | null>
  /** All that was shown. */
  readonly screen: () => string
  stop(): void
}

/** `columns` wide. */
export function typed(
  start: (argv: readonly string[], options: SpawnOptions) => ChildProcess,
  argv: readonly string[],
  options: SpawnOptions = {},
  columns = 100,
): Typed {
  const command = argv.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const inside = `stty cols ${columns} rows 40; exec ${command}`
  const child = start(['script', '--quiet', '--return', '--command', inside, '/dev/null'], {
    ...options,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  let [shown, at] = ['', 0]
  let changed = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      shown += text
      changed()
    })
  }
  const find = (text: string | RegExp) => {
    const rest = shown.slice(at)
    if (typeof text === 'string') return rest.includes(text) ? { 0: text, index: rest.indexOf(text) } : null
    return text.exec(rest)
  }
  return {
    see: text =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no ${text} behind character ${at} of\n${shown}`)), 30_000)
        changed = () => {
          const found = find(text)
          if (!found) return
          clearTimeout(late)
          at += found.index + found[0].length
          changed = () => {}
          resolve(found[0])
        }
        changed()
      }),
    type: line => child.stdin?.write(`${line}\r`),
    press: key => child.stdin?.write(key),
    ended: () => exit,
    screen: () => shown,
    stop: () => {
      child.stdin?.end()
      child.kill()
    },
  }
}

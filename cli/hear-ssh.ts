// What ssh says on its standard error, line by line: what is for people, what it listens on, and when all of it stands.
import { plain } from '../schemas/plain'

export interface Heard {
  /** ADDRESS:PORT or a path, each as ssh has bound it. */
  readonly listens: readonly string[]
  /** What sshd has taken of -R, as ssh says it. */
  readonly taken: readonly string[]
  /** Whether ssh has logged in, and everything that was asked for is there. */
  readonly isReady: boolean
}

/** Of one run. `say` gets each line that a person wants to read; all of them with `isVerbose`. */
export function hearSsh(atServer: number, isVerbose: boolean, say: (line: string) => void) {
  const listens: string[] = []
  const taken: string[] = []
  let isIn = false
  let rest = ''
  return {
    hear(chunk: string): void {
      const lines = (rest + chunk).split(/\r?\n/)
      rest = (lines.pop() ?? '').slice(-4096)
      for (const line of lines) {
        const text = line.replace(/^debug1: /, '')
        const isDebug = text !== line || /^debug[23]: |^OpenSSH_/.test(line)
        const [, address, port, path] =
          /^Local forwarding listening on (?:(\S+) port (\d+)|path (.+))\.$/.exec(text) ?? []
        if (path) listens.push(path)
        else if (address) listens.push(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
        const success = /^remote forward success for: (.*)$/.exec(text)?.[1]
        if (success) taken.push(success)
        isIn ||= /^Entering interactive session/.test(text)
        if (isVerbose || (!isDebug && line.trim() !== '')) say(plain(line))
      }
    },
    heard: (): Heard => ({ listens, taken, isReady: isIn && taken.length >= atServer }),
  }
}

// What ssh says on its standard error, line by line: what is for people, what it listens on, and when all of it stands.
import { spawnSync } from 'node:child_process'
import { plain } from '../schemas/plain'

export interface Heard {
  /** ADDRESS:PORT or a path, each as ssh has bound it. */
  readonly listens: readonly string[]
  /** What sshd has taken of -R, as ssh says it. */
  readonly taken: readonly string[]
  /** Whether ssh has logged in, and everything that was asked for is there. */
  readonly isReady: boolean
}

/**
 * What has ssh say where it listens, which is otherwise a matter of its debug level: that tells of each visitor too, and a log that
 * nobody reads would grow without end. LogVerbose is there since OpenSSH 8.5.
 */
export function audible(isVerbose: boolean): string[] {
  const [, major = 0, minor = 0] = /^OpenSSH_(\d+)\.(\d+)/.exec(spawnSync('ssh', ['-V']).stderr?.toString() ?? '') ?? []
  if (isVerbose || Number(major) * 100 + Number(minor) < 805) return ['LogLevel=DEBUG1']
  const functions = ['channel_setup_fwd_listener*', 'client_loop', 'ssh_confirm_remote_forward']
  return ['LogLevel=INFO', `LogVerbose=${functions.map(name => `*:${name}():*`).join(',')}`]
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
        // What LogVerbose has it say begins with the place in its source, errors of these functions too.
        const [, debug, text = ''] = /^(debug[123]: )?(?:\S+\.c:\w+\(\):\d+ \(pid=\d+\): )?(.*)$/s.exec(line) ?? []
        const isDebug = debug !== undefined || /^OpenSSH_|^Transferred: |^Bytes per second: /.test(text)
        const [, address, port, path] =
          /^Local forwarding listening on (?:(\S+) port (\d+)|path (.+))\.$/.exec(text) ?? []
        if (path) listens.push(path)
        else if (address) listens.push(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
        const success = /^remote forward success for: (.*)$/.exec(text)?.[1]
        if (success) taken.push(success)
        isIn ||= /^Entering interactive session/.test(text)
        if (isVerbose) say(plain(line))
        else if (!isDebug && text.trim() !== '') say(plain(text))
      }
    },
    heard: (): Heard => ({ listens, taken, isReady: isIn && taken.length >= atServer }),
  }
}

// Running a program of this machine: the result is a value, and nothing outlives its time limit.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

export interface Result {
  /** Exit status; 128 + n after signal n, 124 after the time limit, as timeout(1) says it; 127 when it cannot be started. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** Added to this process's own environment; undefined takes a variable away. */
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string | Buffer
  /** Default 120 s. After it, the program's whole process group is killed. */
  readonly timeoutMs?: number
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }

/** This process's environment without an ssh agent (its keys are none of the lab's), with the folders of ip and nft in PATH. */
export function labEnv(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`
  return { ...process.env, SSH_AUTH_SOCK: undefined, PATH: path, ...env }
}

/** Starts a program at the head of a process group of its own. */
export function start(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file = '', ...args] = argv
  return spawn(file, args, { ...options, env: labEnv(options.env), detached: true })
}

export function killGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}

/** Never rejects. */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Result> {
  const { env, cwd, input, timeoutMs = 120_000 } = options
  return new Promise(resolve => {
    const child = start(argv, { env, cwd, stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child.pid)
    }, timeoutMs)
    const finish = (code: number, note = '') => {
      clearTimeout(timer)
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + note })
    }
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', error => finish(127, `${error.message}\n`))
    child.on('exit', () => {
      // A program may leave a child behind that holds its output open, as `ssh -f` does: that one is not waited for.
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, 500).unref()
    })
    child.on('close', (code, signal) => {
      if (timedOut) finish(124, `killed after ${timeoutMs} ms\n`)
      else finish(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0))
    })
    child.stdin?.on('error', () => {}) // EPIPE: the program did not read all its input, which is its own affair
    child.stdin?.end(input)
  })
}

/** The output of a program that has to succeed, trimmed; throws what it said when it does not. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await command(argv, options)
  if (code !== 0) throw new Error(`exit status ${code} from: ${argv.join(' ')}\n${stderr || stdout}`)
  return stdout.trim()
}

/** Asks again every few milliseconds until the answer is not undefined. */
export async function waitFor<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, timeoutMs = 60_000) {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}

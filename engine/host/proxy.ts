// A connection that a command of the user's makes, as ssh's ProxyCommand does: what it reads and writes is what sshd does.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Duplex } from 'node:stream'
import { expandTokens } from '../../schemas/proxy-command'
import { Fault } from '../fault'
import { withoutPasswords } from './become-password'
import { endpointOf, type Hop } from './hop'

/** What it carries, and what the command has said on its stderr. */
export type ProxyStream = Duplex & { said(): string }

/** Characters of its stderr that are kept, the last ones. */
const mostSaid = 4_000

/** Milliseconds from the end of its output in which it may end by itself, and tell how; and from the hangup until it is killed. */
const enough = { ending: 1_000, hangup: 2_000 }

const running = new Set<ChildProcessWithoutNullStreams>()

// However we end, but for a SIGKILL: then its input ends.
process.on('exit', () => {
  for (const child of running) signal(child, 'SIGHUP')
})

export function startProxy(hop: Hop, command: string, environment: NodeJS.ProcessEnv): ProxyStream {
  const line = expandTokens(command, { h: hop.address, n: hop.name, p: String(hop.port), r: hop.user })
  const shell = environment.SHELL || '/bin/sh'
  // In a session of its own: a Ctrl-C at the terminal is ours to hear, and must not cut a change off half-way.
  const env = withoutPasswords(environment)
  const child = spawn(shell, ['-c', /^exec\s/.test(line) ? line : `exec ${line}`], { env, detached: true })
  running.add(child)
  let said = ''
  let end: string | null = null
  let carried = false
  const stream = new Duplex({
    read: () => child.stdout.resume(),
    // What it does not take is lost with it, and it tells why by how it ends.
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: done => void child.stdin.end(() => done()),
    destroy: (why, done) => {
      hangUp(child)
      done(why)
    },
  })
  const finish = () => {
    if (stream.destroyed) return
    if (end === null && !carried) end = 'it ended without a word from there'
    if (end === null) stream.push(null)
    else stream.destroy(proxyFailed(hop, line, end, said))
  }
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => {})
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-mostSaid)
  })
  child.stdout.on('data', (chunk: Buffer) => {
    carried = true
    if (!stream.push(chunk)) child.stdout.pause()
  })
  child.stdout.on('end', () => setTimeout(finish, enough.ending).unref())
  child.on('error', why => {
    end = why.message
    running.delete(child)
    finish()
  })
  child.on('exit', (code, by) => {
    running.delete(child)
    if (code !== 0) end = by ? `ended by signal ${by}` : `exit status ${code}`
  })
  child.on('close', finish)
  return Object.assign(stream, { said: () => said.trim() })
}

function hangUp(child: ChildProcessWithoutNullStreams): void {
  child.stdin.destroy()
  signal(child, 'SIGHUP')
  const kill = setTimeout(() => signal(child, 'SIGKILL'), enough.hangup)
  child.once('close', () => clearTimeout(kill))
  kill.unref()
  child.unref()
}

/** With all that it has started. */
function signal({ pid }: ChildProcessWithoutNullStreams, name: 'SIGHUP' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, constants.signals[name])
  } catch {
    // They have ended.
  }
}

const proxyFailed = (hop: Hop, line: string, end: string, said: string): Fault =>
  new Fault({
    code: 'proxy-command-failed',
    host: hop.name,
    what: `cannot reach ${hop.label} at ${endpointOf(hop)}: its proxyCommand ended`,
    happened: [`${line}: ${end}`, ...(said.trim() === '' ? [] : [`it said: ${said.trim()}`])].join('\n'),
    cure: "run that line in a shell of this machine: what answers there must be the host's sshd, with a line that begins with SSH-2.0",
  })

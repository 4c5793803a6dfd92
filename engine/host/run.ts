// Runs a program text as root, or for a user who needs none, whatever carries the command there, and turns what stops it into faults.
import { Fault, type FaultCode } from '../fault'
import { mostOutput } from './gather'
import { keepAnswer } from './keep-answer'
import { limitOf, lostAfter } from './limit'
import { lateMark, makeCall, passwordMark, type Script, startMark } from './quote'
import type { Ran } from './reach'
import type { Ended } from './ssh'

export interface Carrier {
  /** The host's name. */
  readonly name: string
  /** user@address, for people. */
  readonly login: string
  readonly isRoot: boolean
  readonly become?: 'sudo' | 'doas'
  /** What is run needs no root, and is told so (remote/home.sh). */
  readonly asUser?: boolean
  /** sudo's, where it wants one. Rejects with a fault. */
  readonly password?: () => Promise<string>
  /** The environment variable that has it, for people. */
  readonly passwordEnv?: string
  /** Gives the command to a shell; never rejects. After `waitMs` nobody waits for it any more. */
  exec(command: string, stdin: string, waitMs: number, password?: string): Promise<Ended>
}

type Run = (script: Script, args: readonly string[], stdin?: string, limit?: number) => Promise<Ran>

export function makeRun(carrier: Carrier): Run {
  // Root needs no sudo, which may not even be there.
  const become = carrier.isRoot || carrier.asUser ? undefined : carrier.become
  const rootChecked = keepAnswer(() => checkRoot(carrier))
  // Once, and by nobody at the same time: each wrong password counts against the user. What else kept it from being tried may be over.
  let proved: Promise<unknown> | undefined
  const prove = (how: 'sudo' | 'doas') => {
    const proving = startProgram(carrier, { name: 'true', text: ':' }, [], '', limitOf(''), how)
    proved = proving
    proving.catch(why => {
      if (!(why instanceof Fault && answered.has(why.code))) proved = undefined
    })
    return proving
  }
  return async (script, args, stdin = '', limit = limitOf(stdin)) => {
    if (!carrier.isRoot && !become && !carrier.asUser) await rootChecked()
    if (become && carrier.password) {
      await (proved ?? prove(become))
    }
    return startProgram(carrier, script, args, stdin, limit, become)
  }
}

/** Sudo has said no, or a person that there is no password. */
const answered: ReadonlySet<FaultCode> = new Set(['become-refused', 'become-password-missing'])

/** As the login itself, unless `become` is given. */
export async function startProgram(
  carrier: Carrier,
  script: Script,
  args: readonly string[],
  stdin: string,
  limit: number,
  become?: 'sudo' | 'doas',
): Promise<Ran> {
  const password = become && (await carrier.password?.())
  const { command, program } = makeCall(
    carrier.name,
    script,
    args,
    limit,
    become,
    password !== undefined,
    carrier.asUser,
  )
  const ended = await carrier.exec(command, program + stdin, lostAfter(limit) * 1000, password)
  if (ended.kind === 'refused') throw sessionRefused(carrier, script, ended.why)
  if (ended.kind === 'lost') throw connectionLost(carrier, script, ended.why)
  if (ended.kind === 'silent')
    throw tookTooLong(carrier, script, limit, 'the host has not said since that it has ended, or how')
  if (ended.kind === 'flood') throw printedTooMuch(carrier, script)
  const { code } = ended
  const stdout = afterMark(ended.stdout)
  if (stdout === null) throw become ? becomeRefused(carrier, become, ended) : notStarted(carrier, ended)
  const stderr = afterMark(ended.stderr) ?? ended.stderr
  if (stderr.includes(`${lateMark}\n`)) {
    throw tookTooLong(carrier, script, limit, `it was ended there\n${stderr.replace(`${lateMark}\n`, '')}`)
  }
  return { stdout, stderr, code }
}

function afterMark(output: string): string | null {
  const at = output.indexOf(`${startMark}\n`)
  return at < 0 ? null : output.slice(at + startMark.length + 1)
}

/** A user of another name may still be root. */
async function checkRoot(carrier: Carrier): Promise<void> {
  const ran = await startProgram(carrier, { name: 'who-am-i', text: 'id -u' }, [], '', limitOf(''))
  if (ran.stdout.trim() === '0') return
  throw new Fault({
    code: 'not-root',
    host: carrier.name,
    what: `cannot change anything on ${carrier.name}: ${carrier.login} is not root`,
    cure: 'set become: sudo (or doas), or log in as root',
  })
}

function sessionRefused(carrier: Carrier, script: Script, why: string): Fault {
  return new Fault({
    code: 'session-refused',
    host: carrier.name,
    script: script.name,
    what: `${carrier.name} let us log in, but does not let us run ${script.name}`,
    happened: why,
    cure: `let ${carrier.login} open sessions: see MaxSessions in sshd_config(5)`,
  })
}

function connectionLost(carrier: Carrier, script: Script, why: string): Fault {
  return new Fault({
    code: 'connection-lost',
    host: carrier.name,
    script: script.name,
    what: `the connection to ${carrier.name} was lost while ${script.name} ran`,
    happened: `${why}; whether ${script.name} ran to its end is not known`,
    cure: 'run the same again: it looks at the host first, and does what is still missing',
  })
}

function tookTooLong(carrier: Carrier, script: Script, limit: number, then: string): Fault {
  return new Fault({
    code: 'took-too-long',
    host: carrier.name,
    script: script.name,
    what: `${script.name} was still running on ${carrier.name} after ${limit} s, its limit`,
    happened: then,
    cure: `see what hangs on ${carrier.name} (a full or lost file system, a name service that does not answer); then run the same again: it looks at the host first, and does what is still missing`,
  })
}

function printedTooMuch(carrier: Carrier, script: Script): Fault {
  return new Fault({
    code: 'too-much-output',
    host: carrier.name,
    script: script.name,
    what: `${script.name} on ${carrier.name} printed more than ${mostOutput / 1024 / 1024} MB, and nobody reads on`,
    happened: `the connection was closed; whether ${script.name} ran to its end is not known`,
    cure: `see what prints there: start-up files of the login shell of ${carrier.login}, or files and rules that are as large`,
  })
}

interface Refusal {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

function notStarted(carrier: Carrier, { stdout, stderr, code }: Refusal): Fault {
  return new Fault({
    code: 'program-not-started',
    host: carrier.name,
    what: `${carrier.login} may log in to ${carrier.name}, but runs no programs there`,
    script: 'the login shell',
    exitStatus: code,
    stderr: stdout + stderr,
    cure: 'give the user a shell (not nologin), and no ForceCommand in sshd_config or command= in authorized_keys',
  })
}

/** It asks for a terminal before it asks who may. */
const wantsTerminal = /must have a tty/

function becomeRefused(carrier: Carrier, become: 'sudo' | 'doas', { stdout, stderr, code }: Refusal): Fault {
  const said = (stdout + stderr).replaceAll(passwordMark, '')
  return new Fault({
    code: 'become-refused',
    host: carrier.name,
    what: `${carrier.login} cannot become root on ${carrier.name} with ${become}`,
    script: `${become} ${carrier.password ? '-S' : '-n'}`,
    exitStatus: code,
    stderr: said,
    cure: cureRefused(carrier, become, said),
  })
}

function cureRefused({ login, passwordEnv }: Carrier, become: 'sudo' | 'doas', said: string): string {
  const user = login.split('@')[0]
  if (wantsTerminal.test(said))
    return `take requiretty away for it: a line "Defaults:${user} !requiretty" in /etc/sudoers.d/${user} (visudo -f)`
  if (become === 'doas')
    return `let it do so without a password: a line "permit nopass ${user} as root" in /etc/doas.conf`
  if (passwordEnv !== undefined)
    return `check that ${passwordEnv} holds the password of ${user}, and that sudo -l lets it run all as root`
  return `let it do so without a password: a line "${user} ALL=(root) NOPASSWD: ALL" in /etc/sudoers.d/${user} (visudo -f); or name the variable that holds its password: becomePasswordEnv`
}

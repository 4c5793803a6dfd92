// `open`: a tunnel for now, from a spec or from a line like ssh's, in the foreground or not.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { plain, plainJson } from '../../schemas/plain'
import { formatProblems, readSpec } from '../../spec'
import { findMisplaced, readLogin, readProcess } from '../../spec/from-ssh'
import { type Command, type Option, type Words, WrongWords } from '../command'
import { type Heard, hearSsh } from '../hear-ssh'
import { addressesOfName, ownAddresses } from '../here'
import { forget, identify, isAlive, isName, logOf, makeFolder, recall, remember } from '../open-state'
import { json } from '../options'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderMisplaced } from '../render-adopt'
import { type How, openLine, openTunnel, type ToOpen } from '../ssh-args'
import { stoppedCode } from '../stop'

const many = 'may be given more than once'
const lines: Readonly<Record<string, Option>> = {
  local: {
    usage: '--local FORWARD',
    short: 'L',
    says: `[ADDRESS:]PORT:HOST:PORT, or with slashes, or sockets: listens here; ${many}`,
    takesValue: true,
  },
  remote: {
    usage: '--remote FORWARD',
    short: 'R',
    says: `the same the other way round: listens at the destination; ${many}`,
    takesValue: true,
  },
  dynamic: {
    usage: '--dynamic FORWARD',
    short: 'D',
    says: `[ADDRESS:]PORT: a SOCKS proxy here; ${many}`,
    takesValue: true,
  },
}
/** What of ssh's own options goes to it as it is. */
const passed: Readonly<Record<string, Option & { readonly short: string }>> = {
  port: { usage: '--port PORT', short: 'p', says: "the destination's port", takesValue: true },
  user: { usage: '--user USER', short: 'l', says: 'the login there', takesValue: true },
  identity: { usage: '--identity FILE', short: 'i', says: `a private key; ${many}`, takesValue: true },
  jump: { usage: '--jump HOSTS', short: 'J', says: 'jump hosts on the way', takesValue: true },
  option: {
    usage: '--option OPTION',
    short: 'o',
    says: `a line of ssh_config(5), where it does not contradict ours; ${many}`,
    takesValue: true,
  },
  gateway: { usage: '--gateway', short: 'g', says: 'listen on all addresses where none is named' },
}

export const open: Command = {
  name: 'open',
  takes: [{ name: 'DESTINATION', optional: true, many: true }],
  says: 'a tunnel for now: of a spec, or by a line like that of ssh; in the foreground, or with -f',
  example: 'ssh-tunnels open -f -L 8080:server935:80 root@203.0.113.20',
  more: `  open -L 8080:far:80 [-f] [-v] DESTINATION     as ssh -N would; also -R and -D, with colons or slashes
  open SPEC TUNNEL [-f] [-v]                    a tunnel of a spec whose client is this machine, with the login of its server
It runs the system's ssh with ExitOnForwardFailure, ServerAliveInterval 30, StrictHostKeyChecking and neither agent nor X11 forwarding,
and says when it listens. In the foreground Ctrl-C ends it. With -f it goes on under a name, its own or --name NAME, until
ssh-tunnels close NAME; nobody starts it again when it ends: that is what apply is for. What it says then is in its log.`,
  options: {
    json,
    ...lines,
    ...passed,
    nothing: { usage: '--nothing', short: 'N', says: 'as with ssh: no command; it never runs one' },
    background: { usage: '--background', short: 'f', says: 'go on in the background when it listens' },
    verbose: { usage: '--verbose', short: 'v', says: 'all that ssh says' },
    name: { usage: '--name NAME', says: 'what close calls it', takesValue: true },
  },
  run: words => (words.has('background') ? inBackground(words) : inForeground(words)),
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface Asked {
  readonly name: string
  prepare(folder: string, how: How): ToOpen
}

/** Null where it has been said why not. @throws WrongWords */
async function read(words: Words): Promise<Asked | null> {
  const given = words.argumentsOf('DESTINATION')
  const flags = Object.entries(lines).flatMap(([key, { short }]) =>
    words.valuesOf(key).flatMap(value => [`-${short}`, value]),
  )
  const named = words.valueOf('name')
  if (named !== undefined && !isName(named))
    throw new WrongWords(`--name ${named}: letters, digits, dots, hyphens and underscores`)
  const [first, second, ...rest] = given
  if (flags.length === 0) {
    if (first === undefined || second === undefined || rest.length > 0)
      throw new WrongWords('say SPEC TUNNEL, or -L, -R or -D and a destination')
    const tunnel = readOrSay('open', first, words.has('json'), () => {
      readEstate(first, [second])
      return readSpec(first).tunnels.find(({ name }) => name === second)
    })
    return tunnel ? { name: named ?? tunnel.name, prepare: (folder, how) => openTunnel(tunnel, folder, how) } : null
  }
  if (first === undefined || second !== undefined) throw new WrongWords('say one destination: [USER@]HOST')
  const more = Object.entries(passed).flatMap(([key, { short, takesValue }]) =>
    takesValue ? words.valuesOf(key).flatMap(value => [`-${short}`, value]) : words.has(key) ? [`-${short}`] : [],
  )
  const argv = ['ssh', '-N', ...more, ...flags, '--', first]
  const { found, problems, shown } = readProcess(argv, 'the command')
  if (!found) throw new WrongWords(plain(formatProblems(problems, shown)))
  const here = { addresses: ownAddresses(), destination: await addressesOfName(found.destination.host) }
  const misplaced = findMisplaced(found, here)
  if (misplaced.length > 0) throw new WrongWords(misplaced.flatMap(renderMisplaced).join('\n'))
  const port = found.forwards.map(({ listen }) => (listen.kind === 'tcp' ? listen.port : 'socket'))[0]
  const name = named ?? `${port}-${(readLogin(first)?.host ?? 'host').replace(/[^A-Za-z0-9.-]/g, '-')}`.slice(0, 60)
  return {
    name,
    prepare: (_folder, how) => openLine({ forwards: found.forwards, destination: first, more }, how),
  }
}

async function inForeground(words: Words): Promise<number> {
  const asked = await read(words)
  if (!asked) return 1
  const folder = mkdtempSync(join(tmpdir(), 'ssh-tunnels-'))
  try {
    const toOpen = asked.prepare(folder, { isSilent: !process.stdin.isTTY, isVerbose: words.has('verbose') })
    const child = spawn('ssh', toOpen.argv, { stdio: ['inherit', 'ignore', 'pipe'] })
    const ear = hearSsh(toOpen.atServer, words.has('verbose'), line => process.stderr.write(`${line}\n`))
    let isTold = false
    child.stderr.setEncoding('utf8').on('data', chunk => {
      ear.hear(chunk)
      if (isTold || !ear.heard().isReady) return
      isTold = true
      tell(words, { name: null, pid: child.pid ?? null, toOpen, heard: ear.heard() })
    })
    let isAsked = false
    for (const signal of signals) {
      process.on(signal, () => {
        isAsked = true
        child.kill('SIGTERM')
      })
    }
    const code = await ended(child)
    if (isAsked) return stoppedCode
    sayEnded(words, toOpen, code, isTold)
    return 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function inBackground(words: Words): Promise<number> {
  const asked = await read(words)
  if (!asked) return 1
  const { name } = asked
  const before = recall(name)
  if (before && isAlive(before))
    throw new WrongWords(`${name} is open already (pid ${before.pid}): ssh-tunnels close ${name}, or --name another`)
  forget(name)
  const folder = makeFolder(name)
  let child: ChildProcess | null = null
  let isUp = false
  let isAsked = false
  // It has a session of its own, so that a Ctrl-C does not come to it: before it has a name nobody else could end it.
  for (const signal of signals) {
    process.on(signal, () => {
      isAsked = true
    })
  }
  try {
    const toOpen = asked.prepare(folder, { isSilent: true, isVerbose: words.has('verbose') })
    const log = openSync(logOf(name), 'w', 0o600)
    child = spawn('ssh', toOpen.argv, { detached: true, stdio: ['ignore', log, log] })
    let code: number | null = null
    void ended(child).then(one => {
      code = one
    })
    const ear = hearSsh(toOpen.atServer, words.has('verbose'), line => process.stderr.write(`${line}\n`))
    for (let read = 0; !ear.heard().isReady && code === null && !isAsked; ) {
      await sleep(50)
      const text = readFileSync(logOf(name), 'utf8')
      ear.hear(text.slice(read))
      read = text.length
    }
    if (isAsked) return stoppedCode
    const who = child.pid === undefined ? null : identify(child.pid)
    if (!ear.heard().isReady || !who || child.pid === undefined) {
      sayEnded(words, toOpen, code ?? 1, false)
      return 1
    }
    const { listens } = ear.heard()
    remember({ name, pid: child.pid, ...who, command: toOpen.shown, listens, since: new Date().toISOString() })
    isUp = true
    child.unref()
    tell(words, { name, pid: child.pid, toOpen, heard: ear.heard() })
    return 0
  } finally {
    if (!isUp) {
      endGroup(child)
      forget(name)
    }
  }
}

/** With the ssh of its jump hosts. */
function endGroup(child: ChildProcess | null): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It has ended just now.
  }
}

const ended = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.on('error', why => {
      process.stderr.write(`${plain(why.message)}\n`)
      resolve(127)
    })
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })

interface Told {
  readonly name: string | null
  readonly pid: number | null
  readonly toOpen: ToOpen
  readonly heard: Heard
}

function tell(words: Words, { name, pid, toOpen, heard }: Told): void {
  const { listens, taken } = heard
  if (words.has('json')) {
    process.stdout.write(
      `${plainJson({ command: 'open', name, pid, ssh: toOpen.shown, listens, taken, errors: [] }, 2)}\n`,
    )
    return
  }
  const said = [
    ...listens.map(one => `listens on ${one}\n`),
    ...taken.map(
      one =>
        `${toOpen.server} has taken ${one}; on which address it listens its GatewayPorts decides: ssh-tunnels list tells\n`,
    ),
    ...(name === null ? [] : [`goes on as pid ${pid}; ssh-tunnels close ${name} ends it\n`]),
  ]
  process.stdout.write(plain(said.join('')))
}

function sayEnded(words: Words, toOpen: ToOpen, code: number, wasUp: boolean): void {
  const message = wasUp
    ? `ssh has ended (exit status ${code})`
    : `ssh has ended (exit status ${code}) before it listened: see what it says above, or with -v`
  // A document stands there already when it was up.
  if (words.has('json') && !wasUp) {
    const error = { about: toOpen.shown, code: 'not-listening', host: toOpen.server, message }
    process.stdout.write(
      `${plainJson({ command: 'open', name: null, pid: null, ssh: toOpen.shown, listens: [], taken: [], errors: [error] }, 2)}\n`,
    )
  } else process.stderr.write(`${message}\n`)
}

// What a look at a host shows of SSH forwards: a row for each, whoever made it, with the command as it was given.
import type { Forwarding, SshProcess } from '../engine'
import { formatEndpoint, isLoopback, isWildcard, sameHost } from '../schemas/endpoint'
import { type ByHand, type HandForward, readProcess, readStartLines, writeLogin, writeProcess } from '../spec/from-ssh'

export interface Row {
  /** `tunnel web of shop`; null for somebody else's. */
  readonly tunnel: string | null
  readonly pid: number
  readonly user: string
  readonly program: SshProcess['program']
  /** The systemd unit that runs it; null for none. */
  readonly unit: string | null
  readonly isUserUnit: boolean
  readonly forward: 'local' | 'remote' | 'dynamic'
  /** Which machine listens: this one, or the one that its ssh has logged in to. */
  readonly listensOn: 'here' | 'there'
  /** ADDRESS:PORT or a path; of a listener here as it is bound, else as it was asked for. */
  readonly listens: string
  /** Null where this host does not tell. */
  readonly isBound: boolean | null
  /** Null for a dynamic one; also for a session of sshd, whose far only the other end knows. */
  readonly far: string | null
  /** Where ssh goes to, or where the session of sshd comes from; null where this host does not tell. */
  readonly peer: string | null
  /** Milliseconds since 1970. */
  readonly since: number | null
  /** As it was given, without what may be a secret; empty for a session of sshd. */
  readonly command: string
}

export interface Running {
  readonly process: SshProcess
  /** Run by the process's user, whatever starts it. */
  readonly hand: ByHand
}

/** Those that ssh was told to make. autossh stands for the ssh that it has started. */
export function runningOn({ processes }: Forwarding): Running[] {
  const watchers = new Set(processes.flatMap(({ program, pid }) => (program === 'autossh' ? [pid] : [])))
  return processes.flatMap(process => {
    if (process.program === 'sshd' || watchers.has(process.parent)) return []
    const hand = readProcess(process.argv, `pid ${process.pid}`).found
    return hand && hand.forwards.length > 0 ? [{ process, hand: { ...hand, runBy: process.user } }] : []
  })
}

export function rowsOf(seen: Forwarding): Row[] {
  const running = runningOn(seen)
  const ownOf = (pid: number) => seen.processes.filter(one => one.pid === pid || one.parent === pid).map(one => one.pid)
  const mine = running.flatMap(({ process, hand }) =>
    hand.forwards.flatMap(forward => rowsOfForward(seen, process, hand, forward, ownOf(process.pid))),
  )
  const sessions = seen.processes.filter(({ program }) => program === 'sshd')
  const theirs = sessions.flatMap(process => {
    const listeners = seen.listeners.filter(({ pid }) => pid === process.pid && !isOfSshd(seen, process))
    const peer = seen.connections.find(({ pid }) => pid === process.pid)?.peer ?? null
    return listeners.map(({ address, port }) => ({
      ...whoseOf(process),
      forward: 'remote' as const,
      listensOn: 'here' as const,
      listens: formatEndpoint({ host: address, port }),
      isBound: true,
      far: null,
      peer,
      command: '',
    }))
  })
  return [...mine, ...theirs]
}

/** sshd's own door: the process that no session is. */
const isOfSshd = ({ processes }: Forwarding, { argv, parent }: SshProcess) =>
  /\[listener\]|^(\/\S*\/)?sshd( |$)/.test(argv.join(' ')) &&
  !processes.some(({ pid, program }) => pid === parent && program === 'sshd')

const whoseOf = ({ pid, user, owner, program, unit, isUserUnit, since }: SshProcess) => ({
  tunnel: owner === null ? null : `tunnel ${user.replace(/^tun-/, '')} of ${owner}`,
  pid,
  user,
  program,
  unit: program === 'sshd' ? null : unit,
  isUserUnit,
  since,
})

function rowsOfForward(
  { listeners, sockets, showsListeners }: Forwarding,
  process: SshProcess,
  hand: ByHand,
  forward: HandForward,
  pids: readonly number[],
): Row[] {
  const { listen, far, type, by } = forward
  const bound =
    by === 'server'
      ? []
      : listen.kind === 'socket'
        ? sockets.filter(({ path, pid }) => path === listen.path && pids.includes(pid)).map(({ path }) => path)
        : listeners
            .filter(
              one =>
                one.port === listen.port &&
                one.pid !== null &&
                pids.includes(one.pid) &&
                fits(one.address, listen.host),
            )
            .map(({ address, port }) => formatEndpoint({ host: address, port }))
  const asked =
    listen.kind === 'socket'
      ? listen.path
      : formatEndpoint({ host: listen.host ?? (hand.isOpen ? '*' : 'localhost'), port: listen.port })
  const { host, user, port } = hand.destination
  return (bound.length > 0 ? bound : [asked]).map(listens => ({
    ...whoseOf(process),
    forward: type,
    listensOn: by === 'server' ? 'there' : 'here',
    listens,
    isBound: by === 'server' || !showsListeners ? null : bound.length > 0,
    far: far === null ? null : far.kind === 'socket' ? far.path : formatEndpoint(far),
    peer: writeLogin({ host, user, port }),
    command: writeProcess(process.argv),
  }))
}

/** Of a name ssh binds what it leads to; of none the loopback of both families. */
const fits = (address: string, asked: string | null) =>
  asked === null || asked === 'localhost'
    ? isLoopback(address) || isWildcard(address)
    : isWildcard(asked)
      ? isWildcard(address)
      : sameHost(address, asked)

export interface Start {
  readonly path: string
  readonly hand: ByHand
}

/** Lines of units, tables and scripts that are nobody's of ours; `isRunning` where a process of that unit is there. */
export function startsOn(seen: Forwarding): (Start & { readonly isRunning: boolean })[] {
  return readStarts(seen).flatMap(({ path, found, isRunning }) =>
    found.flatMap(hand => (hand.forwards.length > 0 ? [{ path, hand, isRunning }] : [])),
  )
}

/** Those that could not be read, a sentence each; what runs has been read from its process. */
export const unreadOn = (seen: Forwarding): string[] =>
  readStarts(seen).flatMap(({ problems, isRunning }) =>
    problems
      .filter(({ code }) => !isRunning && code !== 'no-ssh')
      .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`),
  )

function readStarts({ starts, processes, environments }: Forwarding) {
  const units = new Set(processes.map(({ unit }) => unit))
  const files = (path: string) =>
    environments.filter(one => one.path === path).map(({ text }) => ({ name: path, text }))
  return starts
    .filter(({ text }) => !text.startsWith('# Made by cdktf-ssh-tunnels'))
    .map(({ path, text }) => ({
      ...readStartLines({ name: path, text }, files),
      ...{ path, isRunning: units.has(path.slice(path.lastIndexOf('/') + 1)) },
    }))
}

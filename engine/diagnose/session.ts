// The connection between a tunnel's ssh and its sshd: is there one, and is it alive at both ends. Pure.
import { isOurs } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import type { Look } from '../look/look'
import { type Check, ok } from '../parts/check'
import { clientKeepalive, serverKeepalive } from '../parts/keepalive'
import { accountOf } from '../parts/paths'
import { stateOf } from '../parts/service'
import type { Held, Said, Snapshot } from '../parts/snapshot'
import { tunnelOf } from '../proof/prove'
import { describeTime } from './clock'

/** A tunnel's two ends, as their hosts show them; or of one that goes over jump hosts those of one leg of its way. */
export interface Ends {
  readonly client: Host
  readonly server: Host
  readonly onClient: Snapshot
  readonly onServer: Snapshot
  readonly account: string
  readonly unit: string
  /** ssh's connection; of several the youngest. */
  readonly mine: Held | undefined
  /** sshd's, where it is told. */
  readonly theirs: readonly Held[]
  /** What ssh and systemd have said of the unit. */
  readonly said: readonly Said[]
  /** Of a leg that begins at a jump host: the host that runs ssh. */
  readonly runner?: { readonly host: Host; readonly on: Snapshot }
}

const runnerOf = ({ runner, client, onClient }: Ends) => runner ?? { host: client, on: onClient }

/** The first end and the last. Null where a host was not read, or is not ours to read. */
export function endsOf(seen: Look): Ends | null {
  const legs = legsOf(seen)
  const [first, last] = [legs[0], legs.at(-1)]
  if (!first || !last) return null
  const { runner: _, ...ends } = last
  return { ...ends, client: first.client, onClient: first.onClient, mine: first.mine }
}

/** From sshd to sshd; one where no jump host lies between. None where a host was not read, or is not ours to read. */
export function legsOf(seen: Look): Ends[] {
  const { name, client, server, jumps = [] } = tunnelOf(seen)
  if (seen.away.size > 0 || !isOurs(client) || !isOurs(server)) return []
  const service = seen.derived.placed.find(one => one.kind === 'service')
  if (service?.kind !== 'service') return []
  const [account, { unit }] = [accountOf(name), service.at]
  const on = seen.snapshotOf(client)
  const said = (on.health?.said ?? []).filter(one => one.unit === unit)
  const way = [client, ...jumps, server]
  return way.slice(1).map((to, at) => {
    const from = way[at] ?? client
    const [onClient, onServer] = [seen.snapshotOf(from), seen.snapshotOf(to)]
    const [mine] = heldBy(onClient, account)
      .filter(({ peer }) => peer.endsWith(`:${to.port ?? 22}`))
      .sort((a, b) => a.seconds - b.seconds)
    const theirs = sessionsOn(onServer, account, to.port ?? 22)
    const runner = at === 0 ? {} : { runner: { host: client, on } }
    return { client: from, server: to, onClient, onServer, account, unit, mine, theirs, said, ...runner }
  })
}

const heldBy = ({ health }: Snapshot, account: string): readonly Held[] =>
  (health?.held ?? []).filter(one => one.account === account)

/**
 * An account's own connections to sshd, and not those that sshd forwards for it: they stand at a port on which root listens, which is another
 * than the one that the client dials where something on the way forwards ports.
 */
export function sessionsOn(onServer: Snapshot, account: string, dialled: number): readonly Held[] {
  const ports = [dialled, ...onServer.listeners.flatMap(({ uid, port }) => (uid === 0 ? [port] : []))]
  return heldBy(onServer, account).filter(({ local }) => ports.some(port => local.endsWith(`:${port}`)))
}

/** Between two tries of ssh it is activating. */
const isActive = (ends: Ends) => /^activ/.test(stateOf(runnerOf(ends).on, ends.unit) ?? '')

/** IPv4 addresses as IPv6 ones, as some sshd hold them, are the same. */
const numeric = (end: string) => end.replace(/\[::ffff:([\d.]+)\]/, '$1')

/** Whether both hosts show one and the same connection; null where a translation of addresses lies between. */
function isPaired({ mine, theirs, onServer, account }: Ends): boolean | null {
  if (!mine) return false
  if (theirs.some(one => numeric(one.peer) === numeric(mine.local))) return true
  return theirs.length > 0 || onServer.sessions.includes(account) ? null : false
}

export const hasSession = (ends: Ends): boolean =>
  ends.onClient.health?.held === null || (ends.mine !== undefined && isPaired(ends) !== false)

export function checkSession(ends: Ends): Check[] {
  if (!isActive(ends) || !ends.onClient.health) return []
  const { client, server, mine, account, runner } = ends
  const program = `${runner ? 'sshd' : 'ssh'} on ${client.name}`
  const asked = { link: 'session lives', host: client.name } as const
  const failed = { ...asked, status: 'fail', code: 'not-listening', mends: true } as const
  const said = lastWords(ends)
  const mute = [ends.onClient, ends.onServer].find(({ health }) => health?.held === null)
  if (mute) {
    const who = mute === ends.onClient ? client.name : server.name
    const what = `${who} does not tell the connections of its tunnels`
    return [{ ...asked, status: 'unknown', what, cure: `install ss (iproute2) and pgrep (procps) on ${who}` }]
  }
  const stale = findStale(ends)
  if (stale) {
    const what = `sshd on ${server.name} goes on with a session of ${account} whose other end is gone (half-dead)`
    const gone = `its other end was ${stale.peer}, and ${client.name} has no such connection any more`
    const evidence = [gone, ...(mine ? [] : [said])].filter(Boolean).join('\n')
    return [{ ...failed, what, evidence, cure: 'deploy' }]
  }
  if (!mine) {
    const what = `${program} has no connection to ${server.name}`
    return [{ ...failed, what, evidence: said, cure: 'see what ssh says' }]
  }
  if (isPaired(ends) === false) {
    const what = `${client.name} is connected to ${server.name}, but sshd there has no session for ${account}`
    return [{ ...failed, what, evidence: said, cure: 'see what ssh says' }]
  }
  const dead = findDead(ends)
  if (dead) return [{ ...failed, ...dead, cure: 'deploy' }]
  return [
    ok(
      asked,
      `${program} has been connected to ${server.name} for ${describeTime(mine.seconds)}${runner ? '' : often(ends)}`,
    ),
  ]
}

const often = ({ said }: Ends) => {
  const begun = said.filter(({ text }) => /^Started /.test(text)).length
  return begun > 1 ? `, begun ${begun} times in the last hour` : ''
}

/** Seconds: what a try of ssh's takes that comes to nothing, and the hosts are not read at the same moment. */
const aTry = 10

/** A session of sshd that listens for a client that has another one, or none. */
function findStale({ theirs, onClient, mine }: Ends): Held | undefined {
  const isOwn = (end: string) =>
    onClient.addresses.includes(
      numeric(end)
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, ''),
    )
  const others = theirs.filter(one => isOwn(one.peer) && numeric(one.peer) !== (mine && numeric(mine.local)))
  return others.find(
    one => (mine || one.seconds > aTry) && !theirs.some(other => other !== one && other.seconds < one.seconds),
  )
}

/** One end asks, and has heard nothing for longer than an answer takes. */
function findDead(ends: Ends): Pick<Check, 'what' | 'evidence'> | null {
  const { client, server, mine, theirs, onServer, unit, account } = ends
  const sides = [
    { who: client.name, other: server.name, held: mine, alive: clientKeepalive(runnerOf(ends).on, unit) },
    { who: server.name, other: client.name, held: theirs[0], alive: serverKeepalive(onServer, account) },
  ]
  for (const { who, other, held, alive } of sides) {
    if (!held) continue
    const waits = alive && alive.interval > 0 ? alive.interval : Number.POSITIVE_INFINITY
    const silent = (held.heardMs ?? 0) / 1000
    if (held.backoff < 3 && silent < waits * 1.5 + 2) continue
    const heard = `${who} has heard nothing of ${other} for ${describeTime(silent)}`
    const again = held.backoff > 0 ? `; what it sent it has sent ${held.backoff} times again` : ''
    return {
      what: `the connection between ${client.name} and ${server.name} is half-dead`,
      evidence: `${heard}${again}`,
    }
  }
  return null
}

/** ssh comes back again and again, with the same words. */
export function lastWords({ said, ...ends }: Ends): string | undefined {
  const words = said.filter(
    ({ text }) =>
      !/^(Started|Stopped|Starting|Stopping) |Scheduled restart|Deactivated|Main process exited|Failed with result|Consumed |^ssh ended with /.test(
        text,
      ),
  )
  const last = [...new Set(words.slice(-8).map(({ text }) => text))].slice(-4)
  return last.length > 0 ? `ssh on ${runnerOf({ said, ...ends }).host.name} says: ${last.join('\n  ')}` : undefined
}

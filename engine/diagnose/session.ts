// The connection between a tunnel's ssh and its sshd: is there one, is it alive at both ends, and does it last while nobody uses it. Pure.
import type { Host } from '../../schemas/types'
import type { Look } from '../look/look'
import { type Check, ok } from '../parts/check'
import { clientKeepalive, serverKeepalive } from '../parts/keepalive'
import { accountOf } from '../parts/paths'
import type { Held, Said, Snapshot } from '../parts/snapshot'
import { tunnelOf } from '../proof/prove'
import { describeTime } from './clock'

/** A tunnel's two ends, as their hosts show them. */
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
}

/** Null where a host was not read. */
export function endsOf(seen: Look): Ends | null {
  if (seen.away.size > 0) return null
  const { name, client, server } = tunnelOf(seen)
  const service = seen.derived.placed.find(one => one.kind === 'service')
  if (service?.kind !== 'service') return null
  const [onClient, onServer] = [seen.snapshotOf(client), seen.snapshotOf(server)]
  const account = accountOf(name)
  const port = `:${server.port ?? 22}`
  const of = ({ health }: Snapshot) => (health?.held ?? []).filter(one => one.account === account)
  const [mine] = of(onClient)
    .filter(({ peer }) => peer.endsWith(port))
    .sort((a, b) => a.seconds - b.seconds)
  const theirs = of(onServer).filter(({ local }) => local.endsWith(port))
  const { unit } = service.at
  const said = (onClient.health?.said ?? []).filter(one => one.unit === unit)
  return { client, server, onClient, onServer, account, unit, mine, theirs, said }
}

/** Between two tries of ssh it is activating. */
const isActive = ({ onClient, unit }: Ends) => /^activ/.test(onClient.units[unit]?.ActiveState ?? '')

/** IPv4 addresses as IPv6 ones, as some sshd hold them, are the same. */
const numeric = (end: string) => end.replace(/\[::ffff:([\d.]+)\]/, '$1')

/** Whether both hosts show one and the same connection; null where a translation of addresses lies between. */
function isPaired({ mine, theirs }: Ends): boolean | null {
  if (!mine) return false
  if (theirs.some(one => numeric(one.peer) === numeric(mine.local))) return true
  return theirs.length > 0 ? null : false
}

export const hasSession = (ends: Ends): boolean => ends.mine !== undefined && isPaired(ends) !== false

export function checkSession(ends: Ends): Check[] {
  if (!isActive(ends) || !ends.onClient.health) return []
  const { client, server, mine, account } = ends
  const asked = { link: 'session lives', host: client.name } as const
  const failed = { ...asked, status: 'fail', code: 'not-listening', mends: true } as const
  const said = lastWords(ends)
  if (!mine) {
    const what = `ssh on ${client.name} has no connection to ${server.name}`
    return [{ ...failed, what, evidence: said, cure: 'see what ssh says' }]
  }
  const stale = findStale(ends)
  if (stale) {
    const what = `sshd on ${server.name} goes on with a session of ${account} whose other end is gone (half-dead)`
    const evidence = `its other end was ${stale.peer}, and ${client.name} has no such connection any more`
    return [{ ...failed, what, evidence, cure: 'deploy' }]
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
      `ssh on ${client.name} has been connected to ${server.name} for ${describeTime(mine.seconds)}${often(ends)}`,
    ),
  ]
}

const often = ({ said }: Ends) => {
  const begun = said.filter(({ text }) => /^Started /.test(text)).length
  return begun > 1 ? `, begun ${begun} times in the last hour` : ''
}

/** A session of sshd that listens for a client that has another one, or none. */
function findStale({ theirs, onClient, mine }: Ends): Held | undefined {
  const isOwn = (end: string) =>
    onClient.addresses.includes(
      numeric(end)
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, ''),
    )
  const others = theirs.filter(one => isOwn(one.peer) && numeric(one.peer) !== (mine && numeric(mine.local)))
  return others.find(one => !theirs.some(other => other !== one && other.seconds < one.seconds))
}

/** One end asks, and has heard nothing for longer than an answer takes. */
function findDead(ends: Ends): Pick<Check, 'what' | 'evidence'> | null {
  const { client, server, mine, theirs, onClient, onServer, unit, account } = ends
  const sides = [
    { who: client.name, other: server.name, held: mine, alive: clientKeepalive(onClient, unit) },
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

/** Words of ssh's for an end of its connection that neither side wanted (clientloop.c, packet.c of OpenSSH). */
const droppedWords = /^Timeout, server .* not responding|Connection reset by|Broken pipe/
/** And for no connection at all: then the way is gone, not its memory. */
const unreachedWords = /^ssh: connect to host|Could not resolve|Connection refused|Connection timed out|No route/

/** When the connection dropped although the server was there all the time. */
export function findDrops({ said }: Ends): Said[] {
  return said.filter(
    one =>
      droppedWords.test(one.text) &&
      !said.some(({ at, text }) => Math.abs(at - one.at) < 60 && unreachedWords.test(text)),
  )
}

export function checkKeepalive(ends: Ends): Check[] {
  const { client, server, onClient, onServer, unit, account, mine } = ends
  const asked = { link: 'kept while quiet', host: client.name } as const
  const failed = { ...asked, status: 'fail', goesOn: true, code: 'drops-while-quiet' } as const
  const [ours, theirs] = [clientKeepalive(onClient, unit), serverKeepalive(onServer, account)]
  if (!ours || !onClient.health) return []
  const each = [ours.interval, theirs?.interval ?? 0].filter(interval => interval > 0)
  if (each.length === 0) {
    const what =
      'nothing keeps the connection from falling silent: ServerAliveInterval is 0, and ClientAliveInterval too'
    return [{ ...failed, what, evidence: `${unit} on ${client.name} says so`, cure: 'deploy', mends: true }]
  }
  const interval = Math.min(...each)
  const every = `a keepalive goes every ${interval} s`
  const drops = findDrops(ends)
  const shorter = (most: number) =>
    `say serverAlive: { interval: ${Math.max(1, Math.floor(most / 3))} } for the tunnel in the spec, and deploy`
  const forgetful = [
    { host: client.name, health: onClient.health },
    { host: server.name, health: onServer.health },
  ].find(
    ({ health }) =>
      health !== null &&
      health.remembers !== null &&
      health.remembers <= interval &&
      (!health.takesUp || drops.length > 0),
  )
  if (forgetful) {
    const remembers = forgetful.health?.remembers ?? 0
    return [
      {
        ...failed,
        what: `${forgetful.host} forgets a connection that is quiet for ${remembers} s, and ${every}`,
        evidence: [
          `net.netfilter.nf_conntrack_tcp_timeout_established is ${remembers} on ${forgetful.host}`,
          ...tellDrops(drops),
        ].join('\n'),
        cure: `${shorter(remembers)}; or set that to more than ${interval} on ${forgetful.host} (default 432000)`,
      },
    ]
  }
  if (drops.length >= 2) {
    return [
      {
        ...failed,
        what: `the connection between ${client.name} and ${server.name} keeps dropping, as where a NAT or firewall on the way forgets one that is quiet sooner than its keepalive goes, every ${interval} s`,
        evidence: tellDrops(drops).join('\n'),
        cure: shorter(interval),
      },
    ]
  }
  const stood =
    mine && mine.seconds > interval ? `, and the connection has stood for ${describeTime(mine.seconds)}` : ''
  return [ok(asked, `${every}${stood}`)]
}

function tellDrops(drops: readonly Said[]): string[] {
  const last = drops.at(-1)
  if (!last) return []
  return [
    `it has dropped ${drops.length} times in the last hour, at last ${new Date(last.at * 1000).toISOString()}: ${last.text}`,
  ]
}

/** ssh comes back again and again, with the same words. */
export function lastWords({ said, client }: Ends): string | undefined {
  const words = said.filter(
    ({ text }) =>
      !/^(Started|Stopped|Starting|Stopping) |Scheduled restart|Deactivated|Main process exited|Failed with result|Consumed /.test(
        text,
      ),
  )
  const last = [...new Set(words.slice(-8).map(({ text }) => text))].slice(-4)
  return last.length > 0 ? `ssh on ${client.name} says: ${last.join('\n  ')}` : undefined
}

// Whether the connection between client and server lasts while nobody uses it: who keeps it from falling silent, and what on its way forgets it. Pure.
import { type Check, ok } from '../parts/check'
import { clientKeepalive, serverKeepalive } from '../parts/keepalive'
import type { Said } from '../parts/snapshot'
import { describeTime } from './clock'
import type { Ends } from './session'

/** Words of ssh's for an end of its connection that neither side wanted (clientloop.c, packet.c of OpenSSH). */
const droppedWords = /^Timeout, server .* not responding|Connection reset by|Broken pipe/
/** And for no connection at all: then the way is gone, not its memory. */
const unreachedWords = /^ssh: connect to host|Could not resolve|Connection refused|Connection timed out|No route/

/** When the connection dropped although the server was there all the time, and under the unit's text as it is. */
export function findDrops({ said, onClient, unit }: Ends): Said[] {
  const since = onClient.health?.written[unit] ?? 0
  return said.filter(
    one =>
      one.at >= since &&
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

// How tunnels are now: each host is asked once, each far through its public port, and who is away holds up nobody else for long.
import { leadsTo } from '../../schemas/dynamic'
import { hostsOfTunnel } from '../../schemas/jumps'
import { eachLogin, isOurs, loginId } from '../../schemas/machine'
import { isMeant } from '../../schemas/shared'
import type { Host, Proof, Tunnel } from '../../schemas/types'
import { type Owners, underStandingOwner } from '../compare/former-owner'
import { describeTimes, type Unproven } from '../look/history'
import { type Look, questionsFor, see } from '../look/look'
import { mergeSeen, readInTime, within } from '../look/read-in-time'
import type { Requests } from '../look/requests'
import { socketAt } from '../look/sockets'
import { watchedOf } from '../look/watched'
import { accountOf, unitOf } from '../parts/paths'
import type { Session } from '../parts/snapshot'
import { derive } from '../wish/declared'
import { allForwards, isTcp, isUnchosen, type Listening } from '../wish/placed'
import { type Judged, judgeForward, type State } from './judge'

/** How one forward of a tunnel is. */
export interface TunnelStatus {
  /** The tunnel's name; of one of several forwards TUNNEL/NAME or TUNNEL/NUMBER. */
  readonly name: string
  readonly state: State
  /** Why it is not up; of one that is, what its proof leaves open. Null for nothing. */
  readonly reason: string | null
  readonly cure: string | null
  /** ADDRESS:PORT at which far is published; PORT is `?` where the host that has chosen it was not read, or has chosen none. */
  readonly listens: string
  readonly far: string
  readonly client: string
  readonly server: string
  /** When the ssh that runs now was begun, in milliseconds since 1970 by our clock; null while there is none, or nobody tells. */
  readonly since: number | null
  readonly reconnects: number | null
  /** Through the public port, at the moment. */
  readonly connections: number | null
  readonly bytes: Session['bytes']
  /** Milliseconds from dialling the public port to far's first word, from where the proof was taken. */
  readonly latency: number | null
  readonly proof: Proof | null
  /** What the resident proof says, where there is one: the times of the last day in which far has not answered; null for none. */
  readonly watch: {
    /** The host that proves. */
    readonly host: string
    readonly checked: number | null
    /** Why nobody knows what came after that: the timer does not run, or its last proof is old; null where it proves. */
    readonly doubt: string | null
    readonly unproven: readonly Unproven[]
    readonly says: string | null
  } | null
  /** What ssh has said last, and when, in milliseconds since 1970 by our clock. */
  readonly lastError: { readonly text: string; readonly at: number } | null
  /** Of its tunnel, where it has any. */
  readonly labels?: Readonly<Record<string, string>>
}

/** Milliseconds that a host may take to be read, and then far to answer. A connection alone may take 15 s (engine/host); one sshd is asked once a second (proof/penalties.ts). */
const usual = { host: 25_000, far: 90_000 }

export interface Asked extends Owners {
  readonly tunnels: readonly Tunnel[]
  /** Of those that share a connection only these; empty for all. */
  readonly named?: readonly string[]
}

/** Never rejects. `told` is called with each as it becomes known; the order of what it resolves to is that of `tunnels`. */
export async function readStatus(
  { tunnels, named = [], ...owners }: Asked,
  told: (status: TunnelStatus) => void = () => {},
  patience = usual,
): Promise<TunnelStatus[]> {
  const hosts = eachLogin(tunnels.flatMap(hostsOfTunnel).filter(isOurs))
  const reading = new Map(
    hosts.map(host => [loginId(host), readInTime(host, one => requestsFor(one, tunnels), patience.host)]),
  )
  const all = await Promise.all(
    tunnels.map(async tunnel => {
      const sides = eachLogin(hostsOfTunnel(tunnel)).map(host => reading.get(loginId(host)))
      const seen = mergeSeen((await Promise.all(sides)).flatMap(one => one ?? []))
      const look = see(underStandingOwner({ type: 'tunnel', input: tunnel }, owners, seen), seen)
      return Promise.all(
        allForwards(look.derived)
          .filter(({ of }) => isMeant(of, named))
          .map(async listening => {
            const judged = await within(patience.far, judgeForward(look, listening), late)
            const status = describe(listening, look, judged)
            told(status)
            return status
          }),
      )
    }),
  )
  return all.flat()
}

const late = (): Judged => ({ state: 'unknown', reason: 'far was not asked in time', proof: null })

/** All that status asks of a host, in one read. */
function requestsFor(host: Host, tunnels: readonly Tunnel[]): Requests {
  const isHere = (other: Host) => loginId(other) === loginId(host)
  const there = tunnels.filter(tunnel => hostsOfTunnel(tunnel).some(isHere))
  const listening = there.flatMap(input =>
    allForwards(derive({ type: 'tunnel', input }, {})).map(one => ({ ...one, account: accountOf(input.name) })),
  )
  return {
    names: there.map(({ name }) => name),
    questions: questionsFor(
      host,
      there.map(input => ({ type: 'tunnel', input })),
    ),
    traffic: {
      units: there.filter(({ client }) => isHere(client)).map(({ name }) => unitOf(name)),
      ports: listening
        .filter(one => isHere(one.host))
        .flatMap(one => (isTcp(one) ? [{ account: one.account, port: one.port }] : [])),
    },
  }
}

function describe(listening: Listening, look: Look, judged: Judged): TunnelStatus {
  const { of, host, endpoint } = listening
  const { name, client, server } = of
  const now = Date.now()
  const traffic = (host: Host) => (!isOurs(host) || look.away.has(loginId(host)) ? null : look.snapshotOf(host).traffic)
  const session = traffic(client)?.sessions[unitOf(name)]
  const open = isTcp(listening)
    ? traffic(host)?.open[`${accountOf(name)} ${listening.port}`]
    : look.away.has(loginId(host))
      ? null
      : socketAt(look, listening)?.open
  return {
    name: of.label,
    state: judged.state,
    reason: judged.reason,
    cure: judged.cure ?? null,
    listens: isUnchosen(listening) ? endpoint.replace(/:0$/, ':?') : endpoint,
    far: leadsTo(of),
    client: client.name,
    server: server.name,
    since: typeof session?.age === 'number' ? now - session.age * 1000 : null,
    reconnects: session?.restarts ?? null,
    connections: open ?? null,
    bytes: session?.bytes ?? null,
    latency: judged.ms ?? null,
    proof: judged.proof,
    watch: describeWatch(look, of.label, now),
    lastError: session?.words ? { text: session.words.text, at: now - session.words.age * 1000 } : null,
    ...(of.labels && { labels: of.labels }),
  }
}

function describeWatch(look: Look, label: string, now: number): TunnelStatus['watch'] {
  const watched = watchedOf(look, now).find(one => one.label === null || one.label === label)
  if (!watched) return null
  const { host, checked, unproven } = watched
  const doubt = watched.doubt?.what ?? null
  const says = [...(unproven.length > 0 ? [describeTimes(unproven, now)] : []), ...(doubt ? [doubt] : [])]
  return { host, checked, doubt, unproven, says: says.join('; ') || null }
}

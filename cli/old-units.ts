// What runs by hand in the place of a spec's tunnels: found on their clients, and told where it cannot make way.
import { Fault, type Forwarding, readForwarding, readUnits, type Trouble, whyNotReplaced } from '../engine'
import { isSocket } from '../schemas/address'
import { listeningHost } from '../schemas/check-listen'
import { boundFor, isWildcard, sameHost } from '../schemas/endpoint'
import { forwardsOf, singlesOf } from '../schemas/forward'
import { eachLogin, isOurs, loginId } from '../schemas/machine'
import type { Host, Tunnel } from '../schemas/types'
import { listenOf } from '../spec/from-ssh'
import { type Running, runningOn } from './found-on-host'

export interface Listening {
  /** Which machine listens. */
  readonly on: Host
  /** As a spec says it: ADDRESS:PORT, or the path of a socket. */
  readonly at: string
}

export interface Old {
  readonly host: Host
  readonly running: Running
  /** Those of the spec that stand for its forwards. */
  readonly tunnels: readonly Tunnel[]
  /** Forwards of it that no tunnel of the spec stands for. */
  readonly lost: readonly string[]
  /** Where somebody listens for it now. */
  readonly listening: readonly Listening[]
}

export interface Found {
  readonly old: readonly Old[]
  readonly inTheWay: readonly Trouble[]
}

/** Throws a Fault where a host cannot be asked. */
export async function findOld(tunnels: readonly Tunnel[]): Promise<Found> {
  const clients = eachLogin(tunnels.map(({ client }) => client).filter(isOurs))
  const hosts = eachLogin([...clients, ...tunnels.flatMap(singlesOf).map(listeningHost).filter(isOurs)])
  const seen = new Map(await Promise.all(hosts.map(async host => [loginId(host), await readForwarding(host)] as const)))
  const all = await Promise.all(
    clients.map(async host => {
      const there = seen.get(loginId(host))
      const mine = tunnels.filter(({ client }) => loginId(client) === loginId(host))
      const old = there ? oldOn(host, there, mine, seen) : []
      return { old, inTheWay: await tellUnits(host, old, there) }
    }),
  )
  const old = all.flatMap(one => one.old)
  return { old, inTheWay: [...old.flatMap(tellInTheWay), ...all.flatMap(({ inTheWay }) => inTheWay)] }
}

function oldOn(
  host: Host,
  there: Forwarding,
  tunnels: readonly Tunnel[],
  seen: ReadonlyMap<string, Forwarding>,
): Old[] {
  return runningOn(there)
    .filter(({ process }) => process.owner === null)
    .flatMap(running => {
      const all = running.hand.forwards.map(forward => {
        const listen = listenOf(running.hand, forward)
        const isRemote = forward.by === 'server'
        const ours = tunnels
          .flatMap(tunnel => singlesOf(tunnel).map(single => ({ tunnel, single })))
          .find(({ single }) => (single.forward === 'remote') === isRemote && sameListener(single, listen))
        return { listen, tunnel: ours?.tunnel, single: ours?.single }
      })
      const lost = all.flatMap(({ tunnel, listen }) => (tunnel ? [] : [listen]))
      const listening = all
        .flatMap(({ single, listen }) => (single ? [{ on: listeningHost(single), at: listen }] : []))
        .filter(one => isHeard(one, seen.get(loginId(one.on))))
      const found = all.flatMap(({ tunnel }) => tunnel ?? [])
      return found.length > 0 ? [{ host, running, tunnels: [...new Set(found)], lost, listening }] : []
    })
}

function readListen(listen: string): { readonly host: string; readonly port: number } {
  const [, host = '', port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(listen) ?? []
  return { host, port: Number(port) }
}

/** Who listens on localhost and who listens on one of its addresses cannot both be there. */
const meet = (one: string, other: string): boolean =>
  boundFor(one).some(address => boundFor(other).some(another => sameHost(address, another)))

function sameListener(tunnel: Tunnel, listen: string): boolean {
  const { host, port } = readListen(listen)
  return forwardsOf(tunnel).some(one =>
    one.listen.kind === 'socket' ? one.listen.path === listen : one.listen.port === port && meet(one.listen.host, host),
  )
}

function isHeard({ at }: Listening, seen: Forwarding | undefined): boolean {
  if (isSocket(at)) return seen?.sockets.some(({ path }) => path === at) ?? false
  const { host, port } = readListen(at)
  const isThere = (address: string) => isWildcard(address) || isWildcard(host) || meet(address, host)
  return seen?.listeners.some(one => one.port === port && isThere(one.address)) ?? false
}

/** Those that nobody listens on now. Throws a Fault where a host cannot be asked. */
export async function findUnheard(listening: readonly Listening[]): Promise<readonly Listening[]> {
  const hosts = eachLogin(listening.map(({ on }) => on))
  const seen = new Map(await Promise.all(hosts.map(async host => [loginId(host), await readForwarding(host)] as const)))
  return listening.filter(one => !isHeard(one, seen.get(loginId(one.on))))
}

const tell = (tunnels: readonly Tunnel[], host: Host, what: string): Trouble => ({
  about: tunnels.map(({ name }) => `tunnel ${name}`).join(', '),
  why: new Fault({ code: 'not-replaced', host: host.name, what }),
})

function tellInTheWay({ host, running, tunnels, lost }: Old): Trouble[] {
  const { pid, user, unit, isUserUnit } = running.process
  const says = (text: string) => [tell(tunnels, host, `pid ${pid} of ${user} on ${host.name} ${text}`)]
  if (lost.length > 0)
    return says(
      `also forwards ${lost.join(', ')}, which would end with it: have those in the spec too (ssh-tunnels adopt --host ${host.name} SPEC)`,
    )
  const idle = tunnels.filter(({ enabled }) => enabled === false)
  if (idle.length > 0)
    return says(
      `would end for what is not started: ${idle.map(({ name }) => name).join(', ')} has enabled: false; take that out, or end it yourself`,
    )
  if (unit === null)
    return says(
      `is no unit's, so that nobody could start it again: end it yourself, on ${host.name}: kill ${pid}; then ssh-tunnels apply, at once`,
    )
  if (isUserUnit)
    return says(
      `is the user's own unit: as ${user} on ${host.name}: systemctl --user disable --now ${unit}; then ssh-tunnels apply, at once`,
    )
  return []
}

async function tellUnits(host: Host, old: readonly Old[], there: Forwarding | undefined): Promise<Trouble[]> {
  const own = old.filter(({ running: { process } }) => process.unit !== null && !process.isUserUnit)
  const { waiting, units } = await readUnits(host, [...new Set(own.map(({ running }) => running.process.unit ?? ''))])
  const what = (timer: string) =>
    `${timer} waits on ${host.name} to put back what another taking over has stopped, or one that was ended: when that has come to its end, or three minutes from now, do it again`
  if (waiting.length > 0)
    return waiting.map(timer => ({
      about: `host ${host.name}`,
      why: new Fault({ code: 'not-replaced', host: host.name, what: what(timer) }),
    }))
  return own.flatMap(({ running: { process }, tunnels }) => {
    const unit = process.unit ?? ''
    const pids = [process, ...(there?.processes.filter(({ parent }) => parent === process.pid) ?? [])]
    const why = whyNotReplaced(
      units.get(unit) ?? {},
      pids.map(({ pid }) => pid),
    )
    const cure = `end it yourself, on ${host.name}, and then ssh-tunnels apply, at once`
    return why === null ? [] : [tell(tunnels, host, `${unit} on ${host.name} ${why}; or ${cure}`)]
  })
}

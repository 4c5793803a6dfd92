// Tunnels made by hand -> a spec that validates: what of them it keeps, what of today's rights goes, and what has to be filled in. Pure.
import { formatAddress } from '../../schemas/address'
import { isLoopback, sameHost } from '../../schemas/endpoint'
import type { SpecHost, SpecTunnel, Tunnel } from '../../schemas/types'
import { parseSpec } from '../index'
import { resolveSpec } from '../resolve'
import { type ByHand, commandOfHand, type Told, type Where } from './by-hand'
import { addAddress, addHost, freeName, type Known, type Names, serverOf, toDoFor } from './draft-hosts'
import { type HandForward, writeForward } from './forward-spec'
import { findMisplaced } from './where'
import { writeSpec } from './write-spec'

/** One that is to be adopted, and the machine that runs it. */
export interface Adopting {
  readonly hand: ByHand
  readonly client: {
    readonly name: string
    /** As the spec says it. */
    readonly host: SpecHost
    /** Null where nobody has asked. */
    readonly addresses: readonly string[] | null
    /** The hosts that its `via` names. */
    readonly jumps?: readonly { readonly name: string; readonly host: SpecHost }[]
  }
  /** What runs it today, as one says it: `unit web.service`, `pid 812`; null for a line alone. */
  readonly from: string | null
  /** What somebody has to look at before the first apply of it. */
  readonly toDo?: readonly string[]
}

export interface Adopted {
  readonly name: string
  readonly client: string
  readonly server: string
  readonly from: string | null
  readonly command: string
  /** Rights of today that go, a sentence each. */
  readonly taken: readonly string[]
  readonly options: readonly Told[]
}

export interface NotAdopted extends Where {
  readonly command: string
  readonly why: string
}

export interface Draft {
  readonly text: string
  readonly adopted: readonly Adopted[]
  readonly notAdopted: readonly NotAdopted[]
  /** What somebody has to look at before the first apply. */
  readonly toDo: readonly string[]
}

export function draftSpec(all: readonly Adopting[], known: Known): Draft {
  const names: Names = { hosts: new Map(), tunnels: new Map() }
  const adopted: Adopted[] = []
  const notAdopted: NotAdopted[] = []
  const toDo = new Set<string>()
  for (const one of all) {
    for (const forward of one.hand.forwards) {
      const command = commandOfHand(one.hand, [forward])
      const refuse = (why: string) => {
        const { file, line, column } = forward
        notAdopted.push({ file, line, column, command, why })
      }
      const isRemoteProxy = forward.type === 'dynamic' && forward.by === 'server'
      if (isRemoteProxy || isOfSockets(forward)) {
        refuse(
          `a spec has no ${isRemoteProxy ? 'proxy that its server listens for (-R without far)' : 'sockets'} yet; ssh-tunnels open makes one by hand`,
        )
        continue
      }
      const before = new Map(names.hosts)
      const made = makeTunnel(one, forward, names, known)
      const name = freeName(nameOf(forward), names.tunnels)
      const alone = { hosts: names.hosts, tunnels: new Map([[name, made]]) }
      const { problems } = parseSpec(writeSpec(alone), 'the draft')
      const [first] = problems
      if (first) {
        // What was made for it alone goes with it.
        for (const host of names.hosts.keys()) if (!before.has(host)) names.hosts.delete(host)
        for (const [host, draft] of before) names.hosts.set(host, draft)
        refuse(`${first.message}${first.hint ? `; ${first.hint}` : ''}`)
        continue
      }
      names.tunnels.set(name, made)
      const { client, server = client } = made.tunnel
      for (const what of [...(one.toDo ?? []), ...unreadOf(one.hand), ...openOf(forward, name, server)]) toDo.add(what)
      for (const host of [client, server]) for (const what of toDoFor(host, names.hosts.get(host))) toDo.add(what)
      adopted.push({
        name,
        client,
        server,
        from: one.from,
        command,
        taken: takenBy(one.hand, forward, server),
        options: one.hand.options,
      })
    }
  }
  if (adopted.length === 0) return { text: '', adopted, notAdopted, toDo: [] }
  return { text: writeSpec(names), adopted, notAdopted, toDo: [...toDo] }
}

const isOfSockets = ({ listen, far }: HandForward) => listen.kind === 'socket' || far?.kind === 'socket'

/** One forward as a tunnel, whether or not a spec could have it so; null for what no tunnel is. It runs where it was said to run. */
export function asTunnel(one: Adopting, forward: HandForward, known: Known): Tunnel | null {
  if (forward.type === 'dynamic' || isOfSockets(forward)) return null
  const names: Names = { hosts: new Map(), tunnels: new Map() }
  const { tunnel } = makeTunnel(one, forward, names, known, false)
  const hosts = Object.fromEntries([...names.hosts].map(([name, { host }]) => [name, host]))
  const [resolved] = resolveSpec({ version: 1, hosts, tunnels: { [nameOf(forward)]: tunnel } }).tunnels
  return resolved ?? null
}

/** `moves`: one that cannot run on its client runs where it can. */
function makeTunnel({ hand, client, from }: Adopting, forward: HandForward, names: Names, known: Known, moves = true) {
  const { destination, keepAlive } = hand
  const [misplaced] = findMisplaced(
    { ...hand, forwards: [{ ...forward, ...hand.place }] },
    { addresses: client.addresses, destination: null },
  )
  const own = [...(client.addresses ?? []), ...(client.host.address ? [client.host.address] : [])]
  // Behind another port of loopback there may be any machine, by a tunnel.
  const isLoop = isLoopback(destination.host) && (destination.port ?? 22) === 22
  const isItself = isLoop || own.some(address => sameHost(address, destination.host))
  // The tutorial's line: the machine that it names as destination is the one that it can run on.
  const isMoved = moves && misplaced?.owner === 'destination'
  if (!isMoved) for (const jump of client.jumps ?? []) addHost(names, jump.name, { host: jump.host, notes: {} })
  const start = isMoved ? null : addHost(names, client.name, { host: client.host, notes: {} })
  const server = isItself && start ? start : serverOf(hand, names, known)
  const begins = start ?? server
  const listens = forward.by === 'server' ? server : begins
  const listen = listenOf(hand, forward)
  if (forward.listen.kind === 'tcp') addAddress(names, listens, forward.listen.host)
  const { interval, countMax } = keepAlive
  const serverAlive = {
    ...(interval ? { interval: Math.min(3600, interval) } : {}),
    ...(countMax ? { countMax: Math.min(100, countMax) } : {}),
  }
  const tunnel: SpecTunnel = {
    client: begins,
    ...(server === begins ? {} : { server }),
    forward: forward.type === 'dynamic' ? 'dynamic' : forward.by === 'server' ? 'remote' : 'local',
    listen,
    ...(forward.type === 'dynamic' ? {} : { far: forward.far ? formatAddress(forward.far) : '' }),
    ...(Object.keys(serverAlive).length > 0 ? { serverAlive } : {}),
  }
  const notes = [
    `today: ${commandOfHand(hand, [{ ...forward, ...hand.place }])}${from ? ` (${from} on ${client.name})` : ''}`,
    ...(isMoved
      ? [`-L listens where ssh runs, and ${misplaced.address} is ${server}'s: so ${server} is the client`]
      : []),
    ...(keepAlive.interval === 0 || keepAlive.interval === null ? ['keepalive: today none; here 3 times 30 s'] : []),
    ...(forward.by === 'server' && forward.listen.kind === 'tcp' && forward.listen.host === null
      ? [`without an address sshd decides where it listens (GatewayPorts): write ${server}'s address to publish it`]
      : []),
  ]
  return { tunnel, notes }
}

/** As a spec writes it. */
export function listenOf({ isOpen }: ByHand, { by, listen }: HandForward): string {
  if (listen.kind === 'socket') return listen.path
  const host = listen.host === null ? (isOpen && by === 'client' ? '*' : '127.0.0.1') : listen.host
  return formatAddress({ kind: 'tcp', host: host === 'localhost' ? '127.0.0.1' : host, port: listen.port })
}

function nameOf({ type, listen, far }: HandForward): string {
  if (type === 'dynamic') return `proxy-${listen.kind === 'tcp' ? listen.port : 0}`
  const [host, port] = far?.kind === 'tcp' ? [far.host, far.port] : ['far', 0]
  const where = isLoopback(host) || host === 'localhost' ? 'port' : host
  const number = isLoopback(host) && listen.kind === 'tcp' ? listen.port : port
  const text = `${where.slice(0, 20)}-${number}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return text.replace(/^-+|-+$/g, '').slice(0, 26)
}

/** What whoever holds today's key may do, and a tunnel of ours may not. */
function takenBy(hand: ByHand, forward: HandForward, server: string): string[] {
  const { user } = hand.destination
  const who = user ?? 'the user who runs it'
  const isProxy = forward.type === 'dynamic'
  const opens = isProxy
    ? 'only dials for its visitors, and without permitOpen whatever they name (restrict, port-forwarding)'
    : `opens this one forward (restrict, ${forward.by === 'server' ? 'permitlisten' : 'permitopen'})`
  return [
    hand.session === 'none'
      ? `its key logs in to ${server} as ${who}: a shell and any command; ours ${opens}. Take the old key out of authorized_keys when nothing else needs it`
      : `it starts ${hand.session === 'shell' ? 'a shell' : 'a command'} on ${server} as ${who}; ours starts nothing`,
    ...(user === 'root' ? [`root on ${server}: ours is an account without a shell`] : []),
    isProxy
      ? `listeners on ${server} (-R): sshd lets ours open none`
      : `any other forward through ${server}: sshd lets ours open ${writeForward(forward)} alone`,
    ...hand.options.filter(({ kind }) => kind === 'taken').map(({ written, says }) => `${written}: ${says}`),
  ]
}

/** A proxy without permitOpen has the right that a line has: to anything. */
const openOf = ({ type }: HandForward, name: string, server: string): string[] =>
  type === 'dynamic'
    ? [
        `tunnel ${name}: its account may dial anything that ${server} reaches: write permitOpen: [HOST:PORT, ...] to allow that alone`,
      ]
    : []

const unreadOf = ({ options, destination }: ByHand): string[] =>
  options
    .filter(({ keyword, kind }) => keyword === '-configfile' && kind === 'unknown')
    .map(
      ({ value }) =>
        `ssh_config ${value} makes a part of this tunnel: read it with --config ${value} ${destination.written}`,
    )

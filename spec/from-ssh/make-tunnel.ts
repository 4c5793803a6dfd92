// One forward of a line as a tunnel of a spec, and the hosts at both ends: it runs where its listener can be. Pure.
import { formatAddress } from '../../schemas/address'
import { isLoopback, sameHost } from '../../schemas/endpoint'
import { type Single, singlesOf } from '../../schemas/forward'
import { hiddenFromUnits, maskOf, socketFolderOf, usualSocketMode } from '../../schemas/socket-folder'
import type { SpecHost, SpecTunnel } from '../../schemas/types'
import { resolveSpec } from '../resolve'
import { type ByHand, commandOfHand } from './by-hand'
import { addAddress, addHost, addLogin, type Known, type Names, serverOf } from './draft-hosts'
import type { HandForward } from './forward-spec'
import { findMisplaced, type Misplaced } from './where'

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
  /** The addresses that the destination's name leads to; left out where nobody has asked. */
  readonly leadsTo?: readonly string[] | null
  /** What somebody has to look at before the first apply of it. */
  readonly toDo?: readonly string[]
}

/** One forward as a tunnel, whether or not a spec could have it so; null for what no tunnel is. It runs where it was said to run. */
export function asTunnel(one: Adopting, forward: HandForward, known: Known): Single | null {
  if (forward.type === 'dynamic' && forward.by === 'server') return null
  const names: Names = { hosts: new Map(), tunnels: new Map() }
  const { tunnel } = makeTunnel(one, forward, nameOf(forward), names, known, false)
  const hosts = Object.fromEntries([...names.hosts].map(([name, { host }]) => [name, host]))
  const [resolved] = resolveSpec({ version: 1, hosts, tunnels: { [nameOf(forward)]: tunnel } }).tunnels
  return (resolved && singlesOf(resolved)[0]) ?? null
}

/** `moves`: one that cannot run on its client runs where it can, and a socket that its unit would not see stands elsewhere. */
export function makeTunnel(
  one: Adopting,
  forward: HandForward,
  name: string,
  names: Names,
  known: Known,
  moves = true,
) {
  const { hand, client, from } = one
  const { keepAlive } = hand
  const here = { addresses: client.addresses, destination: one.leadsTo ?? null }
  const [misplaced] = moves ? findMisplaced({ ...hand, forwards: [{ ...forward, ...hand.place }] }, here) : []
  const { begins, server } = misplaced ? endsElsewhere(hand, misplaced, names, known) : endsOf(one, names, known)
  const listens = forward.by === 'server' ? server : begins
  const elsewhere = moves ? movedSocket(forward, name) : null
  const listen = elsewhere ?? listenOf(hand, forward)
  const socketMode = socketModeOf(hand, forward)
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
    ...(socketMode === null ? {} : { socketMode }),
    ...(Object.keys(serverAlive).length > 0 ? { serverAlive } : {}),
  }
  const notes = [
    `today: ${commandOfHand(hand, [{ ...forward, ...hand.place }])}${from ? ` (${from} on ${client.name})` : ''}`,
    ...(misplaced
      ? [`-L listens where ssh runs, and ${misplaced.address} is ${begins}'s: so ${begins} is the client`]
      : []),
    ...(elsewhere
      ? ['ssh’s unit has a folder of its own in that place, so the socket is in one that the deploy makes']
      : []),
    ...(keepAlive.interval === 0 || keepAlive.interval === null ? ['keepalive: today none; here 3 times 30 s'] : []),
    ...(forward.by === 'server' && forward.listen.kind === 'tcp' && forward.listen.host === null
      ? [`without an address sshd decides where it listens (GatewayPorts): write ${server}'s address to publish it`]
      : []),
  ]
  return { tunnel, notes }
}

/** Behind another port of loopback there may be any machine, by a tunnel. */
const isLoop = ({ destination: { host, port } }: ByHand) => isLoopback(host) && (port ?? 22) === 22

interface Ends {
  readonly begins: string
  readonly server: string
}

function endsOf({ hand, client }: Adopting, names: Names, known: Known): Ends {
  const own = [...(client.addresses ?? []), ...(client.host.address ? [client.host.address] : [])]
  const isItself = isLoop(hand) || own.some(address => sameHost(address, hand.destination.host))
  for (const jump of client.jumps ?? []) addHost(names, jump.name, { host: jump.host, notes: {} })
  const begins = addHost(names, client.name, { host: client.host, notes: {} })
  return { begins, server: isItself ? begins : serverOf(hand, names, known) }
}

/** The machine that has the address is the only one that it can run on. */
function endsElsewhere(hand: ByHand, { owner, address }: Misplaced, names: Names, known: Known): Ends {
  if (owner === 'elsewhere' && !isLoop(hand)) {
    const begins = addLogin(names, { host: address, user: null, port: null }, known, {}, 'middle')
    return { begins, server: serverOf(hand, names, known, 'far') }
  }
  const itself = { ...hand, destination: { ...hand.destination, written: address, host: address } }
  const server = serverOf(owner === 'elsewhere' ? itself : hand, names, known)
  return { begins: server, server }
}

/** As a spec writes it. */
export function listenOf({ isOpen }: ByHand, { by, listen }: HandForward): string {
  if (listen.kind === 'socket') return listen.path
  // Both loopback addresses, as ssh and sshd bind them.
  const host = listen.host ?? (isOpen && by === 'client' ? '*' : 'localhost')
  return formatAddress({ kind: 'tcp', host, port: listen.port })
}

/** Where it stands whose place on the client is none that others see. */
const movedSocket = ({ by, listen }: HandForward, name: string): string | null =>
  by === 'client' && listen.kind === 'socket' && hiddenFromUnits(listen.path) !== null
    ? `${socketFolderOf(name)}/${lastOf(listen.path)}`
    : null

/** Of a remote forward sshd says it. Null for what is so anyway. */
function socketModeOf({ bindMask }: ByHand, { by, listen }: HandForward): string | null {
  if (bindMask === null || by !== 'client' || listen.kind !== 'socket') return null
  // The same bits are taken away that the mask of a mode has.
  const mode = maskOf(bindMask)
  return mode === usualSocketMode ? null : mode
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
/** What the file is called, without what says that it is a socket. */
const stemOf = (path: string): string => lastOf(path).replace(/\.sock(et)?$/, '') || 'socket'

/** In the words that a tunnel's name may have. */
const asName = (text: string): string => {
  const trimmed = (one: string) => one.replace(/^-+|-+$/g, '')
  return trimmed(trimmed(text.toLowerCase().replace(/[^a-z0-9]+/g, '-')).slice(0, 26)) || 'socket'
}

export function nameOf({ type, listen, far }: HandForward): string {
  if (type === 'dynamic') return `proxy-${listen.kind === 'tcp' ? listen.port : 0}`
  if (far?.kind === 'socket') return asName(stemOf(far.path))
  const [host, port] = far ? [far.host, far.port] : ['far', 0]
  const where = isLoopback(host) || host === 'localhost' ? 'port' : host
  const number = isLoopback(host) && listen.kind === 'tcp' ? listen.port : port
  return asName(`${where.slice(0, 20)}-${number}`)
}

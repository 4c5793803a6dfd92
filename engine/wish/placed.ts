// What derive makes: the parts that a tunnel or a middle needs, each placed on a host.
import type { ChosenPort } from '../../schemas/chosen-port'
import { isLoopback } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import type { Host } from '../../schemas/types'
import type { AtOf, Kind, StateOf } from '../parts'
import type { knownAfterApply, Wanted } from '../parts/part'
import type { SupervisorName } from '../parts/snapshot'

/**
 * The round in which a part is made; removal goes backwards. 0: all that waits for nothing; 1: what waits for the client's new public key;
 * 2: the service, which needs all the rest.
 */
export type Round = 0 | 1 | 2

type PlacedKind<K extends Kind> = {
  readonly kind: K
  /** The resource's attribute that shows it. */
  readonly attribute: string
  /** On a jump host: which one of them. Then the attribute is one of that one's entry. */
  readonly jump?: number
  readonly host: Host
  readonly round: Round
  readonly at: AtOf<K>
  /** null: the part should not be there. */
  readonly want: Wanted<StateOf<K>> | null
  /** It says a port that nobody has chosen yet. */
  readonly waitsForPort?: true
}
/** The manager of its firewall, where one is named. */
export const managerOf = ({ firewallManager: named }: Host) => (named ? { named } : {})

/** A part on its host, with what it should be. */
export type Placed = { [K in Kind]: PlacedKind<K> }[Kind]

interface OnHost {
  /** The tunnel with this forward alone. */
  readonly of: Single
  readonly host: Host
  /** ADDRESS:PORT at which it is reached; of a wildcard, an address of the host that it covers. Of a socket its path. */
  readonly endpoint: string
}

export interface TcpListening extends OnHost {
  readonly kind: 'tcp'
  readonly address: string
  readonly port: number
  /** The port that visitors come to, where the firewall redirects it to the one that is listened on. */
  readonly visited?: number
}

export interface SocketListening extends OnHost {
  readonly kind: 'socket'
  readonly path: string
}

/** Where a forward is listened to, on which host. */
export type Listening = TcpListening | SocketListening

/** No firewall of the host says who comes there. */
export const isForHostAlone = (listening: Listening): boolean =>
  listening.kind === 'socket' || isLoopback(listening.address)

export const isTcp = (listening: Listening): listening is TcpListening => listening.kind === 'tcp'
export const isSocket = (listening: Listening): listening is SocketListening => listening.kind === 'socket'

/** A socket that a look asks about, as whom. */
export interface SocketAsked {
  readonly host: Host
  readonly verb: 'listens' | 'dials'
  readonly account: string
  readonly path: string
}

/** What only the hosts can tell; undefined until somebody has looked. */
export interface Known {
  readonly publicKey?: string
  /** What that key was made for, as its comment says. */
  readonly rotation?: string
  /** A key that waits to take its place, and whether the server lets that one in already. */
  readonly next?: { readonly publicKey: string; readonly rotation?: string; readonly isIn: boolean }
  readonly serverHostKey?: string
  /** For its forwards that listen on port 0. */
  readonly ports?: readonly ChosenPort[]
  /** Of the jump hosts in their order; undefined for one whose key nobody knows. */
  readonly jumpHostKeys?: readonly (string | undefined)[]
  /** What keeps services running on the client; undefined until somebody has looked. */
  readonly supervisor?: SupervisorName
  /** Where a host finds its own sshd, for a tunnel from it to itself; without it 127.0.0.1 is taken. */
  readonly itself?: string | typeof knownAfterApply
}

/** None of a middle. */
export interface Outputs<Unknown = never> {
  /** ADDRESS:PORT at which far is reached; of several forwards the first. */
  readonly endpoint?: string | Unknown
  /** Of each of several forwards. */
  readonly endpoints?: readonly string[] | Unknown
  readonly port?: string | Unknown
  readonly command?: string | Unknown
  readonly serverHostKey?: string | Unknown
  /** Of a client that others run: the unit that its owner installs, and its line of known_hosts. */
  readonly unit?: string | Unknown
  readonly knownHosts?: string | Unknown
  /** Of a server that others run: the line with which its owner lets the key in. */
  readonly authorizedKeys?: string | Unknown
}

export interface Jumped {
  readonly host: Host
  readonly hostKey: string | typeof knownAfterApply
}

export interface Derived {
  readonly placed: readonly Placed[]
  /** Further computed attributes of the resource. */
  readonly outputs: Outputs<typeof knownAfterApply>
  /** The jump hosts, each with its own host key. */
  readonly jumps?: readonly Jumped[]
  /** Of each forward; empty for a middle. */
  readonly listening: readonly Listening[]
  /** Of a tunnel with ports that nobody knows yet each forward all the same, with port 0 where that is one; `listening` is empty then. */
  readonly unchosen?: readonly Listening[]
  /** On which it listens, or that are dialled for it. */
  readonly sockets: readonly SocketAsked[]
  /** Nobody but a person starts its ssh: that nobody listens is no fault. */
  readonly disabled?: true
}

/** Each forward, also where its port is not known. */
export const allForwards = ({ listening, unchosen }: Derived): readonly Listening[] => unchosen ?? listening

export const isUnchosen = (listening: Listening): boolean => isTcp(listening) && listening.port === 0

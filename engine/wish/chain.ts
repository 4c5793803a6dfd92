// A tunnel in the engine's terms: what every part of it is made from. Pure.
import { listeningHost } from '../../schemas/check-listen'
import { modeOfSide } from '../../schemas/check-socket'
import { commandOf, endpointOf } from '../../schemas/describe-tunnel'
import { canonical, requireHost } from '../../schemas/endpoint'
import { type Forward, forwardOf, singlesOf } from '../../schemas/forward'
import { type Hop, hopOf, jumpWord } from '../../schemas/jumps'
import { isOneMachine, isOurs } from '../../schemas/machine'
import { handWritten } from '../../schemas/owner'
import { bareKey } from '../../schemas/public-key'
import { portBehind } from '../../schemas/redirect'
import type { Host, Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import * as paths from '../parts/paths'
import type { Known, Listening } from './placed'
import { wantedKey } from './rotation'

const defaults = { interval: 30, countMax: 3 } as const

export interface Chain {
  readonly name: string
  readonly owner: string
  readonly client: Host
  readonly server: Host
  readonly forwards: readonly Forward[]
  readonly account: string
  /** Of its files where root keeps them. */
  readonly folder: string
  /** As whom ssh runs on the client, and with which files there: its owner's where others run the client. */
  readonly runs: { readonly as: string; readonly key: string; readonly knownHosts: string }
  /** As whom it logs in on the server: the account that is the tunnel's own, or the one that others give. */
  readonly login: string
  readonly publicKey: string | typeof knownAfterApply
  readonly hostKey: string | typeof knownAfterApply
  /** Of the jump hosts: all or none, for what is planned is a whole list. */
  readonly jumpHostKeys: string[] | typeof knownAfterApply
  /** Client and server are one machine: then ssh goes to itself, and one account serves both sides. */
  readonly together: boolean
  /** Between client and server, the nearest to the client first. */
  readonly jumps: readonly Hop[]
  /** The same for ssh -J; null for none. */
  readonly jumpWord: string | null
  /** Where the client, or the last jump host, finds the server's sshd. */
  readonly dialled: { readonly address: string; readonly port: number }
  /** What its key should have been made for; undefined where that does not count. */
  readonly rotate?: string
  readonly alive: { readonly interval: number; readonly countMax: number }
  /** The ssh command line that it amounts to. */
  readonly command: string
  /** Only an apply can tell where the host finds its own sshd. */
  readonly vague: boolean
  /** Of the sockets on which ssh listens, and sshd, in octal. */
  readonly socketModes: { readonly ssh: string; readonly sshd: string }
  /** Its ssh is left to who starts and stops it by hand. */
  readonly disabled: boolean
  /** It was declared with `forwards`, which may change while it runs. On a side that others run nobody tells its ssh, nor what its sshd lets it do. */
  readonly isAlterable: boolean
  /** Where each forward is listened to, in their order. */
  readonly listening: readonly Listening[]
}

export function chainOf(tunnel: Tunnel, known: Known): Chain {
  const { name, client, server } = tunnel
  const together = isOneMachine(client, server)
  const itself = typeof known.itself === 'string' ? known.itself : '127.0.0.1'
  const singles = singlesOf(tunnel)
  const [account, folder] = [paths.accountOf(name), paths.folderOf(name)]
  const ownFolder = paths.folderOf(name, client)
  const own = { as: account, key: `${ownFolder}/key`, knownHosts: `${ownFolder}/known_hosts` }
  const { user: as = own.as, identityFile = own.key, knownHosts = own.knownHosts } = client
  const forwards = singles.map(one => behindRedirect(forwardOf(one)))
  const listening = singles.map((of, index): Listening => {
    const { listen } = forwardOf(of)
    const bound = forwards[index]?.listen
    const on = { of, host: listeningHost(of), endpoint: endpointOf(of) }
    if (listen.kind === 'socket') return { ...on, kind: 'socket', path: listen.path }
    const { host: address, port } = bound?.kind === 'tcp' ? bound : listen
    const visited = listen.port === port ? {} : { visited: listen.port }
    return { ...on, kind: 'tcp', address, port, ...visited }
  })
  return {
    name,
    owner: tunnel.owner ?? handWritten,
    client,
    server,
    forwards,
    account,
    folder,
    runs: isOurs(client) ? own : { as, key: identityFile, knownHosts },
    login: isOurs(server) ? account : (server.user ?? account),
    publicKey: isOurs(client) ? wantedKey(tunnel, known) : bareKey(client.publicKey ?? ''),
    hostKey: isOurs(server) ? (known.serverHostKey ?? knownAfterApply) : bareKey(server.hostKey ?? ''),
    jumpHostKeys: allOf(tunnel.jumps?.map((_, at) => known.jumpHostKeys?.[at]) ?? []) ?? knownAfterApply,
    together,
    jumps: (tunnel.jumps ?? []).map(host => {
      requireHost(host.address ?? '')
      return hopOf(host)
    }),
    jumpWord: jumpWord(tunnel, account),
    dialled: {
      // However it is spelled: ssh looks for the key under the shortest (tried with 9.2p1).
      address: together ? itself : canonical(requireHost(server.address ?? '127.0.0.1')),
      port: server.port ?? 22,
    },
    ...(tunnel.rotate !== undefined && { rotate: tunnel.rotate }),
    alive: {
      interval: tunnel.serverAlive?.interval ?? defaults.interval,
      countMax: tunnel.serverAlive?.countMax ?? defaults.countMax,
    },
    command: commandOf(tunnel, itself),
    vague: together && known.itself === knownAfterApply,
    socketModes: { ssh: modeOfSide(singles, 'ssh'), sshd: modeOfSide(singles, 'sshd') },
    disabled: tunnel.enabled === false,
    isAlterable: tunnel.forwards !== undefined && isOurs(client) && isOurs(server),
    listening,
  }
}

/** Null where one of them is not known. */
function allOf(values: readonly (string | undefined)[]): string[] | null {
  const known = values.flatMap(value => value ?? [])
  return known.length === values.length ? known : null
}

/** As sshd is to listen: of a port that is root's on the one behind it. */
function behindRedirect(forward: Forward): Forward {
  const { type, listen } = forward
  if (type !== 'remote' || listen.kind !== 'tcp') return forward
  return { ...forward, listen: { ...listen, port: portBehind(listen.port) } }
}

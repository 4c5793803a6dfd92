// A tunnel in the engine's terms: what every part of it is made from. Pure.
import { listeningHost } from '../../schemas/check-listen'
import { commandOf, endpointOf } from '../../schemas/describe-tunnel'
import { requireHost } from '../../schemas/endpoint'
import { type Forward, forwardOf, singlesOf } from '../../schemas/forward'
import { type Hop, hopOf, jumpWord } from '../../schemas/jumps'
import { isOneMachine } from '../../schemas/machine'
import { handWritten } from '../../schemas/owner'
import { portBehind } from '../../schemas/redirect'
import type { Host, Tunnel } from '../../schemas/types'
import { knownAfterApply } from '../parts/part'
import * as paths from '../parts/paths'
import type { Known, Listening } from './placed'

const defaults = { interval: 30, countMax: 3 } as const

export interface Chain {
  readonly name: string
  readonly owner: string
  readonly client: Host
  readonly server: Host
  readonly forwards: readonly Forward[]
  readonly account: string
  readonly folder: string
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
  /** Its ssh is left to who starts and stops it by hand. */
  readonly disabled: boolean
  /** It was declared with `forwards`, which may change while it runs. */
  readonly isAlterable: boolean
  /** Where each forward is listened to, in their order. */
  readonly listening: readonly Listening[]
}

export function chainOf(tunnel: Tunnel, known: Known): Chain {
  const { name, client, server } = tunnel
  const together = isOneMachine(client, server)
  const itself = typeof known.itself === 'string' ? known.itself : '127.0.0.1'
  const singles = singlesOf(tunnel)
  const forwards = singles.map(one => behindRedirect(forwardOf(one)))
  const listening = singles.flatMap((of, index): Listening[] => {
    const { listen } = forwardOf(of)
    const bound = forwards[index]?.listen
    if (listen.kind !== 'tcp' || bound?.kind !== 'tcp') return []
    const { host: address, port } = bound
    const visited = listen.port === port ? {} : { visited: listen.port }
    return [{ of, host: listeningHost(of), address, port, ...visited, endpoint: endpointOf(of) }]
  })
  return {
    name,
    owner: tunnel.owner ?? handWritten,
    client,
    server,
    forwards,
    account: paths.accountOf(name),
    folder: paths.folderOf(name),
    together,
    jumps: (tunnel.jumps ?? []).map(host => {
      requireHost(host.address ?? '')
      return hopOf(host)
    }),
    jumpWord: jumpWord(tunnel, paths.accountOf(name)),
    dialled: {
      address: together ? itself : requireHost(server.address ?? '127.0.0.1'),
      port: server.port ?? 22,
    },
    ...(tunnel.rotate !== undefined && { rotate: tunnel.rotate }),
    alive: {
      interval: tunnel.serverAlive?.interval ?? defaults.interval,
      countMax: tunnel.serverAlive?.countMax ?? defaults.countMax,
    },
    command: commandOf(tunnel, itself),
    vague: together && known.itself === knownAfterApply,
    disabled: tunnel.enabled === false,
    isAlterable: tunnel.forwards !== undefined,
    listening,
  }
}

/** As sshd is to listen: of a port that is root's on the one behind it. */
function behindRedirect(forward: Forward): Forward {
  const { type, listen } = forward
  if (type !== 'remote' || listen.kind !== 'tcp') return forward
  return { ...forward, listen: { ...listen, port: portBehind(listen.port) } }
}

// What will be where and why, of a tunnel or a host's settings: its way, the command that it stands for, and what each part says of itself. Pure.
import { isUsers } from '../../schemas/as-user'
import { commandOf } from '../../schemas/describe-tunnel'
import { forwardsOf, singlesOf } from '../../schemas/forward'
import { isOneMachine, isOurs } from '../../schemas/machine'
import { tunnelsOf } from '../../schemas/shared'
import { socketOptions } from '../../schemas/socket-folder'
import type { Tunnel } from '../../schemas/types'
import { type Kind, parts } from '../parts'
import type { Explained } from '../parts/explained'
import type { Part } from '../parts/part'
import { accountOf, folderOf, sshConfigOf, unitOf } from '../parts/paths'
import { type Declared, derive } from './declared'
import { handoverOf } from './handover'
import { type Route, routeOf } from './route'

export interface ExplainedPart extends Explained {
  readonly kind: Kind
  readonly host: string
}

export interface Explanation {
  readonly type: Declared['type']
  readonly name: string
  /** The tunnels that it is: itself, or those that share its connection; none for a host's settings. */
  readonly tunnels: readonly string[]
  /** Of each forward; none for a host's settings. */
  readonly routes: readonly Route[]
  /** Null for a host's settings. */
  readonly command: {
    /** As one would type it. */
    readonly text: string
    /** The host on which. */
    readonly host: string
    /** As root types it there, with the key that an apply has made: the same tunnel, in the place of its unit. Of a client that others run: as its owner runs it. */
    readonly asRoot: string
    readonly unit: string
    /** It is the login's own that types it, who is not root. */
    readonly isUsers?: true
    readonly onlyHostTells?: string
  } | null
  /** Of a tunnel with a host that others run: which of its hosts that is, and which side. */
  readonly theirs?: { readonly host: string; readonly side: 'client' | 'server' }
  readonly parts: readonly ExplainedPart[]
}

/** In the order in which an apply makes them. */
export function explain(declared: Declared): Explanation {
  const { placed, outputs } = derive(declared, {})
  const { type, input } = declared
  const theirs = declared.type === 'tunnel' ? handoverOf(declared.input, {}) : null
  return {
    type,
    name: input.name,
    tunnels: declared.type === 'tunnel' ? tunnelsOf(declared.input) : [],
    routes: declared.type === 'tunnel' ? singlesOf(declared.input).map(routeOf) : [],
    command:
      declared.type === 'tunnel'
        ? commandFor(declared.input, typeof outputs.command === 'string' ? outputs.command : commandOf(declared.input))
        : null,
    ...(theirs && { theirs: { host: theirs.host, side: theirs.side } }),
    parts: placed
      // A tunnel with nothing to open says so; settings that nobody declared say nothing.
      .filter(({ want, kind }) => want !== null || (kind === 'firewall' && type === 'tunnel'))
      .sort((a, b) => a.round - b.round)
      .map(({ kind, host, want, at }) => ({
        kind,
        host: host.name,
        ...(parts[kind] as unknown as Part<unknown, unknown>).explain(want as never, at),
      })),
  }
}

/** As the account, for to root's own ssh a key that the account may read is no private key; of a client without root as its user. */
function asRoot(tunnel: Tunnel, text: string): string {
  const { name, client, jumps = [] } = tunnel
  const folder = folderOf(name, client)
  const account = accountOf(name)
  const forwards = forwardsOf(tunnel)
  const binds = forwards.some(
    ({ type, listen }) => type !== 'remote' && listen.kind === 'tcp' && listen.port > 0 && listen.port < 1024,
  )
  const words = [
    ...(isUsers(client) ? [] : [`setpriv --reuid ${account} --regid ${account} --clear-groups`]),
    ...(binds ? ['--inh-caps +net_bind_service --ambient-caps +net_bind_service'] : []),
    `ssh -F ${jumps.length > 0 ? sshConfigOf(name, client) : 'none'} -o BatchMode=yes -o ExitOnForwardFailure=yes -o IdentitiesOnly=yes`,
    ...Object.entries(socketOptions(forwards, tunnel.socketMode)).map(([option, value]) => `-o ${option}=${value}`),
    `-o UserKnownHostsFile=${folder}/known_hosts -i ${folder}/key`,
  ]
  return text.replace(/^ssh/, words.join(' '))
}

function commandFor(tunnel: Tunnel, text: string) {
  const { name, client, server } = tunnel
  // Its owner runs it with his own key: that is the command, to the last option.
  if (!isOurs(client)) return { text: commandOf(tunnel), host: client.name, asRoot: text, unit: unitOf(name) }
  const open = 'where its own sshd listens, if that is not 127.0.0.1: then ssh goes there'
  return {
    text,
    host: client.name,
    asRoot: asRoot(tunnel, text),
    unit: unitOf(name),
    ...(isUsers(client) && { isUsers: true as const }),
    ...(isOneMachine(client, server) ? { onlyHostTells: open } : {}),
  }
}

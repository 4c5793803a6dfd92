// The unix sockets of a tunnel: those that it has on a host, and what of them a look there has to ask. Pure.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { wantSockets } from '../parts/sockets'
import type { Chain } from './chain'
import { isSocket, type Placed, type SocketAsked } from './placed'

/** On each of the hosts, so that what has moved to the other goes from where it was. */
export function sockets({ name, owner, account, listening }: Chain, attribute: string, host: Host): Placed {
  const there = listening.filter(isSocket).filter(one => loginId(one.host) === loginId(host))
  const at = { tunnel: name, owner, account, paths: there.map(({ path }) => path) }
  return { kind: 'sockets', attribute, host, round: 0, at, want: wantSockets(at) }
}

/** On which it is to listen, and those that are dialled for it. */
export const socketsAsked = ({ account, client, server, forwards, listening }: Chain): SocketAsked[] => [
  ...listening.filter(isSocket).map(({ host, path }) => ({ host, verb: 'listens' as const, account, path })),
  ...forwards.flatMap(({ type, far }) =>
    far.kind === 'socket'
      ? [{ host: type === 'remote' ? client : server, verb: 'dials' as const, account, path: far.path }]
      : [],
  ),
]

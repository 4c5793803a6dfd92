// What a tunnel asks of a client without root that only root can do there: refused before anything is touched. Pure.
import { isUsers } from '../../schemas/as-user'
import { isLoopback } from '../../schemas/endpoint'
import { limitsOf } from '../../schemas/limits'
import { isOurs, loginId } from '../../schemas/machine'
import { watchingHost } from '../../schemas/watching'
import type { Check } from '../parts/check'
import { isTcp, type Listening } from '../wish/placed'
import type { Look } from './look'

export function checkWithoutRoot({ declared, derived, away }: Look): Check[] {
  if (declared.type !== 'tunnel' || !isUsers(declared.input.client)) return []
  const { client, server } = declared.input
  const { name: host } = client
  if (away.has(loginId(client))) return []
  const there = derived.listening.filter(one => loginId(one.host) === loginId(client))
  const asked = [
    ...there.flatMap(asks),
    ...derived.sockets
      .filter(one => loginId(one.host) === loginId(client))
      .map(({ path }) => `the socket ${path} there`),
    ...(derived.listening.some(({ of }) => of.watch && loginId(watchingHost(of)) === loginId(client))
      ? ['a resident proof there (watch)']
      : []),
    ...(isOurs(server) ? [] : [`the server ${server.name}, which others run (managed: false)`]),
  ]
  return asked.map(what => ({
    link: 'root',
    host,
    status: 'fail',
    code: 'not-root',
    what: `${host} is a client without root, and ${what} takes root`,
    cure: 'set become: sudo (or doas) for it, or log in as root; or leave that out',
  }))
}

function asks(listening: Listening): string[] {
  // Said of the socket.
  if (!isTcp(listening)) return []
  const { port, address, of } = listening
  return [
    ...(port > 0 && port < 1024 ? [`port ${port} there`] : []),
    ...(of.allowFrom && !isLoopback(address) ? ['allowFrom, which is for its firewall,'] : []),
    ...(limitsOf(of) ? ['limits, which are for its firewall,'] : []),
  ]
}

/** A firewall of the client's is root's to read. Far's answer from outside tells all the same. */
export function doubtsWithoutRoot({ declared, derived, away }: Look): Check[] {
  if (declared.type !== 'tunnel' || !isUsers(declared.input.client)) return []
  const { client } = declared.input
  if (away.has(loginId(client))) return []
  return derived.listening.filter(isTcp).flatMap((one): Check[] => {
    if (loginId(one.host) !== loginId(client) || isLoopback(one.address)) return []
    return [
      {
        link: 'firewall lets it',
        host: client.name,
        status: 'unknown',
        code: 'firewall-unknown',
        what: `whether the firewall of ${client.name} lets anybody in to port ${one.port} only root is told there`,
        cure: `see its rules as root, and let visitors in; or set become: sudo for ${client.name}`,
        goesOn: true,
      },
    ]
  })
}

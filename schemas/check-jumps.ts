// The jump hosts of a tunnel: does each stand on the way once, can the one before it reach it, and is it none of the ends? Pure.
import { mostJumps } from './check-host'
import { isZoned } from './endpoint'
import type { Finding } from './finding'
import { isOneHost } from './machine'
import type { Host, Tunnel } from './types'
import type { IsUnknown } from './unknown'

export function checkJumps(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const { client, server, jumps = [] } = tunnel
  if (jumps.length === 0) return []
  if (isOneHost(client, server, isUnknown)) {
    const message = `jumps lead from one host to another, and ${client.name} is client and server`
    return [{ path: ['jumps'], code: 'same-host', message, hint: 'leave jumps out' }]
  }
  if (jumps.length > mostJumps) {
    const message = `the way leads through more than ${mostJumps} jump hosts`
    return [{ path: ['jumps'], code: 'too-many-jumps', message, hint: 'leave out those that are not needed' }]
  }
  const known = jumps.filter(({ name }) => !isUnknown(name))
  const sides = known.flatMap(jump => checkJump(jump, tunnel, isUnknown))
  // The server is dialled by the last one, wherever that stands.
  return [...sides, ...checkServer(tunnel, isUnknown)]
}

function checkJump(jump: Host, { client, server, jumps = [] }: Tunnel, isUnknown: IsUnknown): Finding[] {
  const at = jumps.indexOf(jump)
  const wrong = (code: string, message: string, hint: string): Finding[] => [
    { path: ['jumps', at], code, message, hint },
  ]
  const is = (other: Host) => isOneHost(other, jump, isUnknown)
  if (is(client))
    return wrong(
      'same-host',
      `${jump.name} runs ssh, so it cannot be a jump host`,
      'the way begins there: leave it out',
    )
  if (is(server))
    return wrong(
      'same-host',
      `${jump.name} is the server, so it cannot be a jump host`,
      'the way ends there: leave it out',
    )
  if (jumps.slice(0, at).some(is))
    return wrong('same-host', `the way leads through ${jump.name} twice`, 'name each jump host once')
  if (isZoned(jump.address ?? ''))
    return wrong(
      'jump-zone',
      `ssh takes no jump host at an address with a zone: ${jump.address}`,
      `give ${jump.name} an address that needs none`,
    )
  if (!jump.local || jump.address) return []
  const before = jumps[at - 1] ?? client
  const message = `${before.name} cannot reach the jump host ${jump.name}: it is local and has no address`
  return wrong('no-address', message, `give ${jump.name} the address at which ${before.name} finds it`)
}

function checkServer({ server, jumps = [] }: Tunnel, isUnknown: IsUnknown): Finding[] {
  if (!server.local || server.address || isUnknown(server.name)) return []
  const before = jumps.at(-1)?.name
  const message = `${before} cannot reach the server ${server.name}: it is local and has no address`
  const hint = `give ${server.name} the address at which ${before} finds it`
  return [{ path: ['server'], code: 'no-address', message, hint }]
}

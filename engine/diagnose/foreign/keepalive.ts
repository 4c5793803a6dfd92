// Whether anything keeps somebody's connection from falling silent.
import { isOneMachine, loginId } from '../../../schemas/machine'
import type { Look } from '../../look/look'
import { type Check, ok } from '../../parts/check'
import type { Foreign } from './given'

export function keepalive({ tunnel, keepalive: interval }: Foreign, look: Look): Check[] {
  const { client, server } = tunnel
  const asked = { link: 'kept while quiet', host: client.name } as const
  if (isOneMachine(client, server)) return []
  if (interval) return [ok(asked, `ssh sends a keepalive every ${interval} s`)]
  const isKnown = !look.away.has(loginId(server)) && look.away.size === 0
  const theirs = isKnown ? Number(look.snapshotOf(server).sshd[server.user ?? 'root']?.clientaliveinterval ?? 0) : 0
  if (theirs > 0) return [ok(asked, `sshd on ${server.name} sends a keepalive every ${theirs} s`)]
  return [
    {
      ...asked,
      status: 'fail',
      goesOn: true,
      code: 'drops-while-quiet',
      what: 'nothing keeps the connection from falling silent: a NAT or firewall on the way forgets it, and ssh does not notice',
      evidence: `ServerAliveInterval is not set${isKnown ? `, nor ClientAliveInterval on ${server.name}` : `; whether ${server.name} has ClientAliveInterval is not known`}`,
      cure: 'add -o ServerAliveInterval=30 -o ServerAliveCountMax=3',
    },
  ]
}

// The checks of our own tunnels, as far as they hold for anybody's.
import { isSocket } from '../../../schemas/address'
import { listeningHost } from '../../../schemas/check-listen'
import { isOneMachine } from '../../../schemas/machine'
import { wayIn } from '../../look/checks'
import type { Look } from '../../look/look'
import { type Check, type Link, ok } from '../../parts/check'
import type { Foreign } from './given'

/** Of what is known of our own tunnels what holds for any. */
export function asForeign(check: Check, { tunnel, running }: Foreign, look: Look): Check[] {
  const { client, server } = tunnel
  // How our own client would pin the key is not theirs.
  if (check.code === 'no-host-key') return []
  const isWay = (wayIn as readonly Link[]).includes(check.link)
  if (isWay && check.host === server.name && !isOneMachine(client, server)) {
    // That we cannot log in says nothing of who runs it: he may have other keys.
    if (check.status === 'fail' && ['login', 'root'].includes(check.link)) {
      const cure = `log in to ${server.name} yourself: -i names a key, and the line's user has to be root or to have sudo`
      return [{ ...check, status: 'unknown', what: `${check.what}, so what is on ${server.name} is not judged`, cure }]
    }
    return [check]
  }
  if (isWay) return [check]
  if (check.link === 'sshd valid') return [check]
  if (check.link === 'port free') {
    // Where an account of ours may make a socket is nothing to whoever runs this.
    if (isSocket(tunnel.listen)) return []
    const isTaken = check.code === 'port-taken'
    return isTaken && running ? [] : [check]
  }
  if (check.link === 'firewall lets it' && check.host === listeningHost(tunnel).name) {
    const { mends: _, ...rest } = check
    // A rule of ours is missing, and nothing closes the port: somebody else's lets it in.
    if (rest.code === 'far-silent' && !rest.evidence)
      return [ok({ link: rest.link, host: rest.host }, `nothing in the firewall of ${rest.host} closes it`)]
    const how = rest.evidence ? 'let that rule accept it, or put one before it' : 'open it there'
    return check.status === 'fail'
      ? [{ ...rest, cure: `${how}; ssh-tunnels adopt and apply do that, and keep it` }]
      : [rest]
  }
  return look.away.size > 0 && check.status === 'unknown' ? [check] : []
}

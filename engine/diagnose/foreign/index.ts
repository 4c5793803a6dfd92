// The doctor for a tunnel that somebody else made, or would make: what can be known of it along the chain, and what nobody can tell.

import { addressesOf } from '../../../schemas/check-host'
import { listeningHost } from '../../../schemas/check-listen'
import { leadsTo } from '../../../schemas/dynamic'
import { isAddress } from '../../../schemas/endpoint'
import { isOneMachine, loginId } from '../../../schemas/machine'
import { nobody } from '../../../schemas/owner'
import { checksOf } from '../../look/checks'
import { type Look, readHosts, see } from '../../look/look'
import { type Check, inChainOrder } from '../../parts/check'
import { isTcp } from '../../wish/placed'
import { askServer } from '../between'
import { greetUnasked } from '../greet'
import { conclude, type Diagnosis, type Walked, walk } from '../walk'
import { asForeign } from './as-foreign'
import { askFar } from './far'
import type { Foreign } from './given'
import { keepalive } from './keepalive'
import { listener } from './listener'
import { sshdLets } from './sshd-lets'

export type { Foreign } from './given'

/** Milliseconds. */
const greetMs = 60_000

/** Never throws. Changes nothing. */
export async function diagnoseForeign(foreign: Foreign, say: (what: string) => void): Promise<Diagnosis> {
  const { tunnel } = foreign
  const { client, server, listen, far, name } = tunnel
  const together = isOneMachine(client, server)
  const hosts = together ? [client] : [client, server]
  say(`reading ${hosts.map(one => one.name).join(', ')}`)
  const user = server.user ?? 'root'
  const [from = '127.0.0.1'] = together ? ['127.0.0.1'] : (addressesOf(client) ?? [])
  const to = server.address && isAddress(server.address) ? server.address : '127.0.0.1'
  const read = await readHosts(hosts, host => ({
    names: [],
    questions: loginId(host) === loginId(together ? client : server) ? [['look_sshd_for', user, from, to]] : [],
    health: true,
  }))
  const seen = await greetUnasked(hosts, read, greetMs)
  const look = listeningItself(see({ type: 'tunnel', input: { ...tunnel, owner: nobody } }, seen))
  const before = [
    ...checksOf(look).flatMap(check => asForeign(check, foreign, look)),
    ...(look.away.has(loginId(client)) ? [] : await reachedFrom(foreign)),
    ...listener(foreign, look),
    ...sshdLets(foreign, look),
    ...keepalive(foreign, look),
  ]
  const stops = before.some(one => one.status === 'fail' && !one.goesOn && one.link !== 'firewall lets it')
  say(`asking for ${far}`)
  const after = stops ? [] : await askFar(foreign, look)
  const checks = inChainOrder([...before, ...after])
  const chain = { client: client.name, server: server.name, listen, far: leadsTo(tunnel) }
  return conclude(name, chain, [...walk(checks), ...rest(foreign, checks)])
}

/** Nobody redirects a port for it: whoever made it listens there as root. */
function listeningItself(look: Look): Look {
  const { placed, listening } = look.derived
  return {
    ...look,
    derived: {
      ...look.derived,
      listening: listening.map(one =>
        isTcp(one) ? { ...one, port: one.visited ?? one.port, visited: undefined } : one,
      ),
      placed: placed.map(one => {
        if (one.kind !== 'firewall') return one
        const { redirects: _, asks, ...at } = one.at
        return {
          ...one,
          at: { ...at, asks: asks.map(({ visited, ...ask }) => ({ ...ask, port: visited ?? ask.port })) },
        }
      }),
    },
  }
}

/** Also where both are one machine: the line names a port, and another sshd than the usual one may be meant to be there. */
async function reachedFrom({ tunnel: { client, server }, dials }: Foreign): Promise<Check[]> {
  return dials ? [await askServer({ client, server, ...dials })] : []
}

/** What nobody has come to, in a line. */
function rest({ tunnel }: Foreign, checks: readonly Check[]): Walked[] {
  const isAsked = checks.some(({ link }) => link === 'far answers' || link === 'far reached')
  const host = listeningHost(tunnel).name
  return isAsked ? [] : [{ link: 'far answers', host, status: 'not judged', what: `far (${tunnel.far})` }]
}

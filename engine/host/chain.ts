// Reaches a host over SSH, through its jump hosts: each hop's TCP connection starts at the hop before it.

import { isSocket } from '../../schemas/address'
import { isUsers } from '../../schemas/as-user'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { passwordFor } from './become-password'
import { dialFailed, dialLost, dialProhibited } from './dial-faults'
import { endpointOf, type Hop, listHops } from './hop'
import { keepAnswer } from './keep-answer'
import { limitOf } from './limit'
import type { Lease, Links } from './links'
import type { Reach } from './reach'
import { type Carrier, makeRun, startProgram } from './run'
import { dialWithin } from './way'

export async function reachOverSsh(
  host: Host,
  links: Links,
  timeoutMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<Reach> {
  const hops = await listHops(host, environment)
  const hop = hops.at(-1) as Hop
  const lease = await links.lease(hops).catch((why: unknown) => {
    throw why instanceof Fault ? withPlaces(why, hops) : why
  })
  return makeReach(hop, lease, host, timeoutMs, passwordFor(host, environment))
}

/** Others may have met it on their way: the same jump host is another hop for each host behind it. */
function withPlaces(why: Fault, hops: readonly Hop[]): Fault {
  const what = hops.reduce((text, { label, place }) => {
    const whole = new RegExp(`${label.replace(/[^\w ]/g, '\\$&')}(?![\\w.-])`, 'g')
    return place ? text.replace(whole, () => `${label} (${place})`) : text
  }, why.what)
  return what === why.what ? why : new Fault({ ...why, code: why.code, host: why.host, what }, { cause: why })
}

function makeReach(
  hop: Hop,
  { link, release }: Lease,
  { become, becomePasswordEnv, supervisor }: Host,
  timeoutMs: number,
  password: Carrier['password'],
): Reach {
  const carrier: Carrier = {
    name: hop.name,
    login: `${hop.user}@${endpointOf(hop)}`,
    isRoot: hop.user === 'root',
    become,
    asUser: isUsers({ supervisor }),
    password,
    passwordEnv: becomePasswordEnv,
    exec: link.exec,
  }
  return {
    name: hop.name,
    hostKey: link.hostKey,
    loginKeys: link.loginKeys,
    ownAddress: keepAnswer(() => readOwnAddress(carrier)),
    run: makeRun(carrier),
    dial: async (address, port) => {
      const dialled = await dialWithin(link, address, port, timeoutMs)
      if (dialled.kind === 'open') return dialled.stream
      if (dialled.kind === 'prohibited' || (dialled.kind === 'refused' && isSocket(address)))
        throw dialProhibited(hop.name, address, port, dialled.why)
      if (dialled.kind === 'lost') throw dialLost(hop.name, address, port, dialled.why)
      throw dialFailed(hop.name, address, port, dialled.why)
    },
    closed: link.closed.then(release),
    close: release,
  }
}

/** SSH_CONNECTION is CLIENT_ADDRESS CLIENT_PORT SERVER_ADDRESS SERVER_PORT (ssh(1)); sudo would drop it. */
async function readOwnAddress(carrier: Carrier): Promise<string> {
  const ran = await startProgram(carrier, { name: 'own-address', text: 'echo "$SSH_CONNECTION"' }, [], '', limitOf(''))
  return ran.stdout.split(' ')[0] ?? ''
}

// Leaving a host on which a tunnel has no part any more: a jump host that was taken out of its way.
import { handWritten } from '../../schemas/owner'
import type { Host, Tunnel } from '../../schemas/types'
import { makeStandIn } from '../wish/stand-in'
import type { Tell } from './job'
import { remove } from './remove'

/** What this process has made there under the same name stays: it may be one of its hosts by another address. Throws a Fault. */
export const leave = ({ name, owner = handWritten }: Tunnel, host: Host, tell: Tell): Promise<void> =>
  remove(makeStandIn(name, owner, host), tell, { sparesMade: true })

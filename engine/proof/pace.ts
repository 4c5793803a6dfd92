// Our own probes must not trip anybody's MaxStartups: few at a time for each far, and few in all.
import { probeKind } from '../../schemas/probe'
import type { Tunnel } from '../../schemas/types'
import { pace } from '../host/pace'

/** sshd's default MaxStartups drops connections from the eleventh on that have not logged in (sshd_config(5)); a probe of it never does. */
const forEachSshd = pace(3)
const inAll = pace(8)

/** Asking a tunnel's far, in its turn. */
export const pacedFor = <Value>(tunnel: Tunnel, work: () => Promise<Value>): Promise<Value> =>
  paced(tunnel.far, ['ssh', 'tcp'].includes(probeKind(tunnel)), work)

/** One probe in its turn; `mayBeSshd`: far may be an sshd, whatever it is called. */
export const paced = <Value>(far: string, mayBeSshd: boolean, work: () => Promise<Value>): Promise<Value> =>
  mayBeSshd ? forEachSshd(far, () => inAll('', work)) : inAll('', work)

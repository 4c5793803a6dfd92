// Our own probes must not trip anybody's MaxStartups: few at a time for each far, and few in all.
import { setTimeout as sleep } from 'node:timers/promises'
import { probeKind } from '../../schemas/probe'
import type { Tunnel } from '../../schemas/types'
import { pace } from '../host/pace'
import type { Answer } from './answer'
import { makePenalties } from './penalties'

/** sshd's default MaxStartups drops connections from the eleventh on that have not logged in (sshd_config(5)); a probe of it never does. */
const forEachSshd = pace(3)
const inAll = pace(8)

const penalties = makePenalties()

/** Asking a tunnel's far, in its turn. */
export const pacedFor = (tunnel: Tunnel, work: () => Promise<Answer>): Promise<Answer> =>
  paced(tunnel.far, ['ssh', 'tcp'].includes(probeKind(tunnel)), async () => {
    await sleep(penalties.wait(tunnel.far, Date.now()))
    const answer = await work()
    if (answer.answered) penalties.greeted(tunnel.far, answer.said, Date.now())
    return answer
  })

/** One probe in its turn; `mayBeSshd`: far may be an sshd, whatever it is called. */
export const paced = <Value>(far: string, mayBeSshd: boolean, work: () => Promise<Value>): Promise<Value> =>
  mayBeSshd ? forEachSshd(far, () => inAll('', work)) : inAll('', work)

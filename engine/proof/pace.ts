// Our own probes must not trip anybody's MaxStartups: few at a time for each far, and few in all.
import { setTimeout as sleep } from 'node:timers/promises'
import { isLoopback, isZoned, parseEndpoint } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import { loginId } from '../../schemas/machine'
import { probeKind } from '../../schemas/probe'
import { pace } from '../host/pace'
import type { Answer } from './answer'
import { diallingHost } from './dial'
import { makePenalties } from './penalties'

/** sshd's default MaxStartups drops connections from the eleventh on that have not logged in (sshd_config(5)); a probe of it never does. */
const forEachSshd = pace(3)
const inAll = pace(8)

const penalties = makePenalties()

/** Asking a tunnel's far, in its turn. */
export function pacedFor(tunnel: Single, work: () => Promise<Answer>): Promise<Answer> {
  const source = sourceOf(tunnel)
  return paced(sshdOf(tunnel), ['ssh', 'tcp'].includes(probeKind(tunnel)), async () => {
    await sleep(penalties.wait(source, Date.now()))
    const answer = await work()
    if (answer.answered) penalties.greeted(source, answer.said, Date.now())
    return answer
  })
}

/** A far sees the host that dials it, and holds against each such host what comes from there. */
export const sourceOf = (tunnel: Single): string => JSON.stringify([loginId(diallingHost(tunnel)), tunnel.far])

/** MaxStartups counts whoever comes, from wherever; localhost is another machine for each who dials it, and so is an address of his own link. */
export function sshdOf(tunnel: Single): string {
  const far = parseEndpoint(tunnel.far)
  return !('error' in far) && (isLoopback(far.host) || isZoned(far.host)) ? sourceOf(tunnel) : tunnel.far
}

/** One probe in its turn; `mayBeSshd`: far may be an sshd, whatever it is called. */
export const paced = <Value>(far: string, mayBeSshd: boolean, work: () => Promise<Value>): Promise<Value> =>
  mayBeSshd ? forEachSshd(far, () => inAll('', work)) : inAll('', work)

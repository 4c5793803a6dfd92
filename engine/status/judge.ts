// Whether a tunnel is up, as its hosts were read: only far's answer through the public port says so.
import { isOurs, loginId } from '../../schemas/machine'
import { probeKind } from '../../schemas/probe'
import type { Proof } from '../../schemas/types'
import { Fault, type FaultCode } from '../fault'
import { checksOf, wayIn } from '../look/checks'
import { asStarted, isBound } from '../look/listeners'
import { isAbsent, type Look } from '../look/look'
import type { Check } from '../parts/check'
import { askFromOutside, checkProof, isRunning } from '../proof/prove'
import { hostsOf } from '../wish/declared'
import { isForHostAlone, isUnchosen, type Listening } from '../wish/placed'

/**
 * up: far has answered through the public port; degraded: ssh runs and listens, and it has not; disabled: it does not run, and is not to; unknown:
 * nobody can tell.
 */
export const states = ['up', 'degraded', 'down', 'disabled', 'unknown'] as const
export type State = (typeof states)[number]

/** What neither a person nor a script need look at. */
export const isAsWanted = ({ state }: { readonly state: State }): boolean => state === 'up' || state === 'disabled'

export interface Judged {
  readonly state: State
  readonly reason: string | null
  readonly cure?: string
  readonly proof: Proof | null
  readonly ms?: number
}

/** Then whatever answers there is not this tunnel. */
const notOurs: readonly FaultCode[] = ['name-taken', 'one-machine']

/** That a host was not read is told beside the rest. */
const isWayIn = (link: Check['link']): boolean => (wayIn as readonly Check['link'][]).includes(link)

/** One forward of the tunnel. Never rejects. */
export async function judgeForward(seen: Look, listening: Listening): Promise<Judged> {
  const look = asStarted(seen)
  const away = hostsOf(look.declared).find(host => look.away.has(loginId(host)))
  if (away) return judgeWithout(look, listening, tellAway(look.away.get(loginId(away))))
  return judgeSeen(look, listening)
}

/** By the hosts that were read, of which the one that listens is one. */
async function judgeSeen(look: Look, listening: Listening): Promise<Judged> {
  const checks = checksOf(look)
  const isDown = (reason: string, cure?: string): Judged => ({ state: 'down', reason, cure, proof: null })
  if (look.away.size === 0 && isAbsent(look)) return isDown('it is not there', 'apply makes it')
  const failed = (...links: Check['link'][]) =>
    checks.find(({ link, status }) => status === 'fail' && (links.length === 0 ? !isWayIn(link) : links.includes(link)))
  const taken = checks.find(({ status, code }) => status === 'fail' && code && notOurs.includes(code))
  if (taken) return isDown(taken.what, taken.cure)
  if (look.derived.disabled) {
    const broken = checks.find(({ link, status, goesOn }) => status === 'fail' && !goesOn && !isWayIn(link))
    return broken ? isDown(broken.what, broken.cure) : { state: 'disabled', reason: 'enabled: false', proof: null }
  }
  // By the facts: what somebody has changed of it may work all the same.
  if (!isRunning(look) || !isBound(look, listening)) {
    // What comes first in the chain is why.
    const { what, cure } = failed() ?? { what: 'it does not listen' }
    return isDown(what, cure)
  }
  try {
    return await judgeFar(look, listening, failed('firewall lets it'))
  } catch (why) {
    return { ...tellAway(why), state: 'unknown', proof: null }
  }
}

/**
 * One host was not read. The one that listens tells whose listener that is: its account's, to which no other key leads; so what far says through
 * it counts. Without that one nobody knows, whoever answers there.
 */
async function judgeWithout(look: Look, listening: Listening, away: Told): Promise<Judged> {
  const unread = { ...away, state: 'unknown', proof: null } as const
  if (look.away.has(loginId(listening.host))) {
    const heard = isUnchosen(listening) ? null : await askFromOutside(listening)
    if (!heard?.answered) return unread
    return { ...unread, reason: `${away.reason}; through ${listening.endpoint} far answers, whoever listens there` }
  }
  const judged = await judgeSeen(look, listening)
  const reason = [judged.reason, away.reason].filter(Boolean).join('; ')
  return { ...judged, reason, cure: judged.cure ?? away.cure }
}

async function judgeFar(look: Look, listening: Listening, closed: Check | undefined): Promise<Judged> {
  const { probe, far } = listening.of
  const { proof, warning, ms, link } = await checkProof(look, listening)
  if (proof?.answered) return { state: 'up', reason: describePast(listening, proof), proof, ms }
  // Of a side that is not ours, where nobody looks, only trying it tells.
  const isTheirs = ![listening.of.client, listening.of.server].every(isOurs)
  if (isTheirs && proof?.answered === false && link === 'listener bound')
    return { state: 'down', reason: proof.why, proof }
  if (proof?.answered === false) {
    const evidence = warning?.split('\n').slice(1).join('\n')
    const reason = closed?.what ?? proof.why
    return { state: 'degraded', reason, cure: closed?.cure ?? evidence, proof }
  }
  if (proof) return { state: 'unknown', reason: `not provable: ${proof.why}`, proof }
  const reason =
    probeKind(listening.of) === 'none'
      ? `not provable: probe: ${probe} keeps far (${far}) from being asked`
      : 'not provable from here'
  return { state: 'unknown', reason, proof: null }
}

/** A proof that was taken on the listening host itself says nothing of its firewall. */
function describePast(listening: Listening, { pastFirewall, from }: Proof): string | null {
  return pastFirewall || isForHostAlone(listening) ? null : `past the firewall: no (from ${from})`
}

interface Told {
  readonly reason: string
  readonly cure?: string
}

const tellAway = (why: unknown): Told =>
  why instanceof Fault
    ? { reason: why.what, ...(why.cure && { cure: why.cure }) }
    : { reason: why instanceof Error ? why.message : String(why) }

// Waiting for the proof of a tunnel after its service was started, and saying why it does not come.
import { isLoopback } from '../../schemas/endpoint'
import { probeKind } from '../../schemas/probe'
import type { Proof, Tunnel } from '../../schemas/types'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { allBound, isBound } from '../look/listeners'
import type { Look } from '../look/look'
import { parts } from '../parts'
import { type Check, type Link, ok } from '../parts/check'
import type { Listening } from '../wish/placed'
import { type Answer, proofOf } from './answer'
import { judgeLinks } from './links'
import { pacedFor } from './pace'
import { choosePlace, type Place, reachedAddress } from './place'
import { probe } from './probe'

/** Milliseconds. ssh's ConnectTimeout (10 s), and one restart. */
const patience = 15_000
const interval = 200
/** A far that was silent once is asked again before it is called silent. */
const secondLook = 500

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Why a tunnel is not proved: who asked, where, and what the answer was; no answer where nobody was asked. */
export interface Silence {
  readonly listening: Listening
  readonly place: Place | null
  readonly answer: Answer | null
  readonly stopped: boolean
}

/** A proof, null for what has none; what the user should know of it; where it is missing, at which link. */
export interface Checked {
  readonly proof: Proof | null
  readonly warning?: string
  readonly link?: Link
  /** How long it has taken far to answer, in milliseconds, from where the proof was taken. */
  readonly ms?: number
}

type Proved = ({ readonly kind: 'proved' } & Checked) | { readonly kind: 'silent'; readonly silence: Silence }

/** From where it is asked; null for what has no proof. */
export async function findPlace({ declared, derived, snapshotOf }: Look): Promise<Place | null> {
  const [listening] = derived.listening
  if (declared.type !== 'tunnel' || !listening || derived.disabled) return null
  if (probeKind(declared.input) === 'none') return null
  const { host } = listening
  const here = async () => (host.local ? null : (await connect(host)).ownAddress())
  return choosePlace(declared.input, listening, { here, listening: snapshotOf(host).addresses })
}

const ask = (seen: Look, listening: Listening, place: Place): Promise<Answer> =>
  pacedFor(tunnelOf(seen), () => probe(tunnelOf(seen), listening, place))

/** From here, where the listening host was not read and visitors need no leave; null where that tells nothing. */
export async function askFromOutside(tunnel: Tunnel, listening: Listening): Promise<Answer | null> {
  const place: Place = { name: 'here', through: null, pastFirewall: true }
  const isOwn = isLoopback(reachedAddress(listening)) || listening.host.local
  if (isOwn || tunnel.allowFrom || tunnel.probeFrom || probeKind(tunnel) === 'none') return null
  return pacedFor(tunnel, () => probe(tunnel, listening, place))
}

export function tunnelOf({ declared }: Look): Tunnel {
  if (declared.type !== 'tunnel') throw new Error('only a tunnel has a far')
  return declared.input
}

/** Whether far answers, as the hosts were seen. Nothing is waited for. */
export async function checkProof(seen: Look): Promise<Checked> {
  const [listening] = seen.derived.listening
  const place = await findPlace(seen)
  if (!listening || !place) return { proof: null }
  const missing = findMissing(seen)
  if (!missing) return judge(seen, listening, place, await askTwice(seen, listening, place))
  const { name, far } = tunnelOf(seen)
  const warning = `${name}: far (${far}) did not answer through the tunnel when the hosts were read\n${missing}`
  return {
    proof: proofOf(place, { answered: false, evidence: 'not asked', why: missing }),
    warning,
    link: 'listener bound',
  }
}

/**
 * Far asked through the listener, as checks: each link behind it asked from its own host where it does not answer. Null for a tunnel that is
 * not to be proved.
 */
export async function askLinks(
  seen: Look,
): Promise<{ readonly place: Place; readonly answer: Answer; readonly checks: readonly Check[] } | null> {
  const [listening] = seen.derived.listening
  const place = await findPlace(seen)
  if (!listening || !place) return null
  const answer = await askTwice(seen, listening, place)
  const checks =
    answer.answered === false
      ? await judgeLinks(tunnelOf(seen), listening, place, answer)
      : [asCheck(seen, listening, place, answer)]
  return { place, answer, checks }
}

function asCheck(seen: Look, { endpoint, host }: Listening, place: Place, answer: Answer): Check {
  const asked = { link: 'far answers', host: host.name } as const
  const { far } = tunnelOf(seen)
  const past = place.pastFirewall ? `asked from ${place.name}` : `asked from ${place.name}, not past the firewall`
  if (answer.answered) return ok(asked, `far (${far}) answers through ${endpoint}, ${past}: ${answer.said}`)
  return {
    ...asked,
    status: 'unknown',
    what: `nobody can tell whether far (${far}) answers`,
    evidence: answer.answered === null ? answer.why : undefined,
  }
}

/** What an answer says of the tunnel; of none, at which link. */
async function judge(seen: Look, listening: Listening, place: Place, answer: Answer): Promise<Checked> {
  const { name, far } = tunnelOf(seen)
  if (answer.answered) return { proof: proofOf(place, answer), ms: answer.ms }
  // Then nothing is claimed, and nothing is to be mended.
  if (answer.answered === null) return { proof: proofOf(place, answer), warning: unknownTo(seen, answer.why) }
  const checks = await judgeLinks(tunnelOf(seen), listening, place, answer)
  const {
    what,
    code,
    evidence = '',
    link,
  } = checks.find(({ status }) => status === 'fail') ?? { what: answer.why, code: 'far-silent' }
  const isSilent = code === 'far-silent' || code === 'far-unreached'
  const said = isSilent ? `far (${far}) did not answer through the tunnel when the hosts were read` : what
  const why = isSilent ? answer.why : `${what}: ${answer.why}`
  return { proof: proofOf(place, { ...answer, why }), warning: `${name}: ${said}\n${evidence}`, link }
}

const unknownTo = (seen: Look, why: string): string =>
  `${tunnelOf(seen).name}: nobody can tell whether far (${tunnelOf(seen).far}) answers\n${why}`

async function askTwice(seen: Look, listening: Listening, place: Place): Promise<Answer> {
  const first = await ask(seen, listening, place)
  if (first.answered || isLasting(first)) return first
  await pause(secondLook)
  return ask(seen, listening, place)
}

const isLasting = (answer: Answer): boolean => answer.answered === null && answer.lasts

/** Whether systemd has the tunnel's ssh running. */
export const isRunning = ({ derived, snapshotOf }: Look): boolean =>
  derived.placed.every(
    one => one.kind !== 'service' || parts.service.observe(snapshotOf(one.host), one.at)?.active === true,
  )

/** What the look shows to be missing, so that no connection need be tried; null for nothing. */
function findMissing(seen: Look): string | null {
  const { placed } = seen.derived
  if (!isRunning(seen)) return 'its service does not run'
  if (!allBound(seen)) return 'it does not listen'
  const closed = placed.some(
    one =>
      one.kind === 'firewall' &&
      one.want !== null &&
      (parts.firewall.observe(seen.snapshotOf(one.host), one.at) ?? { open: false }).open === false,
  )
  return closed ? 'the firewall does not let it in' : null
}

/** Asks until far answers, or patience is over; the listeners have been waited for before. */
export async function awaitProof(seen: Look, tell: (what: string) => void): Promise<Proved> {
  const { listening: all, disabled } = seen.derived
  // Nobody has started it.
  if (disabled) return { kind: 'proved', proof: null }
  const unbound = all.find(one => !isBound(seen, one))
  if (unbound)
    return { kind: 'silent', silence: { listening: unbound, place: null, answer: null, stopped: isStopped() } }
  const [listening] = all
  const place = await findPlace(seen)
  if (!place || !listening) return { kind: 'proved', proof: null }
  let until: number | undefined
  for (;;) {
    const answer = await ask(seen, listening, place)
    // It may have waited for its turn.
    until ??= Date.now() + patience
    if (answer.answered) {
      const past =
        place.pastFirewall || isLoopback(listening.address)
          ? ''
          : ' (past the firewall: no; probeFrom names a host that can tell)'
      tell(`proof: ${listening.endpoint} from ${place.name}${past}: ${answer.said}`)
      return { kind: 'proved', proof: proofOf(place, answer) }
    }
    const over = Date.now() > until
    if (answer.answered === null && (over || answer.lasts)) {
      tell(`not proved: ${listening.endpoint} is listened on, and far cannot be asked: ${answer.why}`)
      return { kind: 'proved', proof: proofOf(place, answer), warning: unknownTo(seen, answer.why) }
    }
    if (over || isStopped()) return { kind: 'silent', silence: { listening, place, answer, stopped: isStopped() } }
    await pause(interval)
  }
}

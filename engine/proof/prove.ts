// Waiting for the proof of a tunnel after its service was started, and saying why it does not come.
import { isOurs } from '../../schemas/machine'
import { probeKind } from '../../schemas/probe'
import type { Proof, Tunnel } from '../../schemas/types'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { checkListeners, isBound } from '../look/listeners'
import type { Look } from '../look/look'
import { parts } from '../parts'
import { type Check, type Link, ok } from '../parts/check'
import { isForHostAlone, isTcp, type Listening } from '../wish/placed'
import { type Answer, proofOf } from './answer'
import { judgeLinks } from './links'
import { pacedFor } from './pace'
import { choosePlace, isReachedThereAlone, type Place } from './place'
import { probe } from './probe'
import { whyNotLetIn } from './theirs'

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

export type Proved = ({ readonly kind: 'proved' } & Checked) | { readonly kind: 'silent'; readonly silence: Silence }

/** From where a forward's far is asked; null where nobody asks it. */
export async function findPlace({ derived, snapshotOf }: Look, listening: Listening): Promise<Place | null> {
  const { host, of } = listening
  if (derived.disabled || probeKind(of) === 'none') return null
  const seen = isOurs(host) ? snapshotOf(host) : null
  // The look has told, unless nobody looked.
  const here = async () => (host.local ? null : (seen?.connection?.from ?? (await connect(host)).ownAddress()))
  return choosePlace(of, listening, { here, listening: seen?.addresses ?? [] })
}

const ask = async (listening: Listening, place: Place): Promise<Answer> =>
  outOfReach(listening) ?? pacedFor(listening.of, () => probe(listening.of, listening, place))

/** Only the host itself comes to its loopback, and nobody logs in to one that is not ours. */
function outOfReach(listening: Listening): Answer | null {
  const { host, endpoint } = listening
  if (isOurs(host) || !isReachedThereAlone(listening)) return null
  const why = `only ${host.name} itself comes to ${endpoint}, and it is not ours`
  return { answered: null, evidence: 'not asked', why, lasts: true }
}

/** From here, where the listening host was not read and visitors need no leave; null where that tells nothing. */
export async function askFromOutside(listening: Listening): Promise<Answer | null> {
  const { of } = listening
  const place: Place = { name: 'here', through: null, pastFirewall: true }
  const isOwn = isReachedThereAlone(listening) || listening.host.local
  if (isOwn || of.allowFrom || of.probeFrom || probeKind(of) === 'none') return null
  return ask(listening, place)
}

export function tunnelOf({ declared }: Look): Tunnel {
  if (declared.type !== 'tunnel') throw new Error('only a tunnel has a far')
  return declared.input
}

/** Whether the far of each forward answers, as the hosts were seen. Nothing is waited for. */
export const checkProofs = (seen: Look): Promise<Checked[]> =>
  Promise.all(seen.derived.listening.map(listening => checkProof(seen, listening)))

/** The same of one. */
export async function checkProof(seen: Look, listening: Listening): Promise<Checked> {
  const place = await findPlace(seen, listening)
  if (!place) return { proof: null }
  const waits = waitsFor(seen, listening)
  if (waits) return unproved(listening, place, waits)
  const missing = findMissing(seen, listening)
  if (!missing) return judge(listening, place, await askTwice(listening, place))
  const refused = isOurs(listening.of.server) ? null : await whyNotLetIn(listening)
  if (refused?.code === 'waits-for-owner') return unproved(listening, place, refused)
  const { label, far } = listening.of
  const warning = `${label}: far (${far}) did not answer through the tunnel when the hosts were read\n${missing}`
  return {
    proof: proofOf(place, { answered: false, evidence: 'not asked', why: missing }),
    warning,
    link: 'listener bound',
  }
}

/** What came of asking a forward's far through its listener. */
export interface Heard {
  readonly place: Place
  readonly answer: Answer
  readonly checks: readonly Check[]
}

/** Each far asked through its listener, as checks: each link behind it asked from its own host where it does not answer. None for what is not to be proved. */
export async function askLinks(seen: Look): Promise<readonly Heard[]> {
  const all = await Promise.all(
    seen.derived.listening.map(async listening => {
      const place = await findPlace(seen, listening)
      if (!place) return []
      const answer = await askTwice(listening, place)
      const checks =
        answer.answered === false ? await judgeLinks(listening, place, answer) : [asCheck(listening, place, answer)]
      return [{ place, answer, checks }]
    }),
  )
  return all.flat()
}

function asCheck({ endpoint, host, of: { far } }: Listening, place: Place, answer: Answer): Check {
  const asked = { link: 'far answers', host: host.name } as const
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
async function judge(listening: Listening, place: Place, answer: Answer): Promise<Checked> {
  const { label, far } = listening.of
  if (answer.answered) return { proof: proofOf(place, answer), ms: answer.ms }
  // Then nothing is claimed, and nothing is to be mended.
  if (answer.answered === null) return { proof: proofOf(place, answer), warning: unknownTo(listening, answer.why) }
  const checks = await judgeLinks(listening, place, answer)
  const failed = checks.find(({ status }) => status === 'fail')
  if (failed?.code === 'waits-for-owner') return unproved(listening, place, failed)
  const { what, code, evidence = '', link, cure = '' } = failed ?? { what: answer.why, code: 'far-silent' }
  const isSilent = code === 'far-silent' || code === 'far-unreached'
  const said = isSilent ? `far (${far}) did not answer through the tunnel when the hosts were read` : what
  const why = isSilent ? answer.why : `${what}: ${answer.why}`
  // What others have to set nobody else's apply says.
  const further = [evidence, isOurs(listening.of.server) ? '' : cure].filter(Boolean)
  return { proof: proofOf(place, { ...answer, why }), warning: [`${label}: ${said}`, ...further].join('\n'), link }
}

/** Until its owner has begun it, a tunnel whose ssh is not ours to run. */
const waitsFor = (seen: Look, { endpoint, of }: Listening): Check | undefined =>
  isOurs(of.client)
    ? undefined
    : checkListeners(seen).find(({ code, what }) => code === 'waits-for-owner' && what.includes(` ${endpoint}:`))

/** A side that is not ours has not done its part yet: neither a fault nor good. */
export function unproved(
  { of: { label } }: Listening,
  place: Place | null,
  { what, evidence, cure, link }: Check,
): Checked {
  const from = place ?? { name: 'here', through: null, pastFirewall: false }
  const warning = [`${label} is not proved yet: ${what}`, evidence, cure].filter(Boolean).join('\n')
  return { proof: proofOf(from, { answered: false, evidence: 'not asked', why: what }), warning, link }
}

const unknownTo = ({ of: { label, far } }: Listening, why: string): string =>
  `${label}: nobody can tell whether far (${far}) answers\n${why}`

async function askTwice(listening: Listening, place: Place): Promise<Answer> {
  const first = await ask(listening, place)
  if (first.answered || isLasting(first)) return first
  await pause(secondLook)
  return ask(listening, place)
}

const isLasting = (answer: Answer): boolean => answer.answered === null && answer.lasts

/** Whether systemd has the tunnel's ssh running. */
export const isRunning = ({ derived, snapshotOf }: Look): boolean =>
  derived.placed.every(
    one => one.kind !== 'service' || parts.service.observe(snapshotOf(one.host), one.at)?.active === true,
  )

/** What the look shows to be missing, so that no connection need be tried; null for nothing. */
function findMissing(seen: Look, listening: Listening): string | null {
  const { placed } = seen.derived
  if (!isRunning(seen)) return 'its service does not run'
  if (!isBound(seen, listening)) return 'it does not listen'
  // What closes another forward's port is no matter of this one.
  const of = <At extends { readonly asks: readonly { readonly port: number }[] }>(at: At): At => ({
    ...at,
    asks: at.asks.filter(({ port }) => isTcp(listening) && port === listening.port),
  })
  const closed = placed.some(
    one =>
      one.kind === 'firewall' &&
      one.host === listening.host &&
      one.want !== null &&
      (parts.firewall.observe(seen.snapshotOf(one.host), of(one.at)) ?? { open: false }).open === false,
  )
  return closed ? 'the firewall does not let it in' : null
}

/** Asks the far of each forward until it answers, or patience is over; the listeners have been waited for before. */
export async function awaitProofs(seen: Look, tell: (what: string) => void): Promise<readonly Proved[]> {
  const { listening: all, disabled } = seen.derived
  // Nobody has started it.
  if (disabled) return []
  const unbound = all.find(one => !isBound(seen, one))
  if (unbound) {
    const { client, server } = unbound.of
    // Of what waits for others each forward has its proof; else one that is missing is enough.
    const missing = isOurs(client) && isOurs(server) ? [unbound] : all
    return missing.map(listening => silentAt({ listening, place: null, answer: null }))
  }
  return Promise.all(all.map(listening => awaitProof(seen, listening, tell)))
}

const silentAt = (silence: Omit<Silence, 'stopped'>): Proved => ({
  kind: 'silent',
  silence: { ...silence, stopped: isStopped() },
})

async function awaitProof(seen: Look, listening: Listening, tell: (what: string) => void): Promise<Proved> {
  const place = await findPlace(seen, listening)
  if (!place) return { kind: 'proved', proof: null }
  let until: number | undefined
  for (;;) {
    const answer = await ask(listening, place)
    // It may have waited for its turn.
    const isFirst = until === undefined
    until ??= Date.now() + patience
    if (answer.answered) {
      const past =
        place.pastFirewall || isForHostAlone(listening)
          ? ''
          : ' (past the firewall: no; probeFrom names a host that can tell)'
      tell(`proof: ${listening.endpoint} from ${place.name}${past}: ${answer.said}`)
      return { kind: 'proved', proof: proofOf(place, answer) }
    }
    const over = Date.now() > until
    if (answer.answered === null && (over || answer.lasts)) {
      tell(`not proved: ${listening.endpoint} is listened on, and far cannot be asked: ${answer.why}`)
      return { kind: 'proved', proof: proofOf(place, answer), warning: unknownTo(listening, answer.why) }
    }
    // What its owner has not allowed yet no waiting brings.
    const isRefused = isFirst && !isOurs(listening.of.server) && (await whyNotLetIn(listening)) !== null
    if (over || isRefused || isStopped()) return silentAt({ listening, place, answer })
    await pause(interval)
  }
}

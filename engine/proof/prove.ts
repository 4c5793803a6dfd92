// Waiting for the proof of a tunnel after its service was started, and saying why it does not come.
import type { Proof } from '../../schemas/types'
import type { Fault } from '../fault'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { asFault, checksOf } from '../look/checks'
import { allBound, isBound } from '../look/listeners'
import type { Look } from '../look/look'
import { parts } from '../parts'
import { type Check, firstFailure, inChainOrder } from '../parts/check'
import type { Listening } from '../wish/placed'
import { paced } from './pace'
import { choosePlace, type Place } from './place'
import { type Answer, probe, probeKind, proofOf } from './probe'
import { doubt } from './silent-far'

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
  readonly answer: (Answer & { readonly answered: false }) | null
  readonly stopped: boolean
}

export type Proved =
  | { readonly kind: 'proved'; readonly proof: Proof | null }
  | { readonly kind: 'silent'; readonly silence: Silence }

/** From where it is asked; null for what has no proof. */
async function placeOf({ declared }: Look, listening: Listening | undefined): Promise<Place | null> {
  if (declared.type !== 'tunnel' || !listening || probeKind(declared.input) === 'none') return null
  const ownAddress = async () => (listening.host.local ? null : (await connect(listening.host)).ownAddress())
  return choosePlace(declared.input, listening, ownAddress)
}

async function ask({ declared }: Look, listening: Listening, place: Place): Promise<Answer> {
  if (declared.type !== 'tunnel') throw new Error('only a tunnel has a far')
  const tunnel = declared.input
  const mayBeSshd = ['ssh', 'tcp'].includes(probeKind(tunnel))
  return paced(tunnel.far, mayBeSshd, async () => doubt(tunnel, await probe(tunnel, listening, place)))
}

/** Whether far answers, as the hosts were seen; a null proof for what has none. Nothing is waited for. */
export async function checkProof(seen: Look): Promise<{ proof: Proof | null; warning?: string }> {
  const { declared, derived } = seen
  const [listening] = derived.listening
  const place = await placeOf(seen, listening)
  if (declared.type !== 'tunnel' || !listening || !place) return { proof: null }
  const missing = findMissing(seen)
  const answer: Answer = missing ? { answered: false, why: missing } : await askTwice(seen, listening, place)
  const { name, far } = declared.input
  if (answer.answered) return { proof: proofOf(place, answer) }
  // Nobody can tell: then nothing is claimed, and nothing is to be mended.
  if (answer.unasked) return { proof: null }
  const warning = `${name}: far (${far}) did not answer through the tunnel when the hosts were read\nSeen from ${place.name}: ${answer.why}`
  return { proof: proofOf(place, answer), warning }
}

async function askTwice(seen: Look, listening: Listening, place: Place): Promise<Answer> {
  const first = await ask(seen, listening, place)
  if (first.answered || first.unasked) return first
  await pause(secondLook)
  return ask(seen, listening, place)
}

/** What the look shows to be missing, so that no connection need be tried; null for nothing. */
function findMissing(seen: Look): string | null {
  const { placed } = seen.derived
  const runs = placed.every(
    one => one.kind !== 'service' || parts.service.observe(seen.snapshotOf(one.host), one.at)?.active,
  )
  if (!runs) return 'its service does not run'
  if (!allBound(seen)) return 'it does not listen'
  const closed = placed.some(
    one =>
      one.kind === 'firewall' &&
      one.want !== null &&
      parts.firewall.observe(seen.snapshotOf(one.host), one.at)?.open !== true,
  )
  return closed ? 'the firewall does not let it in' : null
}

/** Asks until far answers, or patience is over; the listeners have been waited for before. */
export async function awaitProof(seen: Look, tell: (what: string) => void): Promise<Proved> {
  const { listening: all } = seen.derived
  const unbound = all.find(one => !isBound(seen, one))
  if (unbound)
    return { kind: 'silent', silence: { listening: unbound, place: null, answer: null, stopped: isStopped() } }
  const [listening] = all
  const place = await placeOf(seen, listening)
  if (!place || !listening) return { kind: 'proved', proof: null }
  let until: number | undefined
  for (;;) {
    const answer = await ask(seen, listening, place)
    // It may have waited for its turn.
    until ??= Date.now() + patience
    if (answer.answered) {
      tell(`proof: ${listening.endpoint} from ${place.name}: ${answer.said}`)
      return { kind: 'proved', proof: proofOf(place, answer) }
    }
    if (answer.unasked) {
      tell(`not proved: ${listening.endpoint} is listened on, and far cannot be asked: ${answer.why}`)
      return { kind: 'proved', proof: null }
    }
    if (isStopped() || Date.now() > until) {
      return { kind: 'silent', silence: { listening, place, answer, stopped: isStopped() } }
    }
    await pause(interval)
  }
}

/** Why it is not proved, as the hosts show it now: the first link of the chain that is missing. */
export function explain(seen: Look, { listening, place, answer, stopped }: Silence): Fault {
  const { host, endpoint } = listening
  if (stopped) {
    return asFault({
      link: 'far answers',
      host: host.name,
      status: 'unknown',
      code: 'stopped',
      what: `stopped before far answered through ${endpoint}`,
    })
  }
  const checks = inChainOrder([...checksOf(seen), farAnswers(seen, listening, place, answer)])
  const said = lastWords(seen)
  const first =
    firstFailure(checks) ??
    checks.find(({ link, status }) => status === 'fail' && isAtTheEnd.includes(link)) ??
    asNotListening(listening)
  const evidence = [first.evidence, said].filter(Boolean).join('\n')
  return asFault({ ...first, evidence: evidence || undefined })
}

/** Of what a deploy has just put right, only these say why far does not answer. */
const isAtTheEnd: readonly string[] = ['listener bound', 'far answers']

/** By now it does; when it was waited for it did not. */
const asNotListening = ({ host, endpoint }: Listening): Check => ({
  link: 'listener bound',
  host: host.name,
  status: 'fail',
  code: 'not-listening',
  what: `the tunnel did not listen on ${endpoint} in time`,
  cure: 'see what ssh says, and run the same again',
})

function farAnswers(seen: Look, listening: Listening, place: Place | null, answer: Silence['answer']): Check {
  const { declared } = seen
  const asked = { link: 'far answers', host: listening.host.name } as const
  if (declared.type !== 'tunnel' || !place || !answer) {
    return { ...asked, status: 'unknown', what: 'far was not reached, so it is not judged' }
  }
  const { far, forward, client, server } = declared.input
  const dialling = forward === 'remote' ? client.name : server.name
  return {
    ...asked,
    status: 'fail',
    code: 'far-silent',
    mends: true,
    what: `${listening.endpoint} is listened on, but far (${far}) does not answer through it`,
    evidence: `seen from ${place.name}: ${answer.why}`,
    cure: `see that the service on ${far} runs and that ${dialling} reaches it, and that nothing between ${place.name} and ${listening.endpoint} drops the connection; probe: none deploys without the proof`,
  }
}

function lastWords({ derived, snapshotOf }: Look): string {
  return derived.placed
    .flatMap(one => {
      const said = one.kind === 'service' ? snapshotOf(one.host).journals[one.at.unit] : undefined
      return said ? [`ssh on ${one.host.name} says:\n${said}`] : []
    })
    .join('\n')
}

// Waiting for the proof of a tunnel after its service was started, and saying why it does not come.
import { isWildcard, sameHost } from '../../schemas/endpoint'
import type { Host, Proof, Tunnel } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { type Look, look } from '../look/look'
import { forgetSnapshot } from '../look/snapshot'
import { parts } from '../parts'
import { scripts } from '../remote/texts'
import type { Declared } from '../wish/declared'
import type { Listening } from '../wish/placed'
import { type Answer, choosePlace, type Place, probe, probeKind, proofOf } from './probe'
import { doubt } from './silent-far'

/** ssh's ConnectTimeout (10 s), and one restart. */
const patienceMs = 15_000
const intervalMs = 200

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function placeOf(declared: Declared & { type: 'tunnel' }, seen: Look): Promise<Place | null> {
  const { listening } = seen.derived
  if (!listening || probeKind(declared.input) === 'none') return null
  const ownAddress = listening.on.local ? null : await (await connect(listening.on)).ownAddress()
  return choosePlace(declared.input, listening, ownAddress)
}

const ask = async (tunnel: Tunnel, listening: Listening, place: Place) =>
  doubt(tunnel, await probe(tunnel, listening, place))

/** One look whether far answers; a null proof for what has none. */
export async function checkProof(declared: Declared, seen: Look): Promise<{ proof: Proof | null; warning?: string }> {
  if (declared.type !== 'tunnel' || !seen.derived.listening) return { proof: null }
  const place = await placeOf(declared, seen)
  if (!place) return { proof: null }
  const missing = findMissing(seen)
  const answer: Answer = missing
    ? { answered: false, why: missing }
    : await ask(declared.input, seen.derived.listening, place)
  const { name, far } = declared.input
  if (answer.answered) return { proof: proofOf(place, answer) }
  // Nobody can tell: then nothing is claimed, and nothing is to be mended.
  if (answer.unasked) return { proof: null }
  const warning = `${name}: far (${far}) did not answer through the tunnel when the hosts were read\nSeen from ${place.name}: ${answer.why}`
  return { proof: proofOf(place, answer), warning }
}

/** What the snapshots show to be missing, so that no connection need be tried; null for nothing. */
function findMissing(seen: Look): string | null {
  if (!isUp(seen)) return 'its service does not run'
  if (!isBound(seen)) return 'it does not listen'
  const closed = seen.derived.placed.some(
    placed =>
      placed.kind === 'firewall' &&
      placed.want !== null &&
      parts.firewall.observe(seen.on(placed.host), placed.at)?.open !== true,
  )
  return closed ? 'the firewall does not let it in' : null
}

/** Waits until far answers. Throws a Fault that says which link of the chain is missing. */
export async function awaitProof(declared: Declared, tell: (what: string) => void): Promise<Proof | null> {
  if (declared.type !== 'tunnel') return null
  const until = Date.now() + patienceMs
  await awaitService(declared, until)
  const seen = await look(declared)
  const place = await placeOf(declared, seen)
  const { listening } = seen.derived
  if (!place || !listening) return null
  for (;;) {
    const answer = await ask(declared.input, listening, place)
    // Another program may hold the port and answer: the proof counts for what this tunnel's account listens on.
    const bound = isBound(await look(declared))
    if (!bound) forgetSnapshot(listening.on)
    if (answer.answered && bound) {
      tell(`proof: ${listening.endpoint} from ${place.name}: ${answer.said}`)
      return proofOf(place, answer)
    }
    if (!answer.answered && answer.unasked && bound) {
      tell(`not proved: ${place.name} listens on ${listening.endpoint}, but its sshd does not let us dial it`)
      return null
    }
    if (isStopped()) throw stoppedWaiting(listening)
    if (Date.now() > until) {
      const held: Answer = { answered: false, why: 'another program answers there, not this tunnel' }
      throw await explain(declared, listening, place, answer.answered ? held : answer)
    }
    await pause(intervalMs)
  }
}

const stoppedWaiting = ({ on, endpoint }: Listening) =>
  new Fault({ code: 'stopped', host: on.name, what: `stopped before far answered through ${endpoint}` })

/** Whether the tunnel's own account listens where it should: ssh on the client, or sshd for it on the server. */
function isBound({ derived: { listening, placed }, on }: Look): boolean {
  const account = placed.find(one => one.kind === 'account')
  if (!listening || account?.kind !== 'account') return false
  const { listeners, accounts } = on(listening.on)
  const uid = accounts[account.at.name]?.uid
  const binds = (address: string) =>
    isWildcard(listening.address)
      ? isWildcard(address)
      : sameHost(address, listening.address.replace('localhost', '127.0.0.1'))
  return listeners.some(listener => listener.port === listening.port && listener.uid === uid && binds(listener.address))
}

const serviceOf = (seen: Look) => seen.derived.placed.find(placed => placed.kind === 'service')
const isUp = (seen: Look): boolean => {
  const placed = serviceOf(seen)
  return placed?.kind !== 'service' || Boolean(parts.service.observe(seen.on(placed.host), placed.at)?.active)
}

/** Another tunnel's look may be from before our start: look again until ours runs. */
async function awaitService(declared: Declared & { type: 'tunnel' }, until: number): Promise<void> {
  while (!isUp(await look(declared)) && Date.now() < until && !isStopped()) {
    await pause(intervalMs)
    forgetSnapshot(declared.input.client)
  }
}

async function explain(
  declared: Declared & { type: 'tunnel' },
  listening: Listening,
  place: Place,
  answer: Answer & { answered: false },
): Promise<Fault> {
  const { client, far } = declared.input
  const { on, endpoint } = listening
  // The last look may be from before ssh listened.
  forgetSnapshot(client)
  forgetSnapshot(on)
  const seen = await look(declared)
  const bound = isBound(seen)
  const said = await journal(client, serviceOf(seen))
  return new Fault({
    code: bound ? 'far-silent' : 'not-listening',
    host: on.name,
    what: bound
      ? `${endpoint} is listened on, but far (${far}) does not answer through it`
      : `the tunnel does not listen on ${endpoint}`,
    happened: [`seen from ${place.name}: ${answer.why}`, said && `ssh on ${client.name} says:\n${said}`]
      .filter(Boolean)
      .join('\n'),
    cure: bound
      ? `see that the service on ${far} runs and that ${declared.input.forward === 'remote' ? client.name : declared.input.server.name} reaches it, and that nothing between ${place.name} and ${endpoint} drops the connection; probe: none deploys without the proof`
      : `see what ssh says above`,
  })
}

async function journal(client: Host, placed: ReturnType<typeof serviceOf>): Promise<string> {
  if (placed?.kind !== 'service') return ''
  const ran = await (await connect(client)).run(scripts.journal, [placed.at.unit])
  // ssh comes back every second, with the same words.
  return [...new Set(ran.stdout.trim().split('\n'))].join('\n')
}

// The proof: a connection through the listener, answered by the far service.
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { isSocket } from '../../schemas/address'
import { familyOf, splitZone } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import { type ProbeKind, probeKind } from '../../schemas/probe'
import { isTcp, type Listening } from '../wish/placed'
import { type Answer, askOver, closedEarly, no, patienceMs, quietMs, saidNothing } from './answer'
import { askTcp, greetDirectly } from './ask-tcp'
import { dialFar, dialFrom, dialHere, farOf } from './dial'
import { aLine, firstLine, hear } from './hear'
import { type Place, reachedAddress } from './place'
import { throughSocks } from './socks'

/** One try. Never throws: a far that does not answer is an answer too. */
export async function probe(tunnel: Single, listening: Listening, place: Place): Promise<Answer> {
  // The port that visitors come to.
  const [address, port] = isTcp(listening)
    ? [reachedAddress(listening), listening.visited ?? listening.port]
    : [listening.path, 0]
  const dial = () =>
    place.through ? dialFrom(place.through, address, port, patienceMs) : dialHere(address, port, patienceMs)
  const open = async () => {
    const stream = await dial()
    if (tunnel.forward !== 'dynamic') return stream
    return throughSocks(stream, farOf(tunnel), patienceMs).catch(why => {
      stream.destroy()
      throw why
    })
  }
  const kind = probeKind(tunnel)
  const began = performance.now()
  const answer = await (kind === 'tcp' ? askTcp(tunnel, open) : askOver(open, stream => ask(stream, kind, address)))
  const ms = performance.now() - began
  const hasSpoken = answer.answered && answer.evidence !== 'kept open'
  return judgeStatus(hasSpoken ? { ...answer, ms } : answer, tunnel)
}

/** Far, from the host that dials it, not through the tunnel. Never throws. */
export async function askDirectly(tunnel: Single): Promise<Answer> {
  const kind = probeKind(tunnel)
  if (kind === 'tcp') return greetDirectly(tunnel, quietMs)
  const far = farOf(tunnel)
  const open = () => dialFar(tunnel, patienceMs)
  return judgeStatus(await askOver(open, stream => ask(stream, kind, far.host)), tunnel)
}

/** `address`: what far is called in HTTP's Host. */
async function ask(stream: Duplex, kind: Exclude<ProbeKind, 'tcp'>, address: string): Promise<Answer> {
  if (kind === 'tls') return shakeHands(stream)
  if (kind === 'http') stream.write(`GET / HTTP/1.0\r\nHost: ${hostHeader(address)}\r\n\r\n`)
  const [starts, evidence] = kind === 'http' ? (['HTTP/', 'http status'] as const) : (['SSH-', 'banner'] as const)
  const heard = hear(stream)
  await heard.until(aLine, patienceMs)
  const line = firstLine(heard.text())
  if (line.startsWith(starts)) return { answered: true, evidence, said: line }
  if (line) return no(`far does not speak ${kind}: it said ${JSON.stringify(line.slice(0, 80))}`)
  return heard.closed() ? closedEarly : saidNothing
}

/** A path is no name: then far is asked as what it is to itself. A zone is nobody's business but the sender's (RFC 4007). */
const hostHeader = (text: string): string => {
  const { address } = splitZone(text)
  return isSocket(address) ? 'localhost' : familyOf(address) === 6 ? `[${address}]` : address
}

function judgeStatus(answer: Answer, { probeStatus: wanted }: Single): Answer {
  if (!answer.answered || answer.evidence !== 'http status' || !wanted) return answer
  const status = /^HTTP\/\S+ (\d{3})/.exec(answer.said)?.[1] ?? ''
  const counts = wanted.some(one => (one.endsWith('xx') ? one[0] === status[0] : one === status))
  return counts ? answer : no(`far said ${JSON.stringify(answer.said)}, and probeStatus wants ${wanted.join(', ')}`)
}

/** The certificate is not judged: that the far side shakes hands is the proof; whom clients trust is theirs to say. */
function shakeHands(stream: Duplex): Promise<Answer> {
  return new Promise(resolve => {
    const secure: TLSSocket = connectTls({ socket: stream, rejectUnauthorized: false })
    // Not tls.connect's own timeout: over a given stream it never comes (tried with Node 20).
    const timer = setTimeout(() => secure.destroy(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs)
    secure.once('secureConnect', () => {
      const name = secure.getPeerCertificate().subject?.CN
      const said = name ? `${secure.getProtocol()} ${name}` : String(secure.getProtocol())
      resolve({ answered: true, evidence: 'tls handshake', said })
      secure.destroy()
    })
    secure.once('error', error => resolve(no(`no TLS: ${error.message}`)))
    secure.once('close', () => {
      clearTimeout(timer)
      resolve(closedEarly)
    })
  })
}

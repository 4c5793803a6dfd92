// The proof: a connection through the listener, answered by the far service.
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { parseEndpoint } from '../../schemas/endpoint'
import type { Proof, Tunnel } from '../../schemas/types'
import { Fault } from '../fault'
import { connectTcp } from '../host/connect'
import { connect } from '../host/pool'
import type { Listening } from '../wish/placed'
import { type Place, reachedAddress } from './place'

export type Answer =
  | { readonly answered: true; readonly said: string }
  | {
      readonly answered: false
      readonly why: string
      /** The place may not dial (its sshd forwards nothing for us), so that far was never asked. */
      readonly unasked?: true
    }

type Ask = NonNullable<Tunnel['probe']>

const patienceMs = 5_000
/** How long a connection must stay open to count as answered when far is not the one to speak first. */
const quietMs = 400

/** What the tunnel's far service speaks, if the tunnel does not say. */
export function probeKind(tunnel: Tunnel): Ask {
  const far = parseEndpoint(tunnel.far)
  const port = 'error' in far ? 0 : far.port
  return tunnel.probe ?? ({ 22: 'ssh', 443: 'tls', 80: 'http', 8080: 'http' } as const)[port] ?? 'tcp'
}

/** One try. Never throws: a far that does not answer is an answer too. */
export async function probe(tunnel: Tunnel, listening: Listening, place: Place): Promise<Answer> {
  const address = reachedAddress(listening)
  let stream: Duplex | null = null
  try {
    stream = place.through
      ? await (await connect(place.through)).dial(address, listening.port)
      : await dialHere(address, listening.port)
    return await ask(stream, probeKind(tunnel), address)
  } catch (why) {
    const unasked = why instanceof Fault && why.code === 'dial-prohibited' ? { unasked: true as const } : {}
    return { answered: false, why: why instanceof Error ? why.message : String(why), ...unasked }
  } finally {
    stream?.destroy()
  }
}

async function dialHere(host: string, port: number): Promise<Duplex> {
  const dialled = await connectTcp(host, port, patienceMs)
  if ('why' in dialled) throw new Error(dialled.code ? `${dialled.why} (${dialled.code})` : dialled.why)
  return dialled
}

async function ask(stream: Duplex, kind: Ask, address: string): Promise<Answer> {
  if (kind === 'tls') return shakeHands(stream)
  if (kind === 'http') stream.write(`GET / HTTP/1.0\r\nHost: ${isIP(address) === 6 ? `[${address}]` : address}\r\n\r\n`)
  const starts = { ssh: 'SSH-', http: 'HTTP/', tcp: '', none: '' }[kind]
  const heard = await listen(stream, starts === '' ? quietMs : patienceMs)
  if (starts === '') return heard.closed && !heard.text ? closedEarly : { answered: true, said: 'open' }
  const [line = ''] = heard.text.split(/\r?\n/)
  if (line.startsWith(starts)) return { answered: true, said: line.replace(/\p{Cc}/gu, '?').slice(0, 200) }
  if (line) return { answered: false, why: `far does not speak ${kind}: it said ${JSON.stringify(line.slice(0, 80))}` }
  return heard.closed ? closedEarly : { answered: false, why: `far said nothing within ${patienceMs / 1000} s` }
}

const closedEarly: Answer = {
  answered: false,
  why: 'the connection was accepted and closed at once: far does not answer',
}

/** The first thing heard, up to a line end. */
function listen(stream: Duplex, ms: number): Promise<{ text: string; closed: boolean }> {
  return new Promise(resolve => {
    let text = ''
    const end = (closed: boolean) => {
      clearTimeout(timer)
      resolve({ text, closed })
    }
    const timer = setTimeout(() => end(false), ms)
    stream.on('data', (data: Buffer) => {
      text += data.toString('latin1')
      if (text.includes('\n') || text.length > 4096) end(false)
    })
    stream.once('error', () => end(true))
    stream.once('close', () => end(true))
    stream.once('end', () => end(true))
  })
}

/** The certificate is not judged: that the far side shakes hands is the proof; whom clients trust is theirs to say. */
function shakeHands(stream: Duplex): Promise<Answer> {
  return new Promise(resolve => {
    const secure: TLSSocket = connectTls({ socket: stream, rejectUnauthorized: false })
    const no = (why: string) => resolve({ answered: false, why })
    // Not tls.connect's own timeout: over a given stream it never comes (tried with Node 20).
    const timer = setTimeout(() => secure.destroy(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs)
    secure.once('secureConnect', () => {
      const name = secure.getPeerCertificate().subject?.CN
      resolve({ answered: true, said: name ? `${secure.getProtocol()} ${name}` : String(secure.getProtocol()) })
      secure.destroy()
    })
    secure.once('error', error => no(`no TLS: ${error.message}`))
    secure.once('close', () => {
      clearTimeout(timer)
      resolve(closedEarly)
    })
  })
}

/** The proof as the resource shows it. */
export const proofOf = (place: Place, answer: Answer): Proof => ({
  from: place.name,
  answered: answer.answered,
  farAnswered: answer.answered ? answer.said : '',
})

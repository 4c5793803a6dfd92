// A far that is not the one to speak first: whether it is there at all, asked from the host that dials it.
import { parseEndpoint } from '../../schemas/endpoint'
import type { Tunnel } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import type { Answer } from './probe'

/**
 * ssh accepts a connection at the listener before it has dialled far, and a far that drops packets keeps it open for minutes: an
 * open connection alone proves nothing. Where the host does not let us dial onward ourselves, nobody can tell.
 */
export async function doubt(tunnel: Tunnel, answer: Answer): Promise<Answer> {
  const far = parseEndpoint(tunnel.far)
  if (!answer.answered || answer.said !== 'open' || 'error' in far) return answer
  const dialler = tunnel.forward === 'remote' ? tunnel.client : tunnel.server
  try {
    const stream = await (await connect(dialler)).dial(far.host, far.port)
    stream.on('error', () => {})
    stream.destroy()
    return answer
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    const said = [why.what, why.happened].filter(Boolean).join(': ')
    return { answered: false, why: said, ...(why.code === 'dial-prohibited' ? { unasked: true as const } : {}) }
  }
}

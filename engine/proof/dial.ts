// Connections that the proof opens: from this machine to a listener, and from the host that dials far to far itself.
import type { Duplex } from 'node:stream'
import { isSocket } from '../../schemas/address'
import { type Endpoint, parseEndpoint } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import type { Host } from '../../schemas/types'
import { connectSocket, connectTcp } from '../host/connect'
import { dialFailed } from '../host/dial-faults'
import { connect } from '../host/pool'

/** The host whose ssh or sshd dials far. */
export const diallingHost = ({ forward, client, server }: Single): Host => (forward === 'remote' ? client : server)

/** Of a socket the path is the host, as a reach takes it. */
export function farOf({ far: text }: Pick<Single, 'far'>): Endpoint {
  if (isSocket(text)) return { host: text, port: 0 }
  const far = parseEndpoint(text)
  if ('error' in far) throw new Error(`far ${far.error}`)
  return far
}

export async function dialHere(host: string, port: number, ms: number): Promise<Duplex> {
  const dialled = await (isSocket(host) ? connectSocket(host) : connectTcp(host, port, ms))
  if ('why' in dialled) throw new Error(dialled.code ? `${dialled.why} (${dialled.code})` : dialled.why)
  return dialled
}

/** A connection that starts at that host. Rejects with the fault `dial-failed` where nobody answers, and with another where nobody can ask. */
export async function dialFrom(host: Host, address: string, port: number, ms: number): Promise<Duplex> {
  const dialling = connect(host).then(reach => reach.dial(address, port))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // One that opens too late is closed.
      dialling.then(stream => stream.on('error', () => {}).destroy()).catch(() => {})
      reject(dialFailed(host.name, address, port, `no answer in ${ms / 1000} s`))
    }, ms)
  })
  return Promise.race([dialling, late]).finally(() => clearTimeout(timer))
}

/** From the host that dials far for the tunnel, but not through the tunnel. */
export function dialFar(tunnel: Single, ms: number): Promise<Duplex> {
  const far = farOf(tunnel)
  return dialFrom(diallingHost(tunnel), far.host, far.port, ms)
}

// The way to a hop's sshd: a TCP connection from here, what a command makes, or a connection from the hop before it.
import type { Duplex } from 'node:stream'
import { Fault } from '../fault'
import { connectTcp, noAnswer } from './connect'
import { dialProhibited } from './dial-faults'
import { endpointOf, type Hop } from './hop'
import { startProxy } from './proxy'
import type { Dialled, Link } from './ssh'

export async function connectFirst(hop: Hop, timeoutMs: number, environment: NodeJS.ProcessEnv): Promise<Duplex> {
  if (hop.proxyCommand !== undefined) return startProxy(hop, hop.proxyCommand, environment)
  const result = await connectTcp(hop.address, hop.port, timeoutMs)
  if (!('why' in result)) return result
  throw new Fault({
    code: result.isDrop ? 'connection-dropped' : result.isUnknownName ? 'name-unresolved' : 'host-unreachable',
    host: hop.name,
    what: `cannot reach ${hop.label} at ${endpointOf(hop)}`,
    happened: result.why,
    cure: result.cure,
  })
}

export async function hopOn(before: Hop, link: Link, hop: Hop, timeoutMs: number): Promise<Duplex> {
  const dialled = await dialWithin(link, hop.address, hop.port, timeoutMs)
  if (dialled.kind === 'open') return dialled.stream
  if (dialled.kind === 'prohibited') throw dialProhibited(before.name, hop.address, hop.port, dialled.why)
  throw new Fault({
    code: 'host-unreachable',
    host: hop.name,
    what: `cannot reach ${hop.label}: ${before.label} cannot connect to ${endpointOf(hop)}`,
    happened: dialled.why,
    cure: `check address and port as ${before.name} sees them, and that the host is up`,
  })
}

/** sshd itself waits for minutes. A stream that opens too late is closed. */
export async function dialWithin(link: Link, address: string, port: number, timeoutMs: number): Promise<Dialled> {
  const dialling = link.dial(address, port)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Dialled>(resolve => {
    timer = setTimeout(() => {
      resolve({ kind: 'refused', why: noAnswer(timeoutMs).why })
      dialling.then(dialled => dialled.kind === 'open' && dialled.stream.destroy())
    }, timeoutMs)
  })
  const dialled = await Promise.race([dialling, late])
  clearTimeout(timer)
  return dialled
}

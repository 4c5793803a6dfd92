// The way from the host that dials far to far: do large packets come through both ways. Only of a far that speaks HTTP, which minds no long header.
import { isLoopback, parseEndpoint } from '../../schemas/endpoint'
import { probeKind } from '../../schemas/probe'
import type { Tunnel } from '../../schemas/types'
import { type Check, ok } from '../parts/check'
import { dialFar, diallingHost } from '../proof/dial'
import { aLine, hear } from '../proof/hear'

/** Bytes: more than any path takes in one packet, and less than servers allow for a header. */
const padding = 'x'.repeat(4000)
/** Milliseconds: what is lost is sent five times again meanwhile. */
const usual = 8_000

/**
 * Lost is only what brings no word, twice, where a request of a few bytes whose answer has a few bytes brings one. Null where that cannot be
 * asked, and where far says nothing at all. Never throws.
 */
export async function askFarLarge(tunnel: Tunnel, patience = usual): Promise<Check | null> {
  const far = parseEndpoint(tunnel.far)
  if ('error' in far || isLoopback(far.host) || probeKind(tunnel) !== 'http') return null
  const dialler = diallingHost(tunnel).name
  const asked = { link: 'large packets', host: dialler } as const
  const ask = (verb: 'HEAD' | 'GET', more: string) => hasWord(tunnel, `${verb} / HTTP/1.0\r\n${more}\r\n`, patience)
  const there = () => ask('HEAD', `X-Padding: ${padding}\r\n`)
  const back = () => ask('GET', '')
  try {
    const first = await Promise.all([there(), back()])
    if (first.every(Boolean)) return ok(asked, `large packets come through from ${dialler} to far (${tunnel.far})`)
    if (!(await ask('HEAD', ''))) return null
    const again = await Promise.all([first[0] || there(), first[1] || back()])
    if (again.every(Boolean)) return null
    const [from, to, what] = again[0]
      ? [tunnel.far, dialler, 'GET / none, whose answer may be long']
      : [dialler, tunnel.far, `one with a header of ${padding.length / 1000} kB none`]
    return {
      ...asked,
      status: 'fail',
      code: 'large-packets-lost',
      goesOn: true,
      what: `small packets between ${dialler} and far (${tunnel.far}) come through, and large ones from ${from} to ${to} are lost (an MTU black hole)`,
      evidence: `HEAD / brings an answer, and ${what}, twice within ${patience / 1000} s`,
      cure: `let ICMP "fragmentation needed" through on the way, or set a smaller MTU: ip link set dev DEVICE mtu 1400 on ${dialler}`,
    }
  } catch {
    return null
  }
}

/** Whether far says a word to it, if only by closing. @throws Fault `dial-failed` and others */
async function hasWord(tunnel: Tunnel, request: string, ms: number): Promise<boolean> {
  const stream = await dialFar(tunnel, ms)
  try {
    const heard = hear(stream)
    stream.write(request)
    await heard.until(aLine, ms)
    return heard.text() !== '' || heard.closed()
  } finally {
    stream.destroy()
  }
}

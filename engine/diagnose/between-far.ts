// The way from the host that dials far to far: do large packets come through both ways. Only of a far that speaks HTTP, which minds no long header.
import { isLoopback, parseEndpoint } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import { probeKind } from '../../schemas/probe'
import { type Check, ok } from '../parts/check'
import { dialFar, diallingHost } from '../proof/dial'
import { hear, kept } from '../proof/hear'

/** Bytes: more than any path takes in one packet, and less than servers allow for a header. */
const padding = 'x'.repeat(4000)
/** Milliseconds: what is lost is sent five times again meanwhile. */
const usual = 8_000

/**
 * Lost is only what does not come back whole, twice, where a request of a few bytes whose answer has a few bytes brings a word. Null where that cannot be
 * asked, and where far says nothing at all. Never throws.
 */
export async function askFarLarge(tunnel: Single, patience = usual): Promise<Check | null> {
  const far = parseEndpoint(tunnel.far)
  if ('error' in far || isLoopback(far.host) || probeKind(tunnel) !== 'http') return null
  const dialler = diallingHost(tunnel).name
  const asked = { link: 'large packets', host: dialler } as const
  const head = (more: string) => hears(tunnel, `HEAD / HTTP/1.0\r\n${more}\r\n`, patience, text => text.includes('\n'))
  const there = () => head(`X-Padding: ${padding}\r\n`)
  const back = () => hears(tunnel, 'GET / HTTP/1.0\r\n\r\n', patience, isWhole)
  try {
    const first = await Promise.all([there(), back()])
    if (first.every(Boolean)) return ok(asked, `large packets come through from ${dialler} to far (${tunnel.far})`)
    if (!(await head(''))) return null
    const again = await Promise.all([first[0] || there(), first[1] || back()])
    if (again.every(Boolean)) return null
    const [from, to, what] = again[0]
      ? [tunnel.far, dialler, 'what GET / brings does not come to its end']
      : [dialler, tunnel.far, `one with a header of ${padding.length / 1000} kB brings none`]
    return {
      ...asked,
      status: 'fail',
      code: 'large-packets-lost',
      goesOn: true,
      what: `small packets between ${dialler} and far (${tunnel.far}) come through, and large ones from ${from} to ${to} are lost (an MTU black hole)`,
      evidence: `HEAD / brings an answer, and ${what}, twice in ${patience / 1000} s`,
      cure: `let ICMP "fragmentation needed" through on the way, or set a smaller MTU: ip link set dev DEVICE mtu 1400 on ${dialler}`,
    }
  } catch {
    return null
  }
}

/** So much as it has promised (Content-Length), or as is kept of it; of who promises nothing, its header. */
export function isWhole(text: string): boolean {
  const [header = '', ...rest] = text.split('\r\n\r\n')
  if (rest.length === 0) return false
  const length = /^content-length: *(\d+)/im.exec(header)?.[1]
  return text.length >= kept || rest.join('\r\n\r\n').length >= Number(length ?? 0)
}

/** Whether so much comes back, or far closes. @throws Fault `dial-failed` and others */
async function hears(
  tunnel: Single,
  request: string,
  ms: number,
  isEnough: (text: string) => boolean,
): Promise<boolean> {
  const stream = await dialFar(tunnel, ms)
  try {
    const heard = hear(stream)
    stream.write(request)
    await heard.until(isEnough, ms)
    return heard.closed() || isEnough(heard.text())
  } finally {
    stream.destroy()
  }
}

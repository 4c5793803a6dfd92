// The way from client to server, asked from the client itself: does sshd answer there, and do large packets come through both ways.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { reach } from '../host'
import { type Check, ok } from '../parts/check'
import { patienceMs } from '../proof/answer'
import { dialFrom } from '../proof/dial'
import { aLine, firstLine, hear } from '../proof/hear'
import { scripts } from '../remote/texts'

/** How the client finds the server, for its ssh. */
export interface Way {
  readonly client: Host
  readonly server: Host
  readonly address: string
  readonly port: number
}

/** Never throws: who cannot be asked is unknown. */
export async function askServer({ client, server, address, port }: Way): Promise<Check> {
  const asked = { link: 'server reached', host: client.name } as const
  const at = `${server.name} (${address}:${port})`
  try {
    const stream = await dialFrom(client, address, port, patienceMs)
    try {
      const heard = hear(stream)
      await heard.until(aLine, patienceMs)
      if (firstLine(heard.text()).startsWith('SSH-')) return ok(asked, `sshd on ${at} answers ${client.name}`)
      const what = `${client.name} gets no word of SSH from ${at}`
      const evidence = heard.text()
        ? `it said ${JSON.stringify(firstLine(heard.text()))}`
        : heard.closed()
          ? 'it closed the connection'
          : 'it said nothing'
      return {
        ...asked,
        status: 'fail',
        code: 'host-unreachable',
        what,
        evidence,
        cure: `see that sshd listens there, and its log (MaxStartups, PerSourcePenalties)`,
      }
    } finally {
      stream.destroy()
    }
  } catch (why) {
    const fault = why instanceof Fault ? why : null
    const evidence = fault ? [fault.what, fault.happened].filter(Boolean).join(': ') : String(why)
    if (fault?.code !== 'dial-failed')
      return {
        ...asked,
        status: 'unknown',
        what: `nobody can tell whether ${client.name} reaches ${at}`,
        evidence,
        cure: fault?.cure,
      }
    return {
      ...asked,
      status: 'fail',
      code: 'host-unreachable',
      what: `${client.name} cannot connect to sshd on ${at}`,
      evidence,
      cure: `see address and port of ${server.name} as ${client.name} sees them, and the firewalls on the way and on ${server.name}`,
    }
  }
}

/** More than any path takes at once, and so much that it must be in large packets. */
const sample = 'x'.repeat(48 * 1024)
const limitMs = 6_000

/**
 * A login from the client to the server, as the tool's own user, and a sample there and back: over the very path that the tunnel's ssh takes.
 * Null where that cannot be tried, for other reasons than the path. Never throws.
 */
export async function askLarge(way: Way): Promise<Check | null> {
  const { client, server } = way
  const asked = { link: 'large packets', host: client.name } as const
  if (server.local || !server.address) return null
  const through = client.local || !client.address ? [] : [...(client.via ?? []), { ...client, address: client.address }]
  const good = ok(asked, `large packets come through between ${client.name} and ${server.name}`)
  const lost = (evidence: string): Check => ({
    ...asked,
    status: 'fail',
    code: 'large-packets-lost',
    goesOn: true,
    what: `small packets between ${client.name} and ${server.name} come through, and large ones are lost (an MTU black hole)`,
    evidence,
    cure: `let ICMP "fragmentation needed" through on the way, or set a smaller MTU: ip link set dev DEVICE mtu 1400 on ${client.name}`,
  })
  const isSmallThrough = async () => (await askServer(way)).status === 'ok'
  let there: Awaited<ReturnType<typeof reach>> | null = null
  try {
    there = await reach({ ...server, address: way.address, via: through }, { timeoutMs: limitMs })
    const ran = await there.run(scripts.echo, [], sample, limitMs / 1000)
    return ran.stdout.length === sample.length ? good : null
  } catch (why) {
    if (!(why instanceof Fault) || !fellSilent(why) || !(await isSmallThrough())) return null
    const went = there ? `${sample.length / 1024} kB sent there and back` : 'a login, with its large first packets,'
    return lost(`sshd greets, but ${went} had not come through after ${limitMs / 1000} s`)
  } finally {
    there?.close()
  }
}

const fellSilent = ({ code, happened = '' }: Fault): boolean =>
  code === 'took-too-long' || /no answer in|timed out/i.test(happened)

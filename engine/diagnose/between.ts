// The way from client to server, asked from the client itself: does sshd answer there, and do large packets come through both ways.
import type { Single } from '../../schemas/forward'
import { sayJumps } from '../../schemas/jumps'
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connectAfresh } from '../host/pool'
import type { Reach } from '../host/reach'
import { within } from '../host/within'
import { type Check, ok } from '../parts/check'
import { patienceMs } from '../proof/answer'
import { dialFrom, diallingHost } from '../proof/dial'
import { aLine, firstLine, hear } from '../proof/hear'
import { paced } from '../proof/pace'
import { scripts } from '../remote/texts'
import { askFarLarge } from './between-far'

/** How the client finds the server, for its ssh. */
export interface Way {
  readonly client: Host
  readonly server: Host
  readonly address: string
  readonly port: number
  /** Jump hosts over which we log in there, and its ssh does not go. */
  readonly goesOver?: readonly string[]
}

/** Never throws: who cannot be asked is unknown. */
export async function askServer({ client, server, address, port, goesOver = [] }: Way): Promise<Check> {
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
      cure: `see address and port of ${server.name} as ${client.name} sees them, and the firewalls on the way and on ${server.name}${sayJumps(client.name, server.name, goesOver)}`,
    }
  }
}

/** What is asked of each way, once however many tunnels go by it: their checks are the same, and so many logins at a time sshd would drop. */
export interface Between {
  readonly server: (way: Way) => Promise<Check>
  readonly large: (way: Way) => Promise<Check | null>
  /** Between far and the host that dials it. */
  readonly far: (tunnel: Single) => Promise<Check | null>
}

export function makeBetween(): Between {
  const idOf = ({ client, server, address, port, goesOver = [] }: Way) =>
    [loginId(client), loginId(server), address, port, ...goesOver].join(' ')
  const pacedWay =
    <Answer>(ask: (way: Way) => Promise<Answer>) =>
    (way: Way) =>
      paced(`${way.address}:${way.port}`, true, () => ask(way))
  return {
    server: eachOnce(idOf, pacedWay(askServer)),
    large: eachOnce(
      idOf,
      pacedWay(way => askLarge(way)),
    ),
    far: eachOnce(
      tunnel => `${loginId(diallingHost(tunnel))} ${tunnel.far}`,
      tunnel => paced(tunnel.far, false, () => askFarLarge(tunnel)),
    ),
  }
}

function eachOnce<Asked, Answer>(
  idOf: (asked: Asked) => string,
  ask: (asked: Asked) => Promise<Answer>,
): (asked: Asked) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>()
  return asked => {
    const id = idOf(asked)
    const asking = known.get(id) ?? ask(asked)
    known.set(id, asking)
    return asking
  }
}

/** More than any path takes in one packet. */
const sample = 'x'.repeat(16 * 1024)

/**
 * Milliseconds. Slow is not lost: a name service or PAM may hold up a login, and sudo a program. Together less than the 40 s after which ssh
 * gives up a connection that is silent.
 */
const usual = { large: 25_000, small: 10_000 }

/**
 * A login from the client to the server, as the tool's own user, and a sample there and back: over the very path that the tunnel's ssh takes.
 * Lost is only what does not come back where a few bytes have before, on the same connection, on which then nothing comes through any more, and
 * sshd answers another one. Null where that cannot be tried, and where anything else keeps it from coming. Never throws.
 */
export async function askLarge(way: Way, patience = usual): Promise<Check | null> {
  const { client, server } = way
  const asked = { link: 'large packets', host: client.name } as const
  if (server.local || !server.address) return null
  const through = client.local || !client.address ? [] : [...(client.via ?? []), { ...client, address: client.address }]
  let there: Reach | null = null
  try {
    there = await connectAfresh({ ...server, address: way.address, via: through })
    const little = () => (there === null ? Promise.resolve(false) : askLittle(there, way.port, patience.small))
    if (!(await little())) return null
    const ran = await within(patience.large, there.run(scripts.echo, [], sample, patience.large / 1000), () => null)
    if (ran) {
      const isWhole = ran.stdout.length === sample.length
      return isWhole ? ok(asked, `large packets come through between ${client.name} and ${server.name}`) : null
    }
    if ((await little()) || (await askServer(way)).status !== 'ok') return null
    return {
      ...asked,
      status: 'fail',
      code: 'large-packets-lost',
      goesOn: true,
      what: `small packets between ${client.name} and ${server.name} come through, and large ones are lost (an MTU black hole)`,
      evidence: `a login and a few bytes come through, and ${sample.length / 1024} kB sent there and back had not after ${patience.large / 1000} s, nor anything behind them`,
      cure: `let ICMP "fragmentation needed" through on the way, or set a smaller MTU: ip link set dev DEVICE mtu 1400 on ${client.name}`,
    }
  } catch {
    return null
  } finally {
    there?.close()
  }
}

/** Whether the host says anything to a few bytes on this connection. That it does not forward, or that nobody is there, is an answer too. */
const askLittle = (there: Reach, port: number, ms: number): Promise<boolean> =>
  within(
    ms,
    there.dial('127.0.0.1', port).then(
      stream => {
        stream.on('error', () => {}).destroy()
        return true
      },
      why => why instanceof Fault && (why.code === 'dial-prohibited' || why.code === 'dial-failed'),
    ),
    () => false,
  )

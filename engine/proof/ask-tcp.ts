// A far of which nobody has said what it speaks: its first byte, where it is the one to speak first; else that it has taken the connection.
import type { Duplex } from 'node:stream'
import { isSocket } from '../../schemas/address'
import { parseEndpoint } from '../../schemas/endpoint'
import type { Single } from '../../schemas/forward'
import { nobody } from '../../schemas/owner'
import { greets } from '../../schemas/probe'
import type { Host } from '../../schemas/types'
import { accountOf } from '../parts/paths'
import { type Answer, asAnswer, askOver, closedEarly, no, patienceMs, quietMs } from './answer'
import { type Connection, connectionsAt } from './connections'
import { dialFar, diallingHost } from './dial'
import { firstLine, type Heard, hear, something } from './hear'

/** How long the host that dials far may take for it: two tries of the kernel (TCP's first timeout is 1 s). */
const dialMs = 3_000
const interval = 200
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const keptOpen: Answer = { answered: true, evidence: 'kept open', said: 'open' }

/**
 * ssh accepts a connection at the listener before it has dialled far, and keeps it open for minutes while that is under way or its own
 * connection is dead: an open connection alone proves nothing. That the host which dials far has a new one to it does.
 */
export async function askTcp(tunnel: Single, open: () => Promise<Duplex>): Promise<Answer> {
  const before = connectionsAt(diallingHost(tunnel))
  // Told below, where it matters.
  await before.catch(() => {})
  return askOver(open, async stream => {
    const heard = hear(stream)
    await heard.until(something, quietMs)
    return heardBy(heard) ?? judgeSilence(tunnel, heard, before)
  })
}

/** What it has said, or that it is closed; null for a silence. */
function heardBy(heard: Heard): Answer | null {
  const text = heard.text()
  if (text) return { answered: true, evidence: 'banner', said: firstLine(text) }
  return heard.closed() ? closedEarly : null
}

async function judgeSilence(tunnel: Single, heard: Heard, before: Promise<readonly Connection[]>): Promise<Answer> {
  const isFirst = greets(tunnel)
  const [direct, taken] = await Promise.all([
    greetDirectly(tunnel, isFirst ? patienceMs : quietMs),
    takes(tunnel, heard, before).catch(asAnswer),
  ])
  const said = heardBy(heard)
  if (said) return said
  if (!taken.answered) return direct.answered === false ? direct : taken
  const speaksFirst = direct.answered ? direct.evidence === 'banner' : isFirst
  if (!speaksFirst) return taken
  await heard.until(something, patienceMs)
  return heardBy(heard) ?? no(`far, which speaks first, said nothing within ${patienceMs / 1000} s`)
}

/** What far does with a connection that does not come through the tunnel. */
export const greetDirectly = (tunnel: Single, ms: number): Promise<Answer> =>
  askOver(
    () => dialFar(tunnel, dialMs),
    async stream => {
      const heard = hear(stream)
      await heard.until(something, ms)
      return heardBy(heard) ?? keptOpen
    },
  )

/** Whether far takes a connection of the tunnel that was not there before. */
async function takes(tunnel: Single, heard: Heard, before: Promise<readonly Connection[]>): Promise<Answer> {
  const dialler = diallingHost(tunnel)
  if (tunnel.owner === nobody) return notSeen(dialler)
  const account = accountOf(tunnel.name)
  const known = new Set((await before).map(keyOf))
  const isNew = (one: Connection) => one.account === account && isFar(tunnel, one.peer) && !known.has(keyOf(one))
  const until = Date.now() + dialMs
  for (;;) {
    if ((await connectionsAt(dialler)).some(isNew)) return keptOpen
    if (heard.closed() || heard.text() || Date.now() > until) break
    await pause(interval)
  }
  return no(`${dialler.name} has no connection to far for it`)
}

/** Of what other accounts than a tunnel's hold nobody can tell which is this one's. */
const notSeen = ({ name }: Host): Answer => ({
  answered: null,
  evidence: 'not asked',
  why: `far need not speak first, and which connections of ${name} are this tunnel's cannot be told`,
  lasts: true,
})

const keyOf = ({ local, peer }: Connection): string => `${local} ${peer}`

/** A name of far's leads anywhere; its port is the same. */
function isFar({ far }: Single, peer: string): boolean {
  if (isSocket(far)) return peer === far
  const endpoint = parseEndpoint(far)
  return !('error' in endpoint) && peer.endsWith(`:${endpoint.port}`)
}

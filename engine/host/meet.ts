// A meeting with a host's sshd as far as one comes without a key of one's own: its name, its port, the host key that it shows.
import type { Duplex } from 'node:stream'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { type Hop, listHops } from './hop'
import { expectHostKey } from './host-key'
import { login } from './late'
import { connect } from './pool'
import { connectFirst } from './way'

const timeoutMs = 15_000

/**
 * Ends the connection before any login to it; to its jump hosts we log in. False where it cannot be asked so: ssh's configuration leads there
 * by hosts of its own. Throws a Fault where nobody answers, and where it does not show the key that it should.
 */
export async function meet(host: Host, environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const hops = await listHops(host, environment)
  const hop = hops.at(-1)
  if (!hop || hops.length !== (host.via ?? []).length + 1) return false
  const known = await expectHostKey(hop, environment)
  const dial = await wayTo(host, hop, timeoutMs, environment)
  const expected = known.vouch ? await known.vouch(dial, timeoutMs) : known
  const enough = new Fault({ code: 'login-refused', host: host.name, what: 'that is all that was asked' })
  const judge = (offered: Buffer) => expected.judge(offered) ?? enough
  const trusted = { algorithms: expected.algorithms, judge, noneOffered: () => expected.noneOffered() }
  return login(hop, await dial(), trusted, { offers: [], leftOut: [] }, timeoutMs).then(
    () => {
      throw new Error('a login without a key')
    },
    (why: unknown) => {
      if (why === enough) return true
      throw why
    },
  )
}

/** Opens connections to its sshd, behind the jump hosts of `via`, to which we log in. */
export async function wayTo(
  { via = [] }: Host,
  hop: Hop,
  timeoutMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<() => Promise<Duplex>> {
  const last = via.at(-1)
  const before = last && (await connect({ ...last, via: via.slice(0, -1) }))
  return () => (before ? before.dial(hop.address, hop.port) : connectFirst(hop, timeoutMs, environment))
}

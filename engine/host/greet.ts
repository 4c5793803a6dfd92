// The first meeting with a host: which key it shows, before anybody trusts it; and, once somebody does, whether the login works and is root.
import { parseEndpoint } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { scripts } from '../remote/texts'
import { allAlgorithms } from './algorithms'
import { keepPasswords } from './become-password'
import { listHops } from './hop'
import { expectHostKey, fingerprint, formatHostKey } from './host-key'
import { login } from './late'
import { wayTo } from './meet'
import { connect } from './pool'
import { within } from './within'

export interface Offered {
  /** "ssh-ed25519 AAAA..." */
  readonly hostKey: string
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** Whether known_hosts has it for this host. */
  readonly isKnown: boolean
}

const timeoutMs = 15_000

/** Ends the connection before any login to it; to its jump hosts we log in. Throws a Fault where nobody answers, and where known_hosts speaks against the key. */
export async function askForHostKey(host: Host, environment: NodeJS.ProcessEnv = process.env): Promise<Offered> {
  keepPasswords([host])
  const hop = (await listHops(host, environment)).at(-1)
  if (!hop) throw new Error(`${host.name} has no address`)
  const known = await expectHostKey({ ...hop, hostKey: undefined }, environment)
  let offered: Offered | null = null
  const enough = new Fault({ code: 'host-key-unknown', host: host.name, what: 'that is all that was asked' })
  const expected = {
    algorithms: known.algorithms.length > 0 ? known.algorithms : allAlgorithms,
    judge(blob: Buffer) {
      const against = known.judge(blob)
      if (against && against.code !== 'host-key-unknown') return against
      offered = { hostKey: formatHostKey(blob), fingerprint: fingerprint(blob), isKnown: against === null }
      return enough
    },
    noneOffered: () => known.noneOffered(),
  }
  const dial = await wayTo(host, hop, timeoutMs, environment)
  const nobody = { offers: [], leftOut: [] }
  return login(hop, await dial(), expected, nobody, timeoutMs).then(
    () => {
      throw new Error('a login without a key')
    },
    (why: unknown) => {
      if (offered && why === enough) return offered
      throw why
    },
  )
}

/** Logs in as the host says, and becomes root. Resolves to its own addresses. Throws a Fault where that does not work. */
export async function greet(host: Host): Promise<string[]> {
  const ran = await (await connect(host)).run(scripts.greet, [])
  return ran.stdout.split('\n').filter(line => line !== '')
}

/** Logs in as the host says, which is all that a jump host is for. Throws a Fault where that does not work. */
export async function logIn(host: Host): Promise<void> {
  await connect(host)
}

/** Milliseconds. Somebody sits before it, and a far that is filtered says nothing. */
const dialMs = 5_000

/** Whether a connection from that host to HOST:PORT comes about in time; null where its sshd does not make any for us. */
export async function answersFrom(host: Host, endpoint: string, ms = dialMs): Promise<boolean | null> {
  const to = parseEndpoint(endpoint)
  if ('error' in to) throw new Error(`${endpoint} is no endpoint`)
  const reach = await connect(host)
  // One that opens too late is closed too.
  const dialling = reach.dial(to.host, to.port).then(stream => {
    stream.on('error', () => {}).destroy()
    return true
  })
  try {
    return await within(ms, dialling, () => false)
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    if (why.code === 'dial-failed') return false
    if (why.code === 'dial-prohibited') return null
    throw why
  }
}

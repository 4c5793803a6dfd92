// One login a hop, shared by all who go to it or through it: twenty hosts behind a jump host log in to it once.
import { Fault, type FaultCode } from '../fault'
import { findCredentials } from './credentials'
import { endpointOf, type Hop } from './hop'
import { expectHostKey } from './host-key'
import { login } from './late'
import { pace } from './pace'
import { tryAgain } from './patience'
import { limitSessions } from './sessions'
import type { Link } from './ssh'
import { connectFirst, hopOn } from './way'

export interface Lease {
  readonly link: Link
  /** Who is the last to let it go closes it. May be called more than once. */
  release(): void
}

export interface Links {
  /** Logs in to the last of these hops, each through the one before it, unless somebody has. Rejects with a fault. */
  lease(hops: readonly Hop[]): Promise<Lease>
}

interface Entry {
  users: number
  readonly link: Promise<Link>
  /** What it was reached through. */
  before: Lease | null
}

/** Logins under way at one sshd: fewer than its default MaxStartups, from which on it drops connections (sshd_config(5)). */
const mostLogins = 4

/** What a host has said of us, and says again. Each time that it is asked counts against our address (PerSourcePenalties). */
const verdicts: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'login-refused',
  'handshake-failed',
  'host-key-mismatch',
  'host-key-unknown',
  'host-key-revoked',
  'host-certificate-refused',
  'connection-dropped',
  'connection-not-allowed',
])

/** Milliseconds in which a host that has judged us is not asked again: failed logins, at 5 s of penalty each, do not add up. */
const verdictMs = 30_000

export function makeLinks(timeoutMs: number, environment: NodeJS.ProcessEnv): Links {
  const inTurn = pace(mostLogins)
  const open = new Map<string, Entry>()
  const known = new Set<string>()
  const judged = new Map<string, { readonly why: Fault; readonly until: number }>()

  async function enter(key: string, hops: readonly Hop[], entry: Entry): Promise<Link> {
    const verdict = judged.get(key)
    if (verdict && Date.now() < verdict.until) throw verdict.why
    const hop = hops.at(-1) as Hop
    const beforeHop = hops.at(-2)
    const expected = await expectHostKey(hop, environment)
    const credentials = await findCredentials(hop, environment)
    if (beforeHop) entry.before = await lease(hops.slice(0, -1))
    const link = entry.before?.link
    const dial = () =>
      beforeHop && link ? hopOn(beforeHop, link, hop, timeoutMs) : connectFirst(hop, timeoutMs, environment)
    const attempt = async () => {
      const trusted = expected.vouch ? await expected.vouch(dial, timeoutMs) : expected
      return login(hop, await dial(), trusted, credentials, timeoutMs)
    }
    const made = await inTurn(hops.map(endpointOf).join(' '), () =>
      tryAgain(attempt, { timeoutMs, isKnown: known.has(key) }),
    )
    known.add(key)
    const inSession = limitSessions()
    return { ...made, exec: (...call) => inSession(() => made.exec(...call)) }
  }

  function begin(key: string, hops: readonly Hop[]): Entry {
    const entry: Entry = {
      users: 0,
      before: null,
      // Begun once the entry is there to be filled.
      link: Promise.resolve().then(() => enter(key, hops, entry)),
    }
    open.set(key, entry)
    const end = () => {
      if (open.get(key) === entry) open.delete(key)
      entry.before?.release()
    }
    entry.link.then(
      link => link.closed.then(end),
      why => {
        if (why instanceof Fault && verdicts.has(why.code)) judged.set(key, { why, until: Date.now() + verdictMs })
        end()
      },
    )
    return entry
  }

  async function lease(hops: readonly Hop[]): Promise<Lease> {
    const key = JSON.stringify(hops.map(({ label: _label, place: _place, ...login }) => login))
    const entry = open.get(key) ?? begin(key, hops)
    entry.users++
    const link = await entry.link
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      if (--entry.users > 0) return
      if (open.get(key) === entry) open.delete(key)
      link.close()
      // Not only when it has closed: a host that is dead never says so.
      entry.before?.release()
    }
    return { link, release }
  }

  return { lease }
}

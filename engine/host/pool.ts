// One connection per host, however many ask for it.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { type Reach, type ReachOptions, reach } from './index'
import { pace } from './pace'

export interface Pool {
  /** The connection to this host; made at first use, and again after it was lost. Concurrent callers share one. */
  connect(host: Host): Promise<Reach>
  /** Closes them all, also those that are still being made. An open connection keeps the process alive. */
  closeAll(): void
}

/** Logins under way at one sshd: fewer than its default MaxStartups, from which on it drops connections (sshd_config(5)). */
const mostLogins = 4

export function makePool(options: ReachOptions = {}): Pool {
  const inTurn = pace(mostLogins)
  const open = new Map<string, Promise<Reach>>()
  const known = new Set<string>()
  return {
    connect: host => {
      const key = loginId(host)
      const there = open.get(key)
      if (there) return there
      const reaching = inTurn(doorOf(host), () => (known.has(key) ? reachAgain(host, options) : reach(host, options)))
      const drop = () => {
        if (open.get(key) === reaching) open.delete(key)
      }
      open.set(key, reaching)
      reaching.then(reached => {
        known.add(key)
        return reached.closed.then(drop)
      }, drop)
      return reaching
    },
    closeAll: () => {
      for (const reaching of open.values()) {
        reaching.then(
          reached => reached.close(),
          () => {},
        )
      }
      open.clear()
    },
  }
}

/** The sshd at which the way to a host begins: many hosts may have one jump host. */
const doorOf = ({ via = [], address, port = 22 }: Host): string => {
  const [first] = via
  return first ? `${first.address}:${first.port ?? 22}` : `${address}:${port}`
}

const patienceMs = 3_000

/** A connection right after a reload of sshd can be refused (tried with 9.2p1): a host that we have reached before gets another try. */
async function reachAgain(host: Host, options: ReachOptions): Promise<Reach> {
  const until = Date.now() + patienceMs
  for (;;) {
    try {
      return await reach(host, options)
    } catch (why) {
      if (!(why instanceof Fault) || why.code !== 'host-unreachable' || Date.now() > until) throw why
      await new Promise(resolve => setTimeout(resolve, 200))
    }
  }
}

let own = makePool()

/** The pool of this process. */
export const connect: Pool['connect'] = host => own.connect(host)
export const closeAll: Pool['closeAll'] = () => own.closeAll()

/** For tests, which reach hosts that they make up. */
export function usePool(pool: Pool): void {
  own = pool
}

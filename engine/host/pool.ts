// One connection per host, however many ask for it.
import type { Host } from '../../schemas/types'
import { type Reach, type ReachOptions, reach } from './index'

export interface Pool {
  /** The connection to this host; made at first use, and again after it was lost. Concurrent callers share one. */
  connect(host: Host): Promise<Reach>
  /** Closes them all, also those that are still being made. An open connection keeps the process alive. */
  closeAll(): void
}

export function makePool(options: ReachOptions = {}): Pool {
  const open = new Map<string, Promise<Reach>>()
  return {
    connect: host => {
      const key = identify(host)
      const known = open.get(key)
      if (known) return known
      const reaching = reach(host, options)
      const drop = () => {
        if (open.get(key) === reaching) open.delete(key)
      }
      open.set(key, reaching)
      reaching.then(reached => reached.closed.then(drop), drop)
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

/** The host's own settings, in one order. */
function identify(host: Host): string {
  return JSON.stringify(Object.entries(host).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The pool of this process. */
export const { connect, closeAll } = makePool()

// One connection per host, however many ask for it, and one per jump host, however many hosts are behind it.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { linksFor, type Reach, type ReachOptions, reach } from './index'

export interface Pool {
  /** The connection to this host; made at first use, and again after it was lost. Concurrent callers share one. */
  connect(host: Host): Promise<Reach>
  /** A connection of one's own that shares nothing with others, its jump hosts' included; who asks for it closes it. */
  connectAfresh(host: Host): Promise<Reach>
  /** Closes them all, also those that are still being made. An open connection keeps the process alive. */
  closeAll(): void
}

export function makePool(options: ReachOptions = {}): Pool {
  const links = linksFor(options)
  const open = new Map<string, Promise<Reach>>()
  return {
    connect: host => {
      const key = loginId(host)
      const there = open.get(key)
      if (there) return there
      const reaching = reach(host, options, links)
      const drop = () => {
        if (open.get(key) === reaching) open.delete(key)
      }
      open.set(key, reaching)
      reaching.then(reached => reached.closed.then(drop), drop)
      return reaching
    },
    connectAfresh: host => reach(host, options),
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

let own = makePool()

/** The pool of this process. */
export const connect: Pool['connect'] = host => own.connect(host)
export const connectAfresh: Pool['connectAfresh'] = host => own.connectAfresh(host)
export const closeAll: Pool['closeAll'] = () => own.closeAll()

/** For tests, which reach hosts that they make up. */
export function usePool(pool: Pool): void {
  own = pool
}

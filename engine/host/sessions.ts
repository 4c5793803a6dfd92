// Keeps the programs that run at the same time on one connection within sshd's MaxSessions.
import type { Ended } from './ssh'

/** Below OpenSSH's default MaxSessions of 10 (sshd_config(5)). */
const most = 8

/** Runs each start in turn, at most `most` at a time; where the host refuses sooner, learns its limit and tries again. */
export function limitSessions(): (start: () => Promise<Ended>) => Promise<Ended> {
  let limit = most
  let active = 0
  const waiting: (() => void)[] = []
  return async start => {
    for (;;) {
      while (active >= limit) await new Promise<void>(go => waiting.push(go))
      active++
      const ended = await start()
      active--
      if (ended.kind === 'refused' && active > 0) {
        limit = Math.min(limit, active)
        continue
      }
      waiting.shift()?.()
      return ended
    }
  }
}

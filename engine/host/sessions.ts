// Keeps the programs that run at the same time on one connection within sshd's MaxSessions.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ended } from './ssh'

/** Below OpenSSH's default MaxSessions of 10 (sshd_config(5)). */
const most = 8

/** sshd counts a session until it has come round to tidying up: an open that arrives together with the close before it is refused. */
const tidying = { tries: 20, ms: 25 }

/** Runs each start in turn, at most `most` at a time; where the host refuses sooner, learns its limit and tries again. */
export function limitSessions(): (start: () => Promise<Ended>) => Promise<Ended> {
  let limit = most
  let active = 0
  let hasRun = false
  const waiting: (() => void)[] = []

  /** Which of the others keep it out can have ended by the time that it is refused. */
  const mayYet = async (alone: boolean, tries: number): Promise<boolean> => {
    if (!alone) {
      limit = Math.max(1, Math.min(limit, active))
      return true
    }
    if (!hasRun || tries >= tidying.tries) return false
    await sleep(tidying.ms)
    return true
  }

  return async start => {
    for (let tries = 0; ; tries++) {
      while (active >= limit) await new Promise<void>(go => waiting.push(go))
      const alone = active === 0
      active++
      const ended = await start()
      active--
      if (ended.kind === 'refused' && (await mayYet(alone, tries))) continue
      hasRun ||= ended.kind === 'ran'
      waiting.shift()?.()
      return ended
    }
  }
}

// Which attempts to log in are worth another, when, and how often. Never one that sshd has judged: it counts failed logins, and since
// OpenSSH 9.8 connections without one, and keeps out who has too many (PerSourcePenalties in sshd_config(5)).
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../fault'

interface Attempts {
  /** Milliseconds from the first attempt in which another may begin. */
  readonly timeoutMs: number
  /** We have logged in there before: it is there, and may just be restarting. */
  readonly isKnown: boolean
}

/** A connection right after a reload of sshd can be refused (tried with 9.2p1). */
const restartMs = 3_000

export async function tryAgain<Value>(attempt: () => Promise<Value>, { timeoutMs, isKnown }: Attempts): Promise<Value> {
  const began = Date.now()
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (why) {
      if (!(why instanceof Fault)) throw why
      const passed = Date.now() - began
      const wait = waitAfter(why, tries, isKnown && passed < restartMs)
      if (wait === null || passed + wait > timeoutMs) throw tries > 1 ? withTries(why, tries, passed) : why
      await sleep(wait)
    }
  }
}

/** Milliseconds until the next attempt; null where there is none. */
function waitAfter({ code }: Fault, tries: number, mayRestart: boolean): number | null {
  // Apart from each other, for those that were dropped together.
  const jitter = 0.5 + Math.random()
  if (code === 'connection-dropped') return tries > 5 ? null : 150 * 2 ** tries * jitter
  // Slowly: it may be a ban, which takes minutes.
  if (code === 'connection-not-allowed') return tries > 3 ? null : 500 * 2 ** tries * jitter
  return (code === 'host-unreachable' || code === 'proxy-command-failed') && mayRestart ? 200 : null
}

const withTries = (why: Fault, tries: number, passedMs: number): Fault =>
  new Fault(
    {
      ...why,
      code: why.code,
      host: why.host,
      what: why.what,
      happened: `${why.happened ?? ''}\n${tries} attempts in ${(passedMs / 1000).toFixed(1)} s`.trim(),
    },
    { cause: why },
  )

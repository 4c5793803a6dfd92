// How the tunnels of a host are, from what remote/health.sh prints.
import type { Health, Held, Said } from '../parts/snapshot'
import type { Records } from './records'

/** `during`: when we began to ask and had the answer, in milliseconds of our own clock. */
export function readHealth({ all, one }: Records, [began, ended]: readonly [number, number]): Health {
  const kernel = Object.fromEntries(all('kernel').map(({ name, value }) => [name, Number(value)]))
  return {
    clockAhead: aheadOf(Number(one('clock')), began / 1000, ended / 1000),
    remembers: kernel.nf_conntrack_tcp_timeout_established ?? null,
    takesUp: kernel.nf_conntrack_tcp_loose !== 0,
    unprivilegedFrom: kernel.ip_unprivileged_port_start ?? null,
    written: Object.fromEntries(one('written').split('\n').flatMap(readWritten)),
    held: all('held').length === 0 ? null : one('held').split('\n').flatMap(readHeld),
    said: one('said').split('\n').flatMap(readSaid),
  }
}

/** It tells whole seconds, and was asked at some time in between. */
function aheadOf(theirs: number, began: number, ended: number): number | null {
  if (!theirs) return null
  if (theirs > ended) return theirs - ended
  return theirs + 1 < began ? theirs + 1 - began : 0
}

/** SECONDS UNIT */
function readWritten(line: string): [unit: string, at: number][] {
  const [, at, unit] = /^(\d+) (\S+)$/.exec(line) ?? []
  return unit ? [[unit, Number(at)]] : []
}

/** ACCOUNT PID SECONDS, two queues, local, peer, and `name:value` of the rest (ss(8)). */
function readHeld(line: string): Held[] {
  const [account, pid, seconds, , , local, peer] = line.trim().split(/\s+/)
  if (!account || !local || !peer) return []
  const heard = / lastrcv:(\d+)/.exec(line)?.[1]
  return [
    {
      account,
      pid: Number(pid),
      seconds: Number(seconds),
      local,
      peer,
      heardMs: heard === undefined ? null : Number(heard),
      backoff: Number(/ backoff:(\d+)/.exec(line)?.[1] ?? 0),
    },
  ]
}

/** What is no text journalctl gives as numbers; nobody needs that. */
function readSaid(line: string): Said[] {
  try {
    const said = JSON.parse(line)
    const { MESSAGE: text, __REALTIME_TIMESTAMP: at } = said
    const unit = said.UNIT ?? said.USER_UNIT ?? said._SYSTEMD_USER_UNIT ?? said._SYSTEMD_UNIT
    return typeof text === 'string' && typeof unit === 'string' ? [{ unit, at: Number(at) / 1e6, text }] : []
  } catch {
    return []
  }
}

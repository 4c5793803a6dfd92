// What resident proofs have seen, as remote/history.sh tells it, and when far has not answered. Pure.
import type { History } from '../parts/snapshot'

/** `ours` is now, in milliseconds since 1970: the host's clock may be another. */
export function readHistories(text: string, ours: number): Record<string, History> {
  const lines = text.split('\n').map(line => line.split(' '))
  const [, theirs] = lines.find(([first]) => first === 'now') ?? []
  const histories: Record<
    string,
    { checked: number | null; begun: number | null; changes: History['changes'][number][] }
  > = {}
  for (const [name = '', time = '', state = '', ...why] of lines) {
    if (!/^\d{1,12}$/.test(time) || theirs === undefined || state === '') continue
    const at = ours - (Number(theirs) - Number(time)) * 1000
    const history = histories[name] ?? { checked: null, begun: null, changes: [] }
    histories[name] = history
    if (state === 'checked' || state === 'begun') history[state] = at
    else history.changes.push({ at, state, why: why.join(' ') })
  }
  return histories
}

export interface Unproven {
  readonly from: number
  /** null: it still lasts. */
  readonly to: number | null
  readonly state: string
  readonly why: string
}

/** The times since then in which far has not answered; when nobody could tell is none of them. */
export const unprovenSince = ({ changes }: History, since: number): Unproven[] =>
  changes.flatMap(({ at, state, why }, index) => {
    const to = changes[index + 1]?.at ?? null
    return state !== 'unproven' || (to !== null && to < since) ? [] : [{ from: at, to, state, why }]
  })

/** "unproven 02:10-02:50, 03:00-", in the time zone of who reads it; with the day where it is not today. The last three, of more how many. */
export function describeTimes(times: readonly Unproven[], now: number): string {
  const shown = times.slice(-3).map(({ from, to }) => `${clock(from, now)}-${to === null ? '' : clock(to, from)}`)
  const more = times.length > 3 ? ` and ${times.length - 3} times before, within a day` : ''
  return `unproven ${shown.join(', ')}${more}`
}

/** 02:10; on another day than `beside`, 2026-01-31 02:10. */
function clock(at: number, beside: number): string {
  const [date, other] = [new Date(at), new Date(beside)]
  const two = (number: number) => String(number).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (date.toDateString() === other.toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

// Everything else that who holds a tunnel's key may try, a row each: a shell text, and by which effect its success would be seen.
import type { Attempt } from './attempt'
import { accounts } from './attempts-accounts'
import { dials } from './attempts-dial'
import { listens } from './attempts-listen'
import { sessions } from './attempts-session'

export const attempts: readonly Attempt[] = [...sessions, ...listens, ...dials, ...accounts]

/** Each once, whichever tunnel's key it is tried with. */
export const asEverything: readonly Attempt[] = [
  ...new Map(
    attempts.map(one => [[one.tries, one.seen, one.control, one.on, one.control && one.key].join('\n'), one] as const),
  ).values(),
]

/** What the two keys may: the same words, so that a refusal is not for want of a key that is good. */
export const permitted: readonly Attempt[] = [
  {
    group: 'other listen ports and addresses',
    name: 'the remote forward itself',
    tries: 'hold -R 203.0.113.20:8080:127.0.0.1:8001',
    seen: 'read_from 203.0.113.20 8080',
    alone: true,
  },
  { group: 'other destinations', name: 'the local forward itself', key: 'local', tries: 'page_of far:80' },
]

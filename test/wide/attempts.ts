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
  {
    group: 'other listen ports and addresses',
    name: 'the remote forward of a shared connection',
    key: 'shared',
    tries: 'hold -R 203.0.113.20:8090:127.0.0.1:8001',
    seen: 'read_from 203.0.113.20 8090',
    alone: true,
  },
  {
    group: 'other destinations',
    name: 'the local forward of a shared connection',
    key: 'shared',
    tries: 'page_of far:80',
  },
]

/** What a key is tried with at a jump host: each once, whosever it is above. With another key that is good on far who may reach its sshd gets in there. */
export const atJump: readonly Attempt[] = [
  ...new Map(
    [...sessions, ...listens, ...dials]
      .filter(({ tries, alone }) => !alone && !/-J door jumped/.test(tries))
      .map(one => [[one.tries, one.seen].join('\n'), { ...one, key: 'jump' as const }] as const),
  ).values(),
]

/** What it may there. */
export const permittedAtJump: readonly Attempt[] = [
  {
    group: 'other destinations',
    name: 'the next sshd',
    key: 'jump',
    tries: 'banner_of 192.0.2.130:22',
  },
]

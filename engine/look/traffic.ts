// What remote/status.sh tells beside a look: the sessions of tunnels, their bytes and last words, and who is connected. Pure.
import type { Session, Traffic } from '../parts/snapshot'
import type { Records } from './records'

/** Null where nobody has asked. */
export function readTraffic({ all, one }: Pick<Records, 'all' | 'one'>): Traffic | null {
  if (all('traffic').length === 0) return null
  const lines = one('traffic').split('\n')
  // What was not read to its end tells nothing.
  const told = lines.includes('whole') ? lines.map(line => line.split(' ')) : []
  const bytes = new Map(told.flatMap(([kind, pid = '', ...counts]) => (kind === 'session' ? [[pid, counts]] : [])))
  const words = new Map(one('words').split('\n').flatMap(readWords))
  const sessions = one('sessions')
    .split('\n')
    .filter(Boolean)
    .map((line): [string, Session] => {
      const [unit = '', pid = '', restarts, age] = line.split(' ')
      return [
        unit,
        {
          restarts: count(restarts) ?? 0,
          age: count(age),
          bytes: readBytes(bytes.get(pid)),
          words: words.get(unit) ?? null,
        },
      ]
    })
  const open = told.flatMap(([kind, account, port, number]): [string, number][] => {
    const connections = count(number)
    return kind === 'open' && connections !== null ? [[`${account} ${port}`, connections]] : []
  })
  return { sessions: Object.fromEntries(sessions), open: Object.fromEntries(open) }
}

const count = (text: string | undefined): number | null => (text && /^\d{1,15}$/.test(text) ? Number(text) : null)

function readBytes(counts: readonly string[] | undefined): Session['bytes'] {
  const [sent, received] = [count(counts?.[0]), count(counts?.[1])]
  return sent === null || received === null ? null : { sent, received }
}

function readWords(line: string): [string, NonNullable<Session['words']>][] {
  const [, unit = '', age = '', text = ''] = /^(\S+) (-?\d{1,15}) (.*)$/.exec(line) ?? []
  return unit ? [[unit, { text, age: Math.max(0, Number(age)) }]] : []
}

// What the journal of a host has of a tunnel: what its ssh says on the client, what sshd says about its account on the server.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { scripts } from '../remote/texts'

export interface JournalLine {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly program: string
  readonly pid: string
  readonly text: string
}

export interface Journal {
  readonly lines: readonly JournalLine[]
  /** Where the next reading goes on; null where there was nothing yet. */
  readonly cursor: string | null
}

export interface Asked {
  /** The unit on the client; else sshd's lines about the account. */
  readonly unit?: string
  readonly account: string
  /** The last so many. */
  readonly lines: number
  /** Those after it instead. */
  readonly cursor: string | null
}

/** Throws a Fault where the host cannot be asked. */
export async function readJournal(host: Host, { unit = '', account, lines, cursor }: Asked): Promise<Journal> {
  const { code, stdout, stderr } = await (await connect(host)).run(scripts.journal, [
    unit,
    account,
    String(lines),
    cursor ?? '',
  ])
  if (code === 0) return parseJournal(stdout, cursor)
  const what = `the journal of ${host.name} cannot be read`
  throw new Fault({ code: 'look-failed', host: host.name, what, script: 'journal', exitStatus: code, stderr })
}

/** `journalctl --output=json`: an object a line. What is of another form is passed over. */
export function parseJournal(text: string, cursor: string | null = null): Journal {
  let last = cursor
  const lines = text.split('\n').flatMap(line => {
    const entry = read(line)
    if (!entry) return []
    last = typeof entry.__CURSOR === 'string' ? entry.__CURSOR : last
    const at = Math.round(Number(entry.__REALTIME_TIMESTAMP) / 1000)
    const program = textOf(entry.SYSLOG_IDENTIFIER) || textOf(entry._COMM)
    return Number.isFinite(at) ? [{ at, program, pid: textOf(entry._PID), text: textOf(entry.MESSAGE) }] : []
  })
  return { lines, cursor: last }
}

function read(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

/** What is no text systemd writes as a list of bytes. */
const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? Buffer.from(value.filter((one): one is number => typeof one === 'number')).toString('utf8')
    : String(value ?? '')

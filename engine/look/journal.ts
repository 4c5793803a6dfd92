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
  /** Where the next reading goes on; null where the journal is empty. */
  readonly cursor: string | null
}

export interface Asked {
  /** The unit on the client; else sshd's lines about the account. */
  readonly unit?: string
  readonly account: string
  /** The last so many, where there is no cursor. */
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

/** `journalctl --output=json`: an object a line, before them one with the end of the journal. What is of another form is passed over. */
export function parseJournal(text: string, cursor: string | null = null): Journal {
  const entries = text
    .split('\n')
    .map(read)
    .filter(entry => entry !== null)
  const lines = entries.flatMap(entry => {
    const at = Math.round(Number(entry.__REALTIME_TIMESTAMP) / 1000)
    const program = textOf(entry.SYSLOG_IDENTIFIER) || textOf(entry._COMM)
    const line = { at, program, pid: textOf(entry._PID), text: textOf(entry.MESSAGE) }
    return Number.isFinite(at) ? [{ line, cursor: entry.__CURSOR }] : []
  })
  // With --grep the last so many may come with the newest first.
  if ((lines[0]?.line.at ?? 0) > (lines.at(-1)?.line.at ?? 0)) lines.reverse()
  const last = lines.at(-1)?.cursor ?? entries[0]?.__CURSOR
  return { lines: lines.map(({ line }) => line), cursor: typeof last === 'string' ? last : cursor }
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

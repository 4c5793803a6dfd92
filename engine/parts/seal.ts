// What we have written, told from what somebody has changed of it since: a note of its sum stands in the mark. Pure.
import { sha256 } from './part'

/** sshd's limits for what is idle, which the host adds to a drop-in (sshd-timeouts.ts). */
const added = /^ *(ChannelTimeout|UnusedConnectionTimeout)\b.*\n/gm

const sumOf = (text: string): string => sha256(text.replace(added, '')).slice(0, 16)

/** The text with the note behind its first line. */
export const seal = (text: string): string => text.replace('\n', `\n# sum ${sumOf(text)}\n`)

/** Whether it is as we have written it. */
export function isSealed(text: string): boolean {
  const sum = /^.*\n# sum ([0-9a-f]{16})\n/.exec(text)?.[1]
  return sum !== undefined && sumOf(text.replace(`# sum ${sum}\n`, '')) === sum
}

// What sshd may close because it is idle, a connection without channels or a channel, since 9.2 (sshd_config(5)). Where somebody has set that,
// our block sets it back for our account; nowhere else, for an older sshd would take such a line for a mistake. Pure.
import type { Snapshot } from './snapshot'
import { linesOfOthers } from './sshd-config'

/** What lifts each of them. A `ChannelTimeout none` in a Match block ends sshd (tried with 9.2p1). */
const lifted = { ChannelTimeout: '*=0', UnusedConnectionTimeout: 'none' } as const

/** Lines to stand at the end of our Match block on this host; empty where nobody has set either. */
export const timeoutLines = (on: Snapshot): string =>
  Object.entries(lifted)
    .filter(([setting]) => isSet(on, setting))
    .map(([setting, value]) => `    ${setting} ${value}\n`)
    .join('')

function isSet(on: Snapshot, setting: string): boolean {
  const isNone = (value: string | undefined) => value === undefined || value.toLowerCase() === 'none'
  if (!isNone(on.sshd['*']?.[setting.toLowerCase()])) return true
  return [...linesOfOthers(on, setting)].some(({ values }) => !isNone(values[0]))
}

// Whose parts stand on a host: each carries its owner, so that nobody removes or overwrites what is another's.

import { parts } from '../parts'
import type { Snapshot } from '../parts/part'
import { headerStart, unitPath } from '../parts/paths'
import type { Derived, Placed } from '../wish/placed'

/** As `header` and the firewall's tag write it. */
const inFile = new RegExp(`^${headerStart} for .* of (\\S+);`)
const inRules = / comment "ssh-tunnels \S+ (\S+)"/
const find = (pattern: RegExp, text: string | undefined) => pattern.exec(text ?? '')?.[1]

/** Whoever wrote a file without our first line, where our account does not say that the name is ours. */
export const stranger = 'somebody else'

/** The other owner whose mark stands where the part should be; undefined when it is ours or not there. */
function otherOwner(placed: Placed, on: Snapshot, isOurName: boolean): string | undefined {
  const [ours, theirs] = marks(placed, on)
  if (theirs !== undefined && theirs !== '') return theirs === ours ? undefined : theirs
  return isUnmarked(placed, on) && !isOurName ? stranger : undefined
}

function isUnmarked(placed: Placed, { files }: Snapshot): boolean {
  const path = placed.kind === 'sshd' ? placed.at.dropIn : placed.kind === 'service' ? unitPath(placed.at.unit) : null
  const file = path === null ? undefined : files[path]
  return file !== undefined && !file.text.startsWith(headerStart)
}

function marks(placed: Placed, { files, ...on }: Snapshot): (string | undefined)[] {
  switch (placed.kind) {
    case 'account':
      return [String(placed.want?.owner), parts.account.observe({ files, ...on }, placed.at)?.owner]
    case 'sshd':
      return [find(inFile, placed.at.text), find(inFile, files[placed.at.dropIn]?.text)]
    case 'service':
      return [find(inFile, placed.at.text), find(inFile, files[unitPath(placed.at.unit)]?.text)]
    case 'firewall':
      return [find(inRules, ` comment "${placed.at.tag}"`), find(inRules, files[placed.at.file]?.text)]
    default:
      return []
  }
}

/** The other owner of a tunnel's name, or of a middle's settings, on the part's host. */
export function findOtherOwner(
  { placed: all }: Derived,
  { host }: Placed,
  on: (host: Placed['host']) => Snapshot,
): string | undefined {
  const there = all.filter(one => on(one.host) === on(host))
  // A first line that somebody edited is a drift as any other, as long as the account says whose the tunnel is.
  const isOurName = there.some(
    one => one.kind === 'account' && parts.account.observe(on(host), one.at)?.owner === one.at.owner,
  )
  return there.flatMap(one => otherOwner(one, on(host), isOurName) ?? [])[0]
}

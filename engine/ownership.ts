// Whose parts stand on a host: each carries its owner, so that nobody removes or overwrites what is another's.
import type { Derived, Placed } from './derive'
import { parts } from './parts'
import type { Snapshot } from './parts/part'
import { headerStart, unitPath } from './parts/paths'

/** As `header` and the firewall's tag write it. */
const inFile = new RegExp(`^${headerStart} for .* of (\\S+);`)
const inRules = / comment "ssh-tunnels \S+ (\S+)"/
const find = (pattern: RegExp, text: string | undefined) => pattern.exec(text ?? '')?.[1]

/** The other owner whose mark stands where the part should be; undefined when it is ours, unmarked, or not there. */
function otherOwner(placed: Placed, on: Snapshot): string | undefined {
  const [ours, theirs] = marks(placed, on)
  return theirs !== undefined && theirs !== '' && theirs !== ours ? theirs : undefined
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
  return there.flatMap(one => otherOwner(one, on(host)) ?? [])[0]
}

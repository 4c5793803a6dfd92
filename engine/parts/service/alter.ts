// What of a unit's change its ssh can take while it runs: forwards by its control socket, keepalives from its next start on. Pure.
import { isSealed } from '../seal'

const flag = /^ {2}(-[LRD] \S+)( \\)?$/
/** Comes into effect with the next start, and nobody's connection need end for it. */
const notYet = /^(Description=|# | {2}-o ServerAlive(Interval|CountMax)=)/

const flagsOf = (text: string): string[] => text.split('\n').flatMap(line => flag.exec(line)?.[1] ?? [])
const restOf = (text: string): string =>
  text
    .split('\n')
    .filter(line => !flag.test(line) && !notYet.test(line))
    .join('\n')
const hasSocket = (text: string): boolean => /^ {2}-o ControlMaster=yes \\$/m.test(text)

/**
 * The flags of ssh -O cancel, `then`, and those of ssh -O forward; empty where ssh need be told nothing, null where it has to begin anew: for another
 * change, and for what somebody has changed by hand, for nobody knows what runs of that.
 */
export function alterations(have: string, want: string): string | null {
  if (!isSealed(have) || restOf(have) !== restOf(want)) return null
  const [now, wanted] = [flagsOf(have), flagsOf(want)]
  const [gone, come] = [now.filter(one => !wanted.includes(one)), wanted.filter(one => !now.includes(one))]
  if (gone.length + come.length === 0) return ''
  return hasSocket(want) ? [...gone, 'then', ...come].join(' ') : null
}

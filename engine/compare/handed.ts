// What owners of sides that were not ours have to remove, of a tunnel that goes on without them: by the marks that stand. Pure.
import type { Look } from '../look/look'
import { readMark } from '../parts/mark'
import { serviceFile } from '../parts/service'
import { tellHanded } from '../wish/handover'
import type { Placed } from '../wish/placed'
import type { Leftover } from './leftovers'

/** Of a whole tunnel, or of what of it is to go. */
export function tellFormer({ declared, derived, snapshotOf }: Look, leftovers: readonly Leftover[]): string[] {
  const standing = derived.placed.flatMap(placed => {
    const mark = readMark(textOf(placed, snapshotOf) ?? '')
    return mark && 'owner' in placed.at && mark.owner === placed.at.owner ? (mark.notes.handed ?? []) : []
  })
  const wanted = derived.placed.flatMap(({ at }) => ('text' in at ? (readMark(at.text)?.notes.handed ?? []) : []))
  const before = new Set([...standing, ...leftovers.flatMap(({ handed }) => handed ?? [])])
  return [...before].filter(one => !wanted.includes(one)).map(one => tellHanded(declared.input.name, one))
}

/** Of the files that carry the note. */
function textOf(placed: Placed, snapshotOf: Look['snapshotOf']): string | undefined {
  if (placed.kind === 'service') return serviceFile(snapshotOf(placed.host), placed.at.unit)?.text
  return placed.kind === 'sshd' ? snapshotOf(placed.host).files[placed.at.dropIn]?.text : undefined
}

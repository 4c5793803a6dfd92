// What a plan says beforehand of the hosts that it is about, where they are known.
import { type Declared, foresee } from '../engine'
import { machineText } from '../schemas/machine'
import type { Host } from '../schemas/types'
import { allKnown } from '../schemas/unknown'
import { asDiagnostic } from './faults'
import type { Diagnostic } from './plugin'

/** An apply plans each resource again, right before it makes it: then nobody looks ahead. */
let applies = false
/** Of the states that this process was given: who stands under which name. */
let standing = new Set<string>()
/** Machines whose own settings are about to change. */
let settling = new Set<string>()

export function beginForesight(): void {
  applies = false
  standing = new Set()
  settling = new Set()
}

export const beginApplying = (): void => {
  applies = true
}

const nameOf = ({ type, input }: Declared, owner = input.owner ?? ''): string =>
  JSON.stringify([type, type === 'tunnel' ? input.name : '', owner])

export function rememberStanding(declared: Declared): void {
  standing.add(nameOf(declared))
}

const textOf = (host: Host): string => machineText(host, allKnown) ?? ''

interface Looked {
  readonly diagnostics: readonly Diagnostic[]
  readonly known: Awaited<ReturnType<typeof foresee>>['known']
}

/** Of what is to be made or changed. Null where nobody looks. */
export async function lookAhead(declared: Declared): Promise<Looked | null> {
  if (declared.type === 'middle') settling.add(textOf(declared.input.host))
  if (applies) return null
  const { troubles, known } = await foresee(declared, {
    mayLeave: owner => standing.has(nameOf(declared, owner)),
    settles: host => declared.type === 'tunnel' && settling.has(textOf(host)),
  })
  return {
    known,
    diagnostics: troubles.map(({ fault, isFinal }) => asDiagnostic(isFinal ? 'error' : 'warning', fault)),
  }
}

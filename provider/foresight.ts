// What a plan says beforehand of the hosts that it is about, where they are known.
import { type Declared, foresee } from '../engine'
import { machineText } from '../schemas/machine'
import { handWritten } from '../schemas/owner'
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
/** Of the states that this process was given: what was read anew. An apply reads nothing before it plans again. */
let readAnew = new Set<string>()

export function beginForesight(): void {
  applies = false
  standing = new Set()
  settling = new Set()
  readAnew = new Set()
}

export const beginApplying = (): void => {
  applies = true
}

export const isApplying = (): boolean => applies

const textOf = (host: Host): string => machineText(host, allKnown) ?? ''

/** Settings are their machine's, whatever the resource is called. */
const nameOf = ({ type, input }: Declared, owner = input.owner ?? handWritten): string =>
  JSON.stringify([type, type === 'tunnel' ? input.name : textOf(input.host), owner])

export function rememberStanding(declared: Declared): void {
  standing.add(nameOf(declared))
}

export function rememberRead(declared: Declared): void {
  rememberStanding(declared)
  readAnew.add(nameOf(declared))
}

type Foreseen = Awaited<ReturnType<typeof foresee>>
type TakesOver = NonNullable<Foreseen['takesOver']>

interface Looked {
  readonly diagnostics: readonly Diagnostic[]
  readonly known: Foreseen['known']
}

interface Asked {
  /** No state holds it. */
  readonly isNew: boolean
  /** As it stands, where its plan needs what only a look tells: the plan within the apply must come to the same. */
  readonly vague: Declared | null
}

/** Of what is to be made or changed. Null where nobody looks. Throws a Fault where this may be the plan within an apply, which has to say what the plan before has said. */
export async function lookAhead(declared: Declared, { isNew, vague }: Asked): Promise<Looked | null> {
  if (declared.type === 'middle') settling.add(textOf(declared.input.host))
  if (applies && !vague) return null
  const { obstacles, known, takesOver, cuts } = await foresee(declared, {
    others: true,
    staying: [],
    isPlanned: name =>
      declared.type !== 'tunnel' || standing.has(nameOf({ ...declared, input: { ...declared.input, name } })),
    mayLeave: owner => standing.has(nameOf(declared, owner)),
    settles: host => declared.type === 'tunnel' && settling.has(textOf(host)),
  })
  if (vague && !known && (applies || !readAnew.has(nameOf(vague)))) throw whyAway(obstacles)
  if (applies) return { known, diagnostics: [] }
  return {
    known,
    diagnostics: [
      ...obstacles.map(warnOfObstacle),
      ...(isNew || cuts.length === 0 ? [] : [warnOfCuts(declared, cuts)]),
      // Held by a state, be it as tainted, it is planned anew of what is about to be removed.
      ...(takesOver && isNew && !standing.has(nameOf(declared)) ? [warnOfTakeover(declared, takesOver)] : []),
    ],
  }
}

/** Nothing of it can be applied either. */
const whyAway = (obstacles: Foreseen['obstacles']): unknown =>
  (obstacles.find(({ isFinal }) => isFinal) ?? obstacles[0])?.fault

/** No error: before Terraform destroys it makes an ordinary plan, and whoever cannot plan could not destroy. */
function warnOfObstacle({ fault, isFinal }: Foreseen['obstacles'][number]): Diagnostic {
  const { detail, ...warning } = asDiagnostic('warning', fault)
  const end = isFinal ? 'Nothing else in this plan puts that right: an apply would stop there.' : ''
  return { ...warning, detail: [detail, end].filter(Boolean).join('\n') }
}

const warnOfCuts = ({ input }: Declared, cuts: readonly string[]): Diagnostic => ({
  severity: 'warning',
  summary: `${input.name} will cut open connections`,
  detail: cuts.join('\n'),
})

function warnOfTakeover({ input }: Declared, { evidence, cure = '' }: TakesOver): Diagnostic {
  const asked = input.adopt === true
  return {
    severity: 'warning',
    summary: `${input.name} will take over what stands: ${asked ? 'adopt is set' : 'apply refuses that, for adopt is not set'}`,
    detail: [evidence, asked ? '' : cure].filter(Boolean).join('\n'),
  }
}

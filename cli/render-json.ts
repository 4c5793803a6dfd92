// One JSON document of a plan, and of what came of it: for programs.

import { type Change, Fault, knownAfterApply, type Named, type Trouble, type ValueChange } from '../engine'
import { plainJson } from '../schemas/plain'
import type { Proof } from '../schemas/types'
import type { Problem } from '../spec'
import type { Result } from './carry-out'
import { forwardsSeen } from './forwards-seen'
import type { Told } from './render-out-of-reach'
import { countChanges, hostsOfNamed } from './render-plan'

export interface Outcome {
  readonly command: string
  readonly spec: string
  readonly owner: string | null
  readonly changes: readonly Change[]
  readonly leftAlone: readonly Named[]
  readonly outOfReach: readonly Told[]
  readonly warnings: readonly string[]
  /** null: only planned. */
  readonly results: readonly Result[] | null
  readonly troubles: readonly Trouble[]
}

export function renderJson({
  command,
  spec,
  owner,
  changes,
  leftAlone,
  outOfReach,
  warnings,
  results,
  troubles,
}: Outcome): string {
  const due = changes.filter(({ action }) => action !== 'none')
  const document = {
    command,
    spec,
    owner,
    summary: countChanges(due),
    changes: due.map(({ type, name, action, values, parts, cuts = [] }) => ({
      type,
      name,
      action,
      cuts,
      attributes: [
        ...values.map(value => ({ part: null, host: null, action, ...describe(value) })),
        ...parts.flatMap(part =>
          part.values.map(value => ({
            part: part.attribute,
            host: part.host,
            action: part.action,
            ...describe(value),
          })),
        ),
      ],
    })),
    leftAlone: leftAlone.map(one => ({ type: one.type, name: one.name, hosts: hostsOfNamed(one) })),
    outOfReach,
    proofs: results
      ? results.flatMap(({ name, proof, forwards }) => proofsOf(forwards ?? [{ name, proof }]))
      : changes.flatMap(({ declared, seen }) => proofsOf(forwardsSeen(declared, seen))),
    warnings: [...new Set([...warnings, ...warningsAfter(results ?? [])])],
    ...(results && { results: results.map(({ why: _, warnings: __, title: ___, ...result }) => result) }),
    errors: troubles.map(errorOf),
  }
  return `${plainJson(document, 2)}\n`
}

const proofsOf = (all: readonly { readonly name: string; readonly proof?: Proof | null }[]) =>
  all.flatMap(({ name, proof }) => (proof ? [{ name, ...proof }] : []))

/** What went wrong, as each document has it. */
export const errorOf = ({ about, why }: Trouble) => ({
  about,
  code: why instanceof Fault ? why.code : 'error',
  host: why instanceof Fault ? why.host : null,
  message: why instanceof Error ? why.message : String(why),
})

/** `want` is null and `known` false for what is known only after apply. */
const describe = ({ name, have, want }: ValueChange) => ({
  name,
  have,
  want: want === knownAfterApply ? null : want,
  known: want !== knownAfterApply,
})

export const warningsOf = (changes: readonly Change[]): string[] => [
  ...new Set(changes.flatMap(({ seen, doubts }) => [...(seen?.warnings ?? []), ...(doubts ?? [])])),
]

/** Of what was done; what was only looked at has told its warnings before. */
export const warningsAfter = (results: readonly Result[]): string[] => [
  ...new Set(results.flatMap(({ status, warnings = [] }) => (status === 'unchanged' ? [] : warnings))),
]

/** When nothing could be planned at all. */
export function renderFailure(command: string, spec: string, message: string, problems: readonly Problem[]): string {
  const errors =
    problems.length > 0
      ? problems.map(problem => ({ about: spec, host: null, ...problem }))
      : [{ about: spec, host: null, code: 'error', message }]
  return `${plainJson({ command, spec, errors }, 2)}\n`
}

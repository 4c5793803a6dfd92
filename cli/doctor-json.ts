// The JSON document of `doctor`, as json/doctor.schema.json says it.
import { type Diagnosis, Fault, type Walked } from '../engine'
import { plainJson } from '../schemas/plain'
import { cureFor } from './cure'
import type { Fix } from './fix'

export interface Found {
  readonly before: readonly Diagnosis[]
  /** The same where nothing was changed. */
  readonly after: readonly Diagnosis[]
  /** Null where nothing was to be cured by an apply, or nobody has asked for it. */
  readonly fixed: Fix | null
}

export function renderDoctorJson(spec: string, { before, after, fixed }: Found): string {
  const told = (diagnoses: readonly Diagnosis[]) => diagnoses.map(one => tell(one, cureFor(spec)))
  const errors = (fixed?.troubles ?? []).map(({ about, why }) => ({
    about,
    code: why instanceof Fault ? why.code : 'error',
    host: why instanceof Fault ? why.host : null,
    message: why instanceof Error ? why.message : String(why),
  }))
  const due = fixed?.changes.filter(({ action }) => action !== 'none') ?? []
  const fix = fixed && {
    changes: due.map(({ type, name, action }) => ({ type, name, action })),
    results: fixed.results?.map(({ name, status }) => ({ name, status })) ?? null,
    before: told(before),
  }
  return `${plainJson({ command: 'doctor', spec, tunnels: told(after), fix, errors }, 2)}\n`
}

export interface FoundByHand {
  readonly diagnoses: readonly Diagnosis[]
  readonly notes: readonly string[]
  readonly yaml: string
  readonly errors: readonly object[]
}

/** Of tunnels that no spec has. */
export function renderHandJson({ diagnoses, notes, yaml, errors }: FoundByHand): string {
  const tunnels = diagnoses.map(one => tell(one, (_, { cure }) => cure))
  const more = { notes, yaml: yaml || undefined }
  return `${plainJson({ command: 'doctor', spec: null, tunnels, fix: null, ...more, errors }, 2)}\n`
}

function tell(diagnosis: Diagnosis, cureOf: ReturnType<typeof cureFor>) {
  const { name, chain, verdict, first, checks } = diagnosis
  const check = (one: Walked) => ({
    link: one.link,
    host: one.host,
    status: one.status,
    what: one.what,
    evidence: one.evidence ?? null,
    cure: cureOf(diagnosis, one) ?? null,
    code: one.code ?? null,
    mends: one.mends ?? false,
  })
  return { name, ...chain, verdict, first: first && check(first), checks: checks.map(check) }
}

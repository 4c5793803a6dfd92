// The JSON document of `doctor`, as json/doctor.schema.json says it.
import type { Diagnosis, Walked } from '../engine'
import { plainJson } from '../schemas/plain'
import { cureFor } from './cure'
import type { OfHand } from './diagnose-hand'
import type { Fix } from './fix'
import { errorOf } from './render-json'

export interface Found {
  readonly before: readonly Diagnosis[]
  /** The same where nothing was changed. */
  readonly after: readonly Diagnosis[]
  /** Null where nothing was to be cured by an apply, or nobody has asked for it. */
  readonly fixed: Fix | null
}

export function renderDoctorJson(spec: string, { before, after, fixed }: Found): string {
  const told = (diagnoses: readonly Diagnosis[]) => diagnoses.map(one => tell(one, spec))
  const errors = (fixed?.troubles ?? []).map(errorOf)
  const due = fixed?.changes.filter(({ action }) => action !== 'none') ?? []
  const fix = fixed && {
    changes: due.map(({ type, name, action }) => ({ type, name, action })),
    results: fixed.results?.map(({ name, status }) => ({ name, status })) ?? null,
    before: told(before),
  }
  return `${plainJson({ command: 'doctor', spec, tunnels: told(after), fix, errors }, 2)}\n`
}

/** Of tunnels that we did not make. */
export function renderHandJson({ diagnoses, notes, yaml, text, code }: OfHand): string {
  const errors = text === '' ? [] : [{ about: 'the command', code, host: null, message: text }]
  const tunnels = diagnoses.map(one => tell(one, null))
  return `${plainJson({ command: 'doctor', spec: null, tunnels, fix: null, notes, yaml: yaml || undefined, errors }, 2)}\n`
}

function tell(diagnosis: Diagnosis, spec: string | null) {
  const { name, chain, verdict, first, checks, labels } = diagnosis
  const check = (one: Walked) => ({
    link: one.link,
    host: one.host,
    status: one.status,
    what: one.what,
    evidence: one.evidence ?? null,
    cure: (spec === null ? one.cure : cureFor(spec)(diagnosis, one)) ?? null,
    code: one.code ?? null,
    mends: one.mends ?? false,
  })
  return { name, labels, ...chain, verdict, first: first && check(first), checks: checks.map(check) }
}

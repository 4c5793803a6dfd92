// The shape of the spec: Ajv's errors as flaws in the author's words, each with what was probably meant.
import { explain } from './explain-shape'
import type { Path, ShapeFlaw } from './flaw'
import { findSchemaErrors, type SchemaError } from './schema'

export function* findShapeFlaws(value: unknown): Generator<ShapeFlaw> {
  for (const error of findSchemaErrors(value)) {
    const path = readPointer(error.instancePath)
    const words = explain(error, path)
    if (words) yield { path, code: codes[error.keyword] ?? error.keyword, wantsText: wantsText(error), ...words }
  }
}

const codes: Readonly<Record<string, string>> = {
  additionalProperties: 'unknown-key',
  required: 'missing-key',
  enum: 'not-one-of',
  const: 'not-one-of',
  type: 'wrong-type',
  minimum: 'out-of-range',
  maximum: 'out-of-range',
  pattern: 'bad-format',
  minLength: 'empty',
  minItems: 'empty',
  maxLength: 'too-long',
  maxProperties: 'too-many',
}

function wantsText({ keyword, parentSchema, propertyName }: SchemaError): boolean {
  return propertyName === undefined && keyword !== 'required' && parentSchema?.type === 'string'
}

/** A JSON pointer (RFC 6901) as a path; below hosts.NAME and tunnels.NAME a number is an index. */
function readPointer(pointer: string): Path {
  const steps = pointer.split('/').slice(1)
  return steps.map((step, depth) =>
    depth >= 2 && /^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~'),
  )
}

// Mistakes in a resource's configuration, with the attribute they stand at; values that are not known yet are not judged.
import Ajv, { type ErrorObject } from 'ajv'
import { checkMiddle, checkTunnel } from '../schemas/check-tunnel'
import { snakeCase } from '../schemas/snake-case'
import type { Middle, Tunnel } from '../schemas/types'
import { fromTerraform } from './names'
import type { Diagnostic, Obj } from './plugin'
import { jsonSchemas } from './schema'

/** Stands where a value is unknown; checkTunnel leaves strings with `${` alone, as they are cdktf's tokens. */
const standIn = '${unknown}'

const ajv = new Ajv({ allErrors: true, schemas: [...jsonSchemas], verbose: true, strict: false })

export function findMistakes(type: 'tunnel' | 'middle', config: Obj, inputNames: readonly string[]): Diagnostic[] {
  const given: Obj = Object.fromEntries(inputNames.map(name => [name, config[name] ?? null]))
  const input = fromTerraform(given, standIn)
  const check = ajv.getSchema(`${type}.schema.json`)
  if (!check) throw new Error(`no schema of ${type}`)
  if (!check(input)) {
    const errors = (check.errors ?? []).filter(error => error.data !== standIn)
    if (errors.length > 0) return errors.map(asDiagnostic)
  }
  const findings = type === 'tunnel' ? checkTunnel(input as Tunnel) : checkMiddle(input as Middle)
  return findings.map(({ path, message, hint }) => ({
    severity: 'error',
    summary: message,
    detail: hint ?? '',
    path: path.map(key => (typeof key === 'string' ? snakeCase(key) : key)),
  }))
}

function asDiagnostic(error: ErrorObject): Diagnostic {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map(key => (/^\d+$/.test(key) ? Number(key) : snakeCase(key)))
  const name = path.join('.') || 'the resource'
  const allowed = error.keyword === 'enum' ? `: ${(error.params.allowedValues as unknown[]).join(', ')}` : ''
  const described = (error.parentSchema as { description?: string } | undefined)?.description ?? ''
  return { severity: 'error', summary: `${name} ${error.message ?? 'is wrong'}${allowed}`, detail: described, path }
}

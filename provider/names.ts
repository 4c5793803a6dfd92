// Our data as Terraform's and back: names, nulls and unknowns.
import { knownAfterApply } from '../engine'
import { camelCase, snakeCase } from '../schemas/snake-case'
import { type Obj, unknown, type Value } from './plugin'

/** Plain data of ours as Terraform's: names in snake_case, undefined as null, our unknown as Terraform's. */
export function toTerraform(value: unknown): Value {
  if (value === undefined || value === null) return null
  if (value === knownAfterApply) return unknown
  if (Array.isArray(value)) return value.map(toTerraform)
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), toTerraform(inner)]))
  }
  return value as string | number | boolean
}

/** Terraform's data as ours: names in camelCase, null left out. An unknown value becomes `standIn`. */
export function fromTerraform(value: Value, standIn: string | typeof knownAfterApply): unknown {
  if (value === unknown) return standIn
  if (Array.isArray(value)) return value.map(item => fromTerraform(item, standIn))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== null)
    return Object.fromEntries(entries.map(([name, inner]) => [camelCase(name), fromTerraform(inner, standIn)]))
  }
  return value
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknown) return true
  if (Array.isArray(value)) return value.some(hasUnknown)
  return typeof value === 'object' && value !== null && Object.values(value as Obj).some(hasUnknown)
}

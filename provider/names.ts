// Our data as Terraform's and back: names, nulls and unknowns.
import { knownAfterApply } from '../engine'
import { camelCase, renamed, snakeCase } from '../schemas/snake-case'
import { type Obj, unknown, type Value } from './plugin'

/** Plain data of ours as Terraform's: names in snake_case, undefined as null, our unknown as Terraform's. */
export function toTerraform(value: unknown, key?: string): Value {
  if (value === undefined || value === null) return null
  if (value === knownAfterApply) return unknown
  if (Array.isArray(value)) return value.map(one => toTerraform(one))
  if (typeof value === 'object') {
    const entries = renamed(key, value as Readonly<Record<string, unknown>>, snakeCase)
    return Object.fromEntries(entries.map(([name, inner]) => [name, toTerraform(inner, name)]))
  }
  return value as string | number | boolean
}

/** Terraform's data as ours: names in camelCase, null left out. An unknown value becomes `standIn`. */
export function fromTerraform(value: Value, standIn: string | typeof knownAfterApply, key?: string): unknown {
  if (value === unknown) return standIn
  if (Array.isArray(value)) return value.map(item => fromTerraform(item, standIn))
  if (typeof value === 'object' && value !== null) {
    const entries = renamed(key, value as Obj, camelCase).filter(([, inner]) => inner !== null)
    return Object.fromEntries(entries.map(([name, inner]) => [name, fromTerraform(inner, standIn, name)]))
  }
  return value
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknown) return true
  if (Array.isArray(value)) return value.some(hasUnknown)
  return typeof value === 'object' && value !== null && Object.values(value as Obj).some(hasUnknown)
}

// Our data as Terraform's JSON: names in snake_case, cdktf's tokens untouched. Pure.
import { renamed, snakeCase } from '../schemas/snake-case'

/**
 * The value with the keys of its plain objects in snake_case; keys without a value are left out.
 * Strings, numbers and lists that encode tokens stay as they are, and so do token objects (IResolvable).
 */
export function toTerraform(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map(one => toTerraform(one))
  if (!isPlainObject(value)) return value
  return Object.fromEntries(
    renamed(key, value, snakeCase)
      .filter(([, inner]) => inner !== undefined && inner !== null)
      .map(([name, inner]) => [name, toTerraform(inner, name)]),
  )
}

/** cdktf calls an object with a resolve function a token, whatever its class (Tokenization.isResolvable). */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !('resolve' in value)
}

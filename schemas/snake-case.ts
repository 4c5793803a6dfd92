// The one place where our camelCase meets Terraform's snake_case. Pure.

export const snakeCase = (name: string): string => name.replace(/DNS|[A-Z]/g, letters => `_${letters.toLowerCase()}`)
export const camelCase = (name: string): string =>
  name.replace(/_(dns(?![a-z0-9])|[a-z0-9])/g, (_, letters: string) => letters.toUpperCase())

/** Maps whose names are not ours: keywords of sshd's, and what people call their labels. */
const foreign: readonly unknown[] = ['extra', 'labels']

/** The entries of the object that stands under `key`, each name as `change` has it. */
export const renamed = <T>(key: unknown, object: Readonly<Record<string, T>>, change: (name: string) => string) =>
  Object.entries(object).map(([name, inner]) => [foreign.includes(key) ? name : change(name), inner] as const)

/** Plain data with all its names in snake_case. */
export function snakeKeys(value: unknown, key?: unknown): unknown {
  if (Array.isArray(value)) return value.map(one => snakeKeys(one))
  if (typeof value !== 'object' || value === null) return value
  const entries = renamed(key, value as Readonly<Record<string, unknown>>, snakeCase)
  return Object.fromEntries(entries.map(([name, inner]) => [name, snakeKeys(inner, name)]))
}

/** A path through such data. */
export const snakePath = (path: readonly (string | number)[]): (string | number)[] =>
  path.map((step, at) => (typeof step === 'string' && !foreign.includes(path[at - 1]) ? snakeCase(step) : step))

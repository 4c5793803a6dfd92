// The one place where our camelCase meets Terraform's snake_case. Pure.

/** Our names begin with a small letter. What begins with a capital one is a keyword of sshd's (`extra`), and stays as it is. */
export const snakeCase = (name: string): string =>
  /^[A-Z]/.test(name) ? name : name.replace(/DNS|[A-Z]/g, letters => `_${letters.toLowerCase()}`)
export const camelCase = (name: string): string =>
  name.replace(/_(dns(?![a-z0-9])|[a-z0-9])/g, (_, letters: string) => letters.toUpperCase())

/** Plain data with all its names in snake_case. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), snakeKeys(inner)]))
}

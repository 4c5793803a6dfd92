// Schemas: which attributes a resource has and of which types, and how Terraform is told.
export type Type =
  | 'string'
  | 'number'
  | 'bool'
  | { readonly list: Type }
  | { readonly map: Type }
  | { readonly object: readonly Attribute[]; readonly nesting: 'single' | 'list' }

export interface Attribute {
  /** Terraform's spelling: snake_case. */
  readonly name: string
  readonly type: Type
  readonly description?: string
  readonly required?: boolean
  readonly optional?: boolean
  readonly computed?: boolean
  readonly sensitive?: boolean
}

export interface Schema {
  readonly version: number
  readonly description?: string
  readonly attributes: readonly Attribute[]
}

/** A type in cty's JSON notation: "string", ["list", "string"], ["object", { name: "string" }]. */
export type JsonType = string | [string, JsonType | { [name: string]: JsonType }]

const NESTING = { single: 1, list: 2 } as const

/** The message Schema. */
export function describeSchema(schema: Schema): object {
  const { version, description = '', attributes } = schema
  return { version, block: { version, description, attributes: attributes.map(describeAttribute) } }
}

function describeAttribute({ type, ...rest }: Attribute): object {
  // With nested_type the field type must stay empty: the nested attributes keep their own flags.
  if (typeof type === 'object' && 'object' in type)
    return { ...rest, nested_type: { attributes: type.object.map(describeAttribute), nesting: NESTING[type.nesting] } }
  return { ...rest, type: Buffer.from(JSON.stringify(toJsonType(type))) }
}

export function toJsonType(type: Type): JsonType {
  if (typeof type === 'string') return type
  if ('list' in type) return ['list', toJsonType(type.list)]
  if ('map' in type) return ['map', toJsonType(type.map)]
  const object: JsonType = ['object', Object.fromEntries(type.object.map(a => [a.name, toJsonType(a.type)]))]
  return type.nesting === 'list' ? ['list', object] : object
}

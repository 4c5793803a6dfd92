// The errors that the spec's JSON Schema finds; and what the schema says of a place that an error names.
import type { ErrorObject } from 'ajv'
import host from '../schemas/host.schema.json'
import jump from '../schemas/jump.schema.json'
import middle from '../schemas/middle.schema.json'
import specSchema from '../schemas/spec.schema.json'
import tunnel from '../schemas/tunnel.schema.json'
import { spec as validate } from '../schemas/validators/spec'

export type SchemaNode = Readonly<Record<string, unknown>>
export type SchemaError = ErrorObject<string, Readonly<Record<string, unknown>>, SchemaNode>

const files: readonly SchemaNode[] = [host, jump, middle, tunnel, specSchema]

export function findSchemaErrors(value: unknown): SchemaError[] {
  return validate(value) ? [] : ((validate.errors ?? []) as SchemaError[])
}

/** The `properties` of an object's schema, each with its $ref followed. */
export function propertiesOf(schema: SchemaNode | undefined): ReadonlyMap<string, SchemaNode> {
  const properties = (schema?.properties ?? {}) as Record<string, SchemaNode>
  return new Map(Object.entries(properties).map(([key, property]) => [key, follow(property)]))
}

function follow(schema: SchemaNode): SchemaNode {
  if (typeof schema.$ref !== 'string') return schema
  const [file, pointer = ''] = schema.$ref.split('#')
  let target: unknown = files.find(({ $id }) => $id === (file || specSchema.$id))
  for (const step of pointer.split('/').filter(Boolean)) target = (target as SchemaNode | undefined)?.[step]
  return { ...(target as SchemaNode), ...schema }
}

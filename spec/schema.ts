// The errors that the spec's JSON Schema finds; and what the schema says of a place that an error names.
import type { ErrorObject } from 'ajv'
import { followRef, type JsonSchema } from '../schemas/follow-ref'
import specSchema from '../schemas/spec.schema.json'
import { spec as validate } from '../schemas/validators/spec'

export type SchemaError = ErrorObject<string, Readonly<Record<string, unknown>>, JsonSchema>

export function findSchemaErrors(value: unknown): SchemaError[] {
  return validate(value) ? [] : ((validate.errors ?? []) as SchemaError[])
}

/** The `properties` of an object's schema, each with its $ref followed. */
export function propertiesOf(schema: JsonSchema | undefined): ReadonlyMap<string, JsonSchema> {
  const properties = Object.entries(schema?.properties ?? {})
  return new Map(properties.map(([key, property]) => [key, { ...followRef(property, specSchema).target, ...property }]))
}

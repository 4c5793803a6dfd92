// Where a $ref of the JSON Schemas leads. Pure.
import account from './account.schema.json'
import authorizedKey from './authorized-key.schema.json'
import host from './host.schema.json'
import jump from './jump.schema.json'
import middle from './middle.schema.json'
import sshd from './sshd.schema.json'
import tunnel from './tunnel.schema.json'

/** What our schemas consist of, as far as programs read them. */
export interface JsonSchema {
  readonly $id?: string
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: boolean | JsonSchema
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** All whose name a $ref gives. */
const files: readonly JsonSchema[] = [account, authorizedKey, host, jump, middle, sshd, tunnel]

export interface Followed {
  /** What the $ref, or the last of a chain of them, means; what stands beside a $ref is not in it. */
  readonly target: JsonSchema
  /** The whole schema in which that stands. */
  readonly within: JsonSchema
}

/**
 * Follows `file.schema.json`, `file.schema.json#/properties/x` and `#/$defs/x` of a schema that stands `within` another; one
 * without a $ref is its own target. Throws where there is no such schema.
 */
export function followRef(schema: JsonSchema, within: JsonSchema): Followed {
  if (!schema.$ref) return { target: schema, within }
  const [file = '', pointer = ''] = schema.$ref.split('#')
  const other = file ? files.find(({ $id }) => $id === file) : within
  const target = pointer
    .split('/')
    .filter(Boolean)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], other)
  if (!other || !target) throw new Error(`no schema ${schema.$ref}`)
  return followRef(target as JsonSchema, other)
}

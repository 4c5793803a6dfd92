// Values: msgpack as cty writes it <-> plain JavaScript, always along a schema.
import { decode, Encoder, ExtData } from '@msgpack/msgpack'
import type { Attribute, Type } from './schema'

/** Known only after apply. */
export const unknown: unique symbol = Symbol('known after apply')

/**
 * A value of Terraform. A number is a number when it is a safe integer or a float64, a bigint when it is another integer,
 * and stays its decimal text when neither holds it exactly (0.1): Terraform compares at 512 bits, so what goes back must be what came.
 */
export type Value = null | string | number | bigint | boolean | typeof unknown | Value[] | { [name: string]: Value }
export type Obj = { [name: string]: Value }

type Packed = null | string | number | bigint | boolean | ExtData | Packed[] | { [name: string]: Packed }

const encoder = new Encoder({ useBigInt64: true })
const UNKNOWN = new ExtData(0, new Uint8Array(1))
const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

export function encodeObject(attributes: readonly Attribute[], object: Obj | null): Uint8Array {
  return encoder.encode(object === null ? null : packAttributes(attributes, object, ''))
}

export function decodeObject(attributes: readonly Attribute[], bytes: Uint8Array): Obj | null {
  const packed = decode(bytes, { useBigInt64: true }) as Packed
  return packed === null ? null : unpackAttributes(attributes, packed as { [name: string]: Packed })
}

/** Every attribute of the schema is there, null when the object leaves it out; cty takes nothing less. */
function packAttributes(attributes: readonly Attribute[], object: Obj, at: string): Packed {
  const foreign = Object.keys(object).find(name => !attributes.some(a => a.name === name))
  if (foreign !== undefined) throw new Error(`${join(at, foreign)} is not in the schema`)
  return Object.fromEntries(
    attributes.map(({ name, type }) => [
      name,
      pack(type, Object.hasOwn(object, name) ? object[name] : null, join(at, name)),
    ]),
  )
}

function pack(type: Type, value: Value | undefined, at: string): Packed {
  if (value === null || value === undefined) return null
  if (value === unknown) return UNKNOWN
  if (type === 'string' && typeof value === 'string') return value
  if (type === 'bool' && typeof value === 'boolean') return value
  if (type === 'number') return packNumber(value, at)
  if (typeof type === 'object') {
    if ('list' in type && Array.isArray(value)) return value.map((item, i) => pack(type.list, item, `${at}[${i}]`))
    if ('map' in type && isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, pack(type.map, v, join(at, key))]))
    if ('object' in type && type.nesting === 'single' && isObject(value)) return packAttributes(type.object, value, at)
    if ('object' in type && type.nesting === 'list' && Array.isArray(value))
      return value.map((item, i) => pack({ ...type, nesting: 'single' }, item, `${at}[${i}]`))
  }
  throw misfit(type, value, at)
}

function packNumber(value: Value, at: string): Packed {
  // The library packs a number beyond 32 bits as a float unless it is a bigint.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return packNumber(BigInt(value), at)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint') return value < MIN_INT64 || value > MAX_INT64 ? String(value) : value
  if (typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)) return value
  throw misfit('number', value, at)
}

function unpackAttributes(attributes: readonly Attribute[], packed: { [name: string]: Packed }): Obj {
  return Object.fromEntries(attributes.map(({ name, type }) => [name, unpack(type, packed[name] ?? null)]))
}

function unpack(type: Type, packed: Packed): Value {
  if (packed === null) return null
  // Any extension is an unknown; code 12 carries hints about it, which may be ignored (read in go-cty 1.16).
  if (packed instanceof ExtData) return unknown
  if (type === 'number') return unpackNumber(packed)
  if (typeof type === 'object') {
    if ('list' in type) return (packed as Packed[]).map(item => unpack(type.list, item))
    if ('map' in type)
      return Object.fromEntries(Object.entries(packed as object).map(([key, v]) => [key, unpack(type.map, v)]))
    if (type.nesting === 'list') return (packed as Packed[]).map(item => unpack({ ...type, nesting: 'single' }, item))
    return unpackAttributes(type.object, packed as { [name: string]: Packed })
  }
  return packed as Value
}

function unpackNumber(packed: Packed): Value {
  if (typeof packed === 'string') return /^-?\d+$/.test(packed) ? BigInt(packed) : packed
  if (typeof packed === 'bigint' && Number.isSafeInteger(Number(packed))) return Number(packed)
  return packed as Value
}

function isObject(value: Value): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

function misfit(type: Type, value: Value, at: string): Error {
  const wanted = typeof type === 'string' ? type : Object.keys(type)[0]
  return new Error(
    `${at} is a ${wanted} in the schema, but the provider gave ${Array.isArray(value) ? 'a list' : typeof value}`,
  )
}

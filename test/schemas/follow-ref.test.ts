// Each form of $ref that the schemas use leads where it should, and every one of theirs leads somewhere.
import { followRef, type JsonSchema } from '../../schemas/follow-ref'
import host from '../../schemas/host.schema.json'
import jump from '../../schemas/jump.schema.json'
import middle from '../../schemas/middle.schema.json'
import spec from '../../schemas/spec.schema.json'
import tunnel from '../../schemas/tunnel.schema.json'

test.each<[string, JsonSchema, JsonSchema, JsonSchema]>([
  ['host.schema.json', tunnel, host, host],
  ['jump.schema.json#/properties/user', tunnel, host.properties.user, host],
  ['#/$defs/openPort', middle, middle.$defs.openPort, middle],
])('%s is followed to its end', ($ref, from, target, within) => {
  expect(followRef({ $ref }, from)).toEqual({ target, within })
})

test('a schema without $ref is its own target, and a $ref to nothing is a fault', () => {
  expect(followRef({ type: 'string' }, tunnel)).toEqual({ target: { type: 'string' }, within: tunnel })
  for (const $ref of ['jmp.schema.json', 'host.schema.json#/properties/x', '#/$defs/openPort']) {
    expect(() => followRef({ $ref }, tunnel)).toThrow(`no schema ${$ref}`)
  }
})

test('every $ref of theirs leads somewhere', () => {
  const walk = (node: unknown, within: JsonSchema): void => {
    if (typeof node !== 'object' || node === null) return
    if ('$ref' in node) expect(followRef(node as JsonSchema, within).target).toBeDefined()
    for (const inner of Object.values(node)) walk(inner, within)
  }
  for (const schema of [host, jump, middle, tunnel, spec]) walk(schema, schema)
})

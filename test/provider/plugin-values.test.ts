// Values on the wire: the bytes that cty writes, and what comes back to it.
import { decode, Encoder, ExtData } from '@msgpack/msgpack'
import { type Attribute, type Obj, unknown } from '../../provider/plugin'
import { decodeObject, encodeObject } from '../../provider/plugin/values'

const attributes: Attribute[] = [
  { name: 'text', type: 'string' },
  { name: 'count', type: 'number' },
  { name: 'flag', type: 'bool' },
  { name: 'names', type: { list: 'string' } },
  { name: 'labels', type: { map: 'string' } },
  {
    name: 'one',
    type: {
      object: [
        { name: 'a', type: 'string' },
        { name: 'b', type: 'number' },
      ],
      nesting: 'single',
    },
  },
  {
    name: 'many',
    type: {
      object: [
        { name: 'a', type: { list: 'number' } },
        { name: 'b', type: 'bool' },
      ],
      nesting: 'list',
    },
  },
]
const empty: Obj = { text: null, count: null, flag: null, names: null, labels: null, one: null, many: null }

const roundTrip = (object: Obj) => decodeObject(attributes, encodeObject(attributes, object))
const onTheWire = (object: Obj) => decode(encodeObject(attributes, object), { useBigInt64: true })
const received = (packed: unknown) => decodeObject(attributes, new Encoder({ useBigInt64: true }).encode(packed))

test('null stands for an object that does not exist', () => {
  expect([...encodeObject(attributes, null)]).toEqual([0xc0])
  expect(decodeObject(attributes, Uint8Array.of(0xc0))).toBeNull()
})

test('every kind of value comes back as it was', () => {
  const object: Obj = {
    text: 'å\n',
    count: 7,
    flag: false,
    names: ['a', '', null],
    labels: { 'x.y': 'z', constructor: 'c' },
    one: { a: 'x', b: null },
    many: [{ a: [1, 2], b: true }],
  }
  expect(roundTrip(object)).toEqual(object)
})

test('what is left out becomes null on the wire, in nested objects too', () => {
  expect(onTheWire({})).toEqual(empty)
  expect(onTheWire({ one: {}, many: [{}] })).toEqual({
    ...empty,
    one: { a: null, b: null },
    many: [{ a: null, b: null }],
  })
})

test('an attribute named like a property of every object is null when left out', () => {
  expect(decode(encodeObject([{ name: 'constructor', type: 'string' }], {}))).toEqual({ constructor: null })
})

test('unknown is the extension that cty writes, at every depth', () => {
  expect([...encodeObject([{ name: 'a', type: 'string' }], { a: unknown })]).toEqual([0x81, 0xa1, 0x61, 0xd4, 0, 0])
  const object: Obj = {
    ...empty,
    text: unknown,
    names: [unknown],
    labels: unknown,
    one: { a: unknown, b: 1 },
    many: unknown,
  }
  expect(roundTrip(object)).toEqual(object)
})

test('a refined unknown is an unknown', () => {
  const notNull = new ExtData(12, Uint8Array.of(0x81, 0x01, 0xc2))
  expect(received({ text: notNull, many: notNull })).toEqual({ ...empty, text: unknown, many: unknown })
})

test.each<[string, unknown, unknown]>([
  ['a small integer', 22, 22],
  ['the largest safe integer', 9007199254740991n, 9007199254740991],
  ['an integer past 2^53', 9007199254740993n, 9007199254740993n],
  ['the smallest int64', -(2n ** 63n), -(2n ** 63n)],
  ['an integer past int64, which cty writes as text', '18446744073709551617', 18446744073709551617n],
  ['a float64', 0.5, 0.5],
  ['a decimal that no float64 holds', '0.1', '0.1'],
  ['a long decimal', '1.23456789012345678901234567890', '1.23456789012345678901234567890'],
])('%s is read without loss and goes back as the same number', (_title, wire, value) => {
  const object = received({ count: wire })
  expect(object?.count).toBe(value)
  const { count } = onTheWire(object as Obj) as { count: unknown }
  expect(String(count)).toBe(String(wire))
})

test('a number beyond 32 bits travels as an integer, not as a float', () => {
  expect([...encodeObject([{ name: 'a', type: 'number' }], { a: 2 ** 40 })].at(3)).toBe(0xcf) // uint64
})

test.each<[string, Obj]>([
  ['text is a string in the schema, but the provider gave number', { text: 1 }],
  ['count is a number in the schema, but the provider gave string', { count: 'seven' }],
  ['names[1] is a string in the schema, but the provider gave boolean', { names: ['a', true] }],
  ['labels is a map in the schema, but the provider gave a list', { labels: [] }],
  ['many[0].a is a list in the schema, but the provider gave object', { many: [{ a: {} }] }],
  ['one.c is not in the schema', { one: { c: 1 } }],
])('a value that does not fit is named: %s', (message, object) => {
  expect(() => encodeObject(attributes, object)).toThrow(message)
})

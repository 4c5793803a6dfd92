// Diagnostics, schemas and log lines as they go on the wire.
import type { Attribute } from '../../provider/plugin'
import { describeDiagnostics, describePath, explainError } from '../../provider/plugin/diagnostics'
import { formatLogLine } from '../../provider/plugin/log'
import { toJsonType } from '../../provider/plugin/schema'
import { makeSocket } from '../../provider/plugin/socket'

const attributes: Attribute[] = [
  { name: 'labels', type: { map: 'string' } },
  { name: 'ports', type: { list: 'number' } },
  { name: 'via', type: { object: [{ name: 'host', type: 'string' }], nesting: 'list' } },
]

test('a path follows the schema: names, list indexes, map keys', () => {
  expect(describePath(['via', 1, 'host'], attributes).steps).toEqual([
    { attribute_name: 'via' },
    { element_key_int: 1 },
    { attribute_name: 'host' },
  ])
  expect(describePath(['ports', '0'], attributes).steps).toEqual([{ attribute_name: 'ports' }, { element_key_int: 0 }])
  expect(describePath(['labels', 'team'], attributes).steps).toEqual([
    { attribute_name: 'labels' },
    { element_key_string: 'team' },
  ])
})

test('a path that leaves the schema ends at the nearest attribute', () => {
  expect(describePath(['via', 0, 'port', 'x'], attributes).steps).toHaveLength(2)
  const [diagnostic] = describeDiagnostics([{ severity: 'error', summary: 's', path: ['nowhere'] }], attributes)
  expect(diagnostic).toEqual({ severity: 1, summary: 's', detail: '' })
})

test('an error says its first line as summary and the rest as detail', () => {
  expect(explainError(new Error('one\ntwo\nthree'))).toEqual([
    { severity: 'error', summary: 'one', detail: 'two\nthree' },
  ])
  expect(explainError('bare')).toEqual([{ severity: 'error', summary: 'bare', detail: '' }])
})

test('an error may bring its own diagnostics, but never turns into a success', () => {
  const error = { severity: 'error', summary: 'mine' } as const
  const warning = { severity: 'warning', summary: 'also' } as const
  expect(explainError(Object.assign(new Error('x'), { diagnostics: [error, warning] }))).toEqual([error, warning])
  expect(explainError(Object.assign(new Error('x'), { diagnostics: [warning] }))).toEqual([
    warning,
    { severity: 'error', summary: 'x', detail: '' },
  ])
})

test('types are written in the notation of cty', () => {
  expect(toJsonType({ list: { map: 'bool' } })).toEqual(['list', ['map', 'bool']])
  expect(toJsonType({ list: { object: [{ name: 'a', type: 'number' }], nesting: 'single' } })).toEqual([
    'list',
    ['object', { a: 'number' }],
  ])
})

test('a log line has the timestamp that go-plugin recognises and survives a bigint', () => {
  const line = formatLogLine('info', 'hello', { n: 1n, '@level': 'no' }, new Date('2024-02-03T04:05:06.007Z'))
  expect(JSON.parse(line)).toEqual({
    '@level': 'info',
    '@message': 'hello',
    '@timestamp': '2024-02-03T04:05:06.007000Z',
    n: '1',
  })
})

test('where every folder is too long or not writable, TCP on loopback serves', () => {
  const socket = makeSocket([`/tmp/${'x'.repeat(100)}`, '/proc'])
  expect(socket.target).toBe('127.0.0.1:0')
  expect(socket.place(4711)).toEqual({ network: 'tcp', address: '127.0.0.1:4711' })
})

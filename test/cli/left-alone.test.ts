// Whose is what left the spec: all of an owner that the spec itself names; else only what the spec names.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEstate } from '../../cli/read-estate'
import { divideLeftovers, type Leftover } from '../../engine/compare/leftovers'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'left-alone-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const host = { name: 'middle', address: '203.0.113.20' }
const nowhere = { forward: 'local', listen: '127.0.0.1:1', far: '127.0.0.1:1', client: host, server: host } as const
const found: readonly Leftover[] = [
  { host, parts: [], standIn: { type: 'tunnel', input: { name: 'web', ...nowhere } } },
  { host, parts: [], standIn: { type: 'tunnel', input: { name: 'theirs', ...nowhere } } },
  { host, parts: [], standIn: { type: 'middle', input: { name: 'middle', host } } },
]

function divide(head: string) {
  const file = join(folder, 'tunnels.yaml')
  const tunnel = '{ client: middle, forward: local, listen: "203.0.113.20:1", far: "192.0.2.1:2" }'
  writeFileSync(file, `version: 1\n${head}hosts: { middle: { address: 203.0.113.20 } }\ntunnels: { web: ${tunnel} }\n`)
  const { mayGo, leftAlone } = divideLeftovers(found, readEstate(file))
  return {
    mayGo: mayGo.map(({ standIn }) => standIn.input.name),
    leftAlone: leftAlone.map(({ type, name }) => `${type} ${name}`),
  }
}

test('an owner that is only the name of the file gives no right to what the spec does not name', () => {
  expect(divide('')).toEqual({ mayGo: ['web'], leftAlone: ['tunnel theirs', 'middle middle'] })
})

test('an owner that the spec names has all of it', () => {
  expect(divide('owner: tunnels\n')).toEqual({ mayGo: ['web', 'theirs', 'middle'], leftAlone: [] })
})

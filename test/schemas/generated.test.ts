// What is made from the JSON Schemas is what they say now, and nothing of it is made at start.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv, { type ErrorObject } from 'ajv'
import host from '../../schemas/host.schema.json'
import jump from '../../schemas/jump.schema.json'
import middleSchema from '../../schemas/middle.schema.json'
import specSchema from '../../schemas/spec.schema.json'
import tunnelSchema from '../../schemas/tunnel.schema.json'
import { middle, tunnel } from '../../schemas/validators/resource'
import { spec } from '../../schemas/validators/spec'

const root = join(__dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

test.each([
  ['types', ['types.ts']],
  ['validators', ['validators/resource.ts', 'validators/spec.ts']],
])('%s are made anew whenever a schema changes', (what, files) => {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  try {
    const sources = (path: string) => !files.some(file => path.endsWith(file))
    cpSync(join(root, 'schemas'), join(folder, 'schemas'), { recursive: true, filter: sources })
    mkdirSync(join(folder, 'build'))
    cpSync(join(root, 'build/write-whole.mjs'), join(folder, 'build/write-whole.mjs'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    execFileSync(process.execPath, [`schemas/generate-${what}.mjs`], { cwd: folder })
    for (const file of files) {
      expect(read(`schemas/${file}`)).toBe(readFileSync(join(folder, 'schemas', file), 'utf8'))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const loose = { allErrors: true, verbose: true, strict: false } as const
const strict = { allErrors: true, verbose: true, allowUnionTypes: true } as const
const some = { name: 'Not legal!', address: '', port: Number.POSITIVE_INFINITY, become: 'su', via: [{}, 1], more: null }

test.each([
  ['tunnel', tunnel, loose, tunnelSchema, { name: 'a', client: some, server: null, allowFrom: [], listen: '' }],
  ['middle', middle, loose, middleSchema, { host: some, openPorts: [{ port: '80' }], maxStartups: 10 }],
  ['spec', spec, strict, specSchema, { version: 2, engine: 1, hosts: { '': some, a: [] }, tunnels: { A: {} } }],
] as const)(
  'the errors of a %s are those of Ajv itself, with value and schema',
  (_name, validate, options, schema, value) => {
    const check = new Ajv({ ...options, schemas: [host, jump, middleSchema, tunnelSchema, specSchema] })
    const other = check.getSchema(schema.$id)
    const errors = (of: typeof other, input: unknown): readonly ErrorObject[] | null =>
      of?.(input) ? null : (of?.errors ?? null)
    for (const input of [value, null, {}]) {
      expect(errors(validate, input)).toEqual(errors(other, input))
      expect(errors(validate, input)).not.toBeNull()
    }
  },
)

test('the library compiles nothing at start', () => {
  expect(read('dist/index.js')).not.toContain('new Function(')
})

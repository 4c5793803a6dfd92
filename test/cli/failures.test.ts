// What each command prints with --json when it fails is a document as its JSON Schema says, and has the error.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from '../../lab/command'
import { readDocument } from './json-document'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let folder: string

const tunnels = { web: { client: 'near', server: 'middle', forward: 'local', listen: '127.0.0.1:9', far: 'far:80' } }
/** Nobody listens on port 1. */
const away = { address: '127.0.0.1', port: 1, knownHosts: 'known_hosts', identityFile: 'key' }

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'failures-'))
  const write = (name: string, spec: object) =>
    writeFileSync(join(folder, name), JSON.stringify({ version: 1, owner: 'me', tunnels, ...spec }))
  write('wrong.yaml', { hosts: { near: { address: '127.0.0.1' } } })
  write('away.yaml', { hosts: { near: away, middle: { ...away, address: '127.0.0.2' } } })
  write('itself.yaml', { hosts: { near: away }, tunnels: { web: { ...tunnels.web, server: 'near' } } })
  write('here.yaml', { hosts: { near: { local: true }, middle: away } })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const verbs = ['plan', 'apply', 'destroy', 'status', 'doctor', 'explain'] as const
const schemaOf = (verb: string) => (['plan', 'apply', 'destroy'].includes(verb) ? 'change-hosts' : verb)
const line = ['-L', '127.0.0.1:9:far:80', '-p', '1', 'root@127.0.0.1']

const failures: [string, string[]][] = [
  ...verbs.flatMap(verb => [
    [schemaOf(verb), [verb, '/no/such.yaml']] as [string, string[]],
    [schemaOf(verb), [verb, 'wrong.yaml']] as [string, string[]],
  ]),
  ...['plan', 'apply'].map(verb => ['change-hosts', [verb, 'away.yaml']] as [string, string[]]),
  ['doctor', ['doctor', 'away.yaml', 'webb']],
  ['list', ['list', 'near', 'wrong.yaml']],
  ['list', ['list', 'nearer', 'away.yaml']],
  ['list', ['list', 'near', 'away.yaml']],
  ['adopt', ['adopt', '--host', 'near', 'wrong.yaml']],
  ['adopt', ['adopt', '--host', 'near', 'away.yaml']],
  ['adopt', ['adopt', 'ssh -N -L 8080:far m']],
  ['adopt', ['adopt', '--take-over', 'wrong.yaml']],
  ['adopt', ['adopt', '--take-over', 'away.yaml']],
  ['adopt', ['adopt', '--take-over', 'here.yaml']],
  ['logs', ['logs', 'wrong.yaml', 'web']],
  ['logs', ['logs', 'away.yaml', 'web']],
  ['open', ['open', 'wrong.yaml', 'web']],
  ['open', ['open', 'here.yaml', 'webb']],
  ['open', ['open', 'here.yaml', 'web']],
  ['open', ['open', '-f', 'here.yaml', 'web']],
  ['open', ['open', ...line]],
  ['open', ['open', '-f', ...line]],
  ['close', ['close', 'nothing']],
  ['guard-test', ['guard', 'test', 'near', 'wrong.yaml']],
  ['wrong-words', ['open', '-L', '80', 'x']],
  ['wrong-words', ['init']],
  ['wrong-words', ['status', '--metrics', '-', 'away.yaml']],
  ['wrong-words', ['paln', 'away.yaml']],
  ['wrong-words', ['plan']],
]

test.each(failures)('%s: %j', async (schema, words) => {
  const env = { HOME: folder, XDG_STATE_HOME: undefined }
  const { code, stdout, stderr } = await command(['node', program, ...words, '--json'], { cwd: folder, env })
  expect({ code, stdout, stderr }).toMatchObject({ code: 1, stdout: expect.stringMatching(/^\{/) })
  expect(readDocument(schema, stdout).errors).not.toEqual([])
})

test('what is wrong with a host that is both ends is told once', async () => {
  const words = ['logs', 'itself.yaml', 'web', '--json']
  const { stdout } = await command(['node', program, ...words], { cwd: folder, env: { HOME: folder } })
  expect(readDocument('logs', stdout).errors).toMatchObject([{ about: 'host near', host: 'near' }])
})

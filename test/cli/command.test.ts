// The command itself, as a user starts it: exit codes, help, and mistakes in a spec.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usageOf } from '../../cli/command'
import { commands } from '../../cli/commands'
import { typed } from '../typed'
import { readDocument } from './json-document'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'))
  writeFileSync(join(folder, 'good.yaml'), 'version: 1\nhosts: { near: { local: true } }\n')
  writeFileSync(join(folder, 'bad.yaml'), 'version: 1\nhosts: { near: { address: middle, lokal: true } }\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('help teaches each command with an example, and documents the exit codes', () => {
  const { status, stdout } = run('--help')
  for (const command of commands) {
    const shown = !command.hidden
    expect(stdout.includes(usageOf(command))).toBe(shown)
    expect(stdout.includes(command.example)).toBe(shown)
  }
  expect(stdout).toMatch(/^ {2}130 {2}stopped by Ctrl-C/m)
  expect(status).toBe(0)
  expect(run('help', 'apply')).toMatchObject({ status: 0, stdout: expect.stringContaining('--dry-run') })
})

test('a mistake on the command line is exit status 1, with a way on', () => {
  expect(run('paln', 'good.yaml')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'there is no command paln; did you mean plan?\nsee: ssh-tunnels --help\n',
  })
})

test('a login that is none is told before anything is read', () => {
  const { status, stderr } = run('plan', 'good.yaml', '--host', 'root@')
  expect(stderr).toBe('--host root@ is no login; as in --host root@203.0.113.20:22\nsee: ssh-tunnels help plan\n')
  expect(status).toBe(1)
})

test('validate counts what is good and shows what is not', () => {
  expect(run('validate', 'good.yaml')).toMatchObject({
    status: 0,
    stdout: 'good.yaml: 0 tunnels, 1 host: no problems\n',
  })
  const { status, stdout } = run('validate', 'good.yaml', 'bad.yaml')
  expect(stdout).toMatch(/^good\.yaml: .*\nbad\.yaml:2:35 /)
  expect(stdout).toContain('did you mean local?')
  expect(status).toBe(1)
})

test('validate --json gives each problem with its place', () => {
  const { specs, errors } = readDocument('validate', run('validate', '--json', 'bad.yaml').stdout)
  expect(errors).toEqual([expect.objectContaining({ about: 'bad.yaml', line: 2, column: 35, code: 'unknown-key' })])
  expect(readDocument('validate', run('validate', '--json', 'good.yaml').stdout).errors).toEqual([])
  expect(specs[0]).toMatchObject({ spec: 'bad.yaml', problems: [{ line: 2, column: 35, code: 'unknown-key' }] })
})

test('a rehearsal is about a host of the spec that somebody logs in to', () => {
  expect(run('guard', 'test', 'naer', 'good.yaml')).toMatchObject({
    status: 1,
    stderr: 'good.yaml has no host naer; did you mean near?\n',
  })
  expect(run('guard', 'test', 'near', 'good.yaml').stderr).toContain('near is this machine, to which nobody logs in')
  const { status, stdout } = run('guard', 'test', 'near', 'good.yaml', '--json')
  expect(readDocument('guard-test', stdout)).toMatchObject({
    host: 'near',
    undone: false,
    errors: [{ code: 'cannot-undo' }],
  })
  expect(status).toBe(1)
})

test('a spec with mistakes is refused before any host is asked', () => {
  expect(run('apply', 'bad.yaml')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('nothing was changed'),
  })
  const { status, stdout } = run('plan', 'bad.yaml', '--json')
  expect(readDocument('change-hosts', stdout).errors).toEqual([
    expect.objectContaining({ about: 'bad.yaml', code: 'unknown-key', line: 2 }),
  ])
  expect(status).toBe(1)
})

test('--only with a name that the spec has not is refused', () => {
  expect(run('plan', 'good.yaml', '--only', 'web')).toMatchObject({
    status: 1,
    stderr: 'good.yaml has no tunnel web; it has none\n',
  })
})

test('metrics that cannot be written are told, with the reason', () => {
  const metrics = (file: string) => run('status', 'good.yaml', '--metrics', file)
  expect(metrics('none/x.prom')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'none/x.prom cannot be written: no such folder\n',
  })
  expect(metrics('.').stderr).toBe('. is a folder\n')
  expect(metrics('good.yaml/x.prom').stderr).toBe('good.yaml/x.prom cannot be written: not a directory\n')
})

test('a terminal that cannot be drawn on has no live screen', async () => {
  const env = { PATH: process.env.PATH, TERM: 'dumb' }
  const start = ([first = '', ...words]: readonly string[], given: object) => spawn(first, words, given)
  const screen = typed(start, [program, 'status', 'good.yaml', '--watch'], { cwd: folder, env })
  expect(await screen.ended()).toBe(1)
  expect(screen.screen()).toMatch(/^--watch wants a terminal/)
})

test('--version says the version of the package', () => {
  expect(run('--version').stdout).toMatch(/^ssh-tunnels \d+\.\d+\.\d+\n$/)
})

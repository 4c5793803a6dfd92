// Words of the command line: what they ask for, and what is said to those that mean nothing.
import { readWords } from '../../cli/read-words'

const mistakeIn = (line: string) => {
  const asked = readWords(line.split(' ').filter(Boolean))
  return asked.kind === 'mistake' ? asked.message : `no mistake: ${asked.kind}`
}

test('a command, its spec and its options are understood in any order', () => {
  expect(readWords(['apply', '--only', 'web', '--json', 'tunnels.yaml', '--only=db'])).toEqual({
    kind: 'run',
    command: 'apply',
    specs: ['tunnels.yaml'],
    flags: new Set(['only', 'json']),
    only: ['web', 'db'],
    hosts: [],
  })
})

test('a command of two words takes its host before its spec', () => {
  expect(readWords(['guard', 'test', 'middle', 'tunnels.yaml', '--json'])).toMatchObject({
    kind: 'run',
    command: 'guard test',
    host: 'middle',
    specs: ['tunnels.yaml'],
  })
  expect(readWords(['help', 'guard', 'test'])).toEqual({ kind: 'help', command: 'guard test' })
})

test('help is found wherever it is asked for', () => {
  expect(readWords(['--help'])).toEqual({ kind: 'help', command: null })
  expect(readWords(['help'])).toEqual({ kind: 'help', command: null })
  expect(readWords(['help', 'apply'])).toEqual({ kind: 'help', command: 'apply' })
  expect(readWords(['apply', '-h'])).toEqual({ kind: 'help', command: 'apply' })
  expect(readWords(['--version'])).toEqual({ kind: 'version' })
})

test.each([
  ['', 'say what to do'],
  ['aply tunnels.yaml', 'there is no command aply; did you mean apply?'],
  [
    'guard test middle',
    'guard test wants a host and a spec file; for example: ssh-tunnels guard test middle tunnels.yaml',
  ],
  ['help destory', 'there is no command destory; did you mean destroy?'],
  [
    'status',
    'there is no command status; there are validate, plan, apply, destroy, guard test, import-blocks, install-provider, help',
  ],
  ['plan t.yaml --detailed-exit-code', 'plan has no option --detailed-exit-code; did you mean --detailed-exitcode?'],
  [
    'apply t.yaml --detailed-exitcode',
    'apply has no option --detailed-exitcode; it knows --json, --dry-run, --only, --host, --help',
  ],
  ['import-blocks t.yaml --json', 'import-blocks has no option --json; it has no options'],
  ['plan t.yaml --only', '--only wants a value; as in --only NAME'],
  ['apply t.yaml --host root@', '--host root@ is no login; as in --host root@203.0.113.20:22'],
  ['plan t.yaml --json=yes', '--json takes no value'],
  ['plan', 'plan wants a spec file; for example: ssh-tunnels plan tunnels.yaml --detailed-exitcode'],
  ['apply a.yaml b.yaml', 'apply takes one spec file, not 2; a run for each: a.yaml, b.yaml'],
])('"%s" is answered: %s', (line, message) => {
  expect(mistakeIn(line)).toBe(message)
})

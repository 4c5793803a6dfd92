// Words of the command line: what they ask for, and what is said to those that mean nothing.
import { commands } from '../../cli/commands'
import { helpAll, helpOne } from '../../cli/help'
import { readWords } from '../../cli/read-words'

const names = [...commands.flatMap(({ hidden, name }) => (hidden ? [] : [name])), 'help']

const read = (line: string) => {
  const asked = readWords(line.split(' ').filter(Boolean))
  return asked.kind === 'run' ? { command: asked.command.name, words: asked.words } : null
}
const helpFor = (line: string) => {
  const asked = readWords(line.split(' '))
  return asked.kind === 'help' ? (asked.command?.name ?? 'all') : asked.kind
}
const mistakeIn = (line: string) => {
  const asked = readWords(line.split(' ').filter(Boolean))
  return asked.kind === 'mistake' ? asked.message : `no mistake: ${asked.kind}`
}

test('a command, its spec and its options are understood in any order', () => {
  const { command, words } = read('apply --only web --json tunnels.yaml --only=db') ?? {}
  expect(command).toBe('apply')
  expect(words?.argument('SPEC')).toBe('tunnels.yaml')
  expect(words?.valuesOf('only')).toEqual(['web', 'db'])
  expect(words?.has('json')).toBe(true)
  expect(words?.has('dry-run')).toBe(false)
})

test('a command of two words takes its host before its spec', () => {
  const { command, words } = read('guard test middle tunnels.yaml --json') ?? {}
  expect(command).toBe('guard test')
  expect([words?.argument('HOST'), words?.argument('SPEC')]).toEqual(['middle', 'tunnels.yaml'])
})

test('validate takes any number of specs', () => {
  expect(read('validate a.yaml b.yaml')?.words.argumentsOf('SPEC')).toEqual(['a.yaml', 'b.yaml'])
})

test('help is found wherever it is asked for', () => {
  expect(helpFor('--help')).toBe('all')
  expect(helpFor('help')).toBe('all')
  expect(helpFor('help apply')).toBe('apply')
  expect(helpFor('help guard test')).toBe('guard test')
  expect(helpFor('apply -h')).toBe('apply')
  expect(helpFor('help guard')).toBe('guard test')
  expect(helpFor('guard --help')).toBe('guard test')
  expect(helpFor('-V')).toBe('version')
  expect(helpFor('--version')).toBe('version')
})

test.each([
  ['', 'say what to do'],
  ['--json', 'say what to do'],
  ['-x', 'there is no option -x; say what to do'],
  ['guard', 'there is no command guard; did you mean guard test?'],
  [
    'adopt ssh -N -L 8080:far:80 middle',
    `adopt has no option -N; the command goes in quotes: ${commands.find(({ name }) => name === 'adopt')?.example}`,
  ],
  ['aply tunnels.yaml', 'there is no command aply; did you mean apply?'],
  [
    'guard test middle',
    'guard test wants a host and a spec file; for example: ssh-tunnels guard test middle tunnels.yaml',
  ],
  ['help destory', 'there is no command destory; did you mean destroy?'],
  ['watch', `there is no command watch; there are ${names.join(', ')}`],
  ['plan t.yaml --detailed-exit-code', 'plan has no option --detailed-exit-code; did you mean --detailed-exitcode?'],
  [
    'apply t.yaml --detailed-exitcode',
    'apply has no option --detailed-exitcode; it knows --json, --dry-run, --only, --host, --help',
  ],
  ['import-blocks t.yaml --json', 'import-blocks has no option --json; it has no options'],
  ['plan t.yaml --only', '--only wants a value; as in --only NAME'],
  ['plan t.yaml --json=yes', '--json takes no value'],
  ['plan', 'plan wants a spec file; for example: ssh-tunnels plan tunnels.yaml --detailed-exitcode'],
  ['apply a.yaml b.yaml', 'apply takes one spec file, not 2; a run for each: a.yaml, b.yaml'],
])('"%s" is answered: %s', (line, message) => {
  expect(mistakeIn(line)).toBe(message)
})

test.each([40, 80, 100])('help fits %d columns, but for what is typed', width => {
  const long = [helpAll(width), ...commands.map(command => helpOne(command, width))]
    .flatMap(text => text.split('\n'))
    .filter(line => line.length > width && line.trim().includes(' '))
  const examples = commands.flatMap(({ example, more }) => [
    example,
    ...more.split('\n').filter(line => /^ {2}/.test(line)),
  ])
  expect(long.filter(line => !examples.some(example => line.trim() === example.trim()))).toEqual([])
})

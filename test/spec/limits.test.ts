// What is too much for a spec, and how much is told of it.
import { formatProblems, parseSpec } from '../../spec'

test.each([
  [
    'ten megabytes',
    `version: 1\n# ${'x'.repeat(10_000_000)}`,
    'the file has 10000013 characters; a spec has at most 1000000',
  ],
  ['no text', '\0\x01\x02'.repeat(1000), 'the file is no text'],
])('a file of %s is refused before it is read as YAML', (_what, text, says) => {
  expect(parseSpec(text, 'a.yaml').problems.map(({ message }) => message)).toEqual([says])
})

test('of hundreds of mistakes the first are told, and how many there are', () => {
  const hosts = Array.from({ length: 300 }, (_, index) => `  h${index}: { adress: 203.0.113.1 }\n`).join('')
  const text = `version: 1\nhosts:\n${hosts}`
  const { problems } = parseSpec(text, 'a.yaml')
  const told = formatProblems(problems, text).split('\n')
  expect(told.filter(line => line.startsWith('a.yaml:'))).toHaveLength(50)
  expect(told.slice(-2)).toEqual([
    `... and ${problems.length - 50} more`,
    `${problems.length} problems in a.yaml; nothing was changed.`,
  ])
})

test('of more than a thousand mistakes of shape no more are looked for, and that is told first', () => {
  const hosts = Array.from({ length: 3000 }, (_, index) => `  h${index}: { adress: 203.0.113.1 }\n`).join('')
  const text = `version: 1\nhosts:\n${hosts}`
  const { spec, problems } = parseSpec(text, 'a.yaml')
  expect(spec).toBeNull()
  expect(problems[0]).toMatchObject({
    line: 1,
    code: 'too-many',
    message: 'more than 1000 mistakes: no more were looked for',
  })
  expect(problems).toHaveLength(1001)
  expect(formatProblems(problems, text)).toMatch(/more than 1000 problems in a.yaml; nothing was changed.$/)
})

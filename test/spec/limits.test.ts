// What is too much for a spec, and how much is told of it.
import { formatProblems, parseSpec } from '../../spec'

const tell = (text: string) => formatProblems(parseSpec(text, 'f').problems, text)

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

test('hundreds of mistakes are all told', () => {
  const hosts = Array.from({ length: 300 }, (_, i) => `  host${i}: { address: 10.0.${i % 200}.1, prt: ${i} }`)
  const tunnels = Array.from(
    { length: 300 },
    (_, i) => `  t${i}: { client: hst${i}, forward: locl, listen: x, far: 1 }`,
  )
  const text = ['version: 1', 'hosts:', ...hosts, 'tunnels:', ...tunnels].join('\n')
  expect(parseSpec(text, 'f').problems).toHaveLength(300 + 4 * 300)
})

test('aliases of aliases that would fill the memory are refused', () => {
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
  expect(tell(['a0: &a0 [x]', ...bomb].join('\n'))).toContain('Excessive alias count')
})

test('a file that is nested without end is refused', () => {
  expect(tell('['.repeat(50_000))).toContain('nested too deeply')
})

// What is too much for a spec, and how much is told of it.
import { formatProblems, parseSpec } from '../../spec'
import { compose } from '../../spec/compose'

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
  const hosts = Array.from({ length: 150 }, (_, i) => `  host${i}: { address: 10.0.${i % 200}.1, prt: ${i} }`)
  const tunnels = Array.from(
    { length: 150 },
    (_, i) => `  t${i}: { client: hst${i}, forward: locl, listen: x, far: 1 }`,
  )
  const text = ['version: 1', 'hosts:', ...hosts, 'tunnels:', ...tunnels].join('\n')
  expect(parseSpec(text, 'f').problems).toHaveLength(150 + 4 * 150)
})

test('aliases of aliases that would fill the memory are refused', () => {
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
  expect(tell(['a0: &a0 [x]', ...bomb].join('\n'))).toContain('Excessive alias count')
})

test.each([
  ['[', '['],
  ['mappings', '{a: '],
  ['? of keys', '? '],
  ['- of lists', '- '],
])('a file that nests %s without end is refused before it is built, and the place is told', (_what, opening) => {
  const text = `version: 1\nhosts:\n  ${opening.repeat(25_000)}`
  expect(parseSpec(text, 'f').problems).toEqual([
    expect.objectContaining({ line: 3, code: 'yaml-too-deep', message: 'this is nested too deeply' }),
  ])
})

test('where it is deep because of mistakes above, those are told', () => {
  const text = `version: 1\nhosts:\n${'  a: b: c: d\n'.repeat(1000)}`
  expect(parseSpec(text, 'f').problems[0]).toMatchObject({ line: 3, message: 'a key cannot start here' })
})

test('a list or a mapping as a key is no spec, however deep', () => {
  const told = tell(`version: 1\nhosts:\n  ${'? '.repeat(50)}a\n`)
  expect(told).toContain('a key must be text')
})

test.each([
  ['escapes', `"${'\\u'.repeat(20_000)}"`, 'Invalid escape sequence'],
  ['anchors', '&a '.repeat(20_000), 'at most one anchor'],
  ['commas', `[${','.repeat(20_000)}]`, 'Unexpected , in flow sequence'],
])('of thousands of wrong %s no more are looked for than of other mistakes', (_what, value, says) => {
  const { problems } = parseSpec(`version: 1\nhosts: ${value}`, 'f')
  expect(problems).toEqual([expect.objectContaining({ line: 2, message: expect.stringContaining(says) })])
  expect(compose(`hosts: ${value}`).errors).toHaveLength(1001)
})

const hostsOf = (count: number, viaOf: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => `  h${at}: { address: 10.0.0.1, via: [${viaOf(at)}] }\n`).join('')

test('a way leads through at most 16 jump hosts, those that bring others along too', () => {
  const chain = (count: number) => `version: 1\nhosts:\n${hostsOf(count, at => (at === 0 ? '' : `h${at - 1}`))}`
  expect(parseSpec(chain(17), 'f').spec?.hosts.h16?.via).toHaveLength(16)
  expect(parseSpec(chain(18), 'f').problems).toEqual([
    expect.objectContaining({
      line: 20,
      code: 'too-many-jumps',
      message: 'the way to h17 leads through more than 16 jump hosts',
    }),
  ])
})

test.each([
  [
    'each through all before it',
    (at: number) => Array.from({ length: Math.min(at, 30) }, (_, i) => `h${at - 1 - i}`).join(),
  ],
  ['one long chain', (at: number) => `h${at + 1}`],
  ['one long circle, again and again', (at: number) => `h${at + 1}, h0`],
])('thousands of jump hosts, %s, are told as any other mistake', (_what, viaOf) => {
  const text = `version: 1\nhosts:\n${hostsOf(10_000, viaOf)
    .slice(0, 990_000)
    .replace(/\n[^\n]*$/, '\n')}`
  const { problems } = parseSpec(text, 'f')
  expect(problems[0]).toMatchObject({ code: 'too-many' })
  expect(problems).toHaveLength(1001)
  expect(Math.max(...problems.map(({ hint = '' }) => hint.length))).toBeLessThan(300)
})

test.each([
  ['tunnels on one listener', (at: number) => `{ client: m, forward: local, listen: "127.0.0.1:80", far: "a:${at}" }`],
  ['names of hosts that are none', () => '{ client: mm, forward: local, listen: "127.0.0.1:80", far: "a:1" }'],
])('of thousands of %s a thousand are told', (_what, tunnelOf) => {
  const tunnels = Array.from({ length: 3000 }, (_, at) => `  t${at}: ${tunnelOf(at)}\n`).join('')
  const { problems } = parseSpec(`version: 1\nhosts:\n  m: { address: 203.0.113.20 }\ntunnels:\n${tunnels}`, 'f')
  expect(problems).toHaveLength(1001)
  expect(problems[0]).toMatchObject({ code: 'too-many' })
})

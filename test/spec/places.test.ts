// What kind of mistake is found, and where exactly: editors and programs go by these.
import { formatProblems, parseSpec } from '../../spec'

const hosts = 'version: 1\nhosts: { middle: { address: 203.0.113.20 } }\n'
const tunnel = 'client: middle, forward: local, listen: "*:8080", far: "far:80"'
const find = (text: string) =>
  parseSpec(text, 'f').problems.map(({ line, column, length, code }) => [line, column, length, code])

test.each<[string, string, [line: number, column: number, length: number, code: string][]]>([
  ['two documents', `${hosts}---\na: 1\n`, [[3, 1, 3, 'yaml-multiple-docs']]],
  ['a key within a value', 'version: 1\nhosts: a: b\n', [[2, 8, 1, 'yaml-block-as-implicit-key']]],
  ['a line without a key', 'version: 1\nhosts\ntunnels: {}\n', [[2, 1, 5, 'yaml-multiline-implicit-key']]],
  ['a tag', 'version: 1\nhosts: !env X\n', [[2, 8, 4, 'yaml-tag-resolve-failed']]],
  ['a value that starts with @', 'version: @a\nhosts: {}\n', [[1, 10, 1, 'yaml-bad-scalar-start']]],
  ['brackets at the start', '[::1]:22\n', [[1, 1, 8, 'yaml-unexpected-token']]],
  ['brackets on a later line', `${hosts}a: [::1]:22 # [::2]:22\n`, [[3, 4, 8, 'yaml-unexpected-token']]],
  ['a loose alias', `${hosts}tunnels: { a: *b }\n`, [[3, 15, 2, 'yaml-alias']]],
  ['a key that is there twice', `${hosts}version: 1\n`, [[3, 1, 7, 'duplicate-key']]],
  ['an empty engine', `${hosts}engine: # later\n`, [[3, 1, 6, 'empty']]],
  ['a tab', 'version: 1\r\nhosts:\r\n  \t\ta: {}\r\n', [[3, 3, 2, 'yaml-tab-as-indent']]],
  ['a tab at the start', '\ta: 1\n', [[1, 1, 1, 'yaml-tab-as-indent']]],
  ['a list that is not closed', 'version: 1\r\nhosts: [a\r\n\r\n', [[2, 10, 1, 'yaml-bad-indent']]],
  ['a converge of another engine', `${hosts}converge: always\n`, [[3, 1, 8, 'other-engine']]],
  [
    'a missing key',
    `${hosts}tunnels:\n  a: { listen: "*:80", far: "far:80", client: middle }\n`,
    [[4, 3, 1, 'missing-key']],
  ],
  [
    'a missing server',
    `${hosts}tunnels: { a: { ${tunnel.replace('local', 'remote')} } }\n`,
    [[3, 12, 1, 'missing-key']],
  ],
  [
    'an unknown host',
    `${hosts}tunnels: { a: { ${tunnel.replace('middle', 'other')} } }\n`,
    [[3, 25, 5, 'unknown-host']],
  ],
  ['a number out of range', 'version: 1\nhosts: { a: { address: b, port: 0 } }\n', [[2, 33, 1, 'out-of-range']]],
  ['a number above the range', 'version: 1\nhosts: { a: { address: b, port: 65536 } }\n', [[2, 33, 5, 'out-of-range']]],
  ['a text of a wrong form', 'version: 1\nhosts: { a: { address: "b c" } }\n', [[2, 24, 5, 'bad-format']]],
  ['an empty text', 'version: 1\nhosts: { a: { address: "" } }\n', [[2, 24, 2, 'empty']]],
  ...['owner: ""', 'hosts: { a: { address: b, user: "" } }', 'hosts: { a: { address: b, hostKey: "" } }'].map(
    (text): [string, string, [number, number, number, string][]] => [
      `${text}, which has a pattern alone`,
      `version: 1\n${text}\n${text.startsWith('owner') ? 'hosts: {}\n' : ''}`,
      [[2, text.indexOf('""') + 1, 2, 'empty']],
    ],
  ),
  [
    'an empty maxStartups',
    'version: 1\nhosts: { a: { address: b, sshd: { maxStartups: "" } } }\n',
    [[2, 48, 2, 'empty']],
  ],
  ['an empty probeStatus', `${hosts}tunnels: { a: { ${tunnel}, probeStatus: [""] } }\n`, [[3, 96, 2, 'empty']]],
  ['a word that is none', 'version: 1\nhosts: { a: { address: b, become: su } }\n', [[2, 35, 2, 'not-one-of']]],
  ['another version', 'version: 3\nhosts: {}\n', [[1, 10, 1, 'not-one-of']]],
  ['a name that is none', `${hosts}tunnels: { A: { ${tunnel} } }\n`, [[3, 12, 1, 'bad-name']]],
  [
    'a local jump',
    'version: 1\nhosts: { a: { local: true }, b: { address: b, via: [a] } }\n',
    [[2, 53, 1, 'local-jump']],
  ],
  ['a circle', 'version: 1\nhosts: { a: { address: b, via: [a] } }\n', [[2, 33, 1, 'circle']]],
  [
    'a host key and settings of one host, once',
    'version: 1\nhosts: { a: { address: b, hostKey: ssh-rsa AAAA, sshd: { gatewayPorts: no } } }\n',
    [[2, 36, 12, 'bad-host-key']],
  ],
  [
    'one listener on a host whose address is wrong',
    `version: 1\nhosts: { middle: { address: "a b" } }\ntunnels:\n  a: { ${tunnel} }\n  b: { ${tunnel} }\n`,
    [
      [2, 29, 5, 'bad-format'],
      [5, 48, 8, 'listener-taken'],
    ],
  ],
  [
    'settings of one machine under two names',
    'version: 1\nhosts:\n  a: { address: b, sshd: { gatewayPorts: no } }\n  c: { address: b, sshd: { gatewayPorts: no } }\n',
    [[4, 3, 1, 'settings-twice']],
  ],
])('%s', (_, text, expected) => {
  expect(find(text)).toEqual(expected)
})

test('a circle is told with the hosts on it, and without the way to it', () => {
  const way = ['a: { address: a, via: [b] }', 'b: { address: b, via: [c] }', 'c: { address: c, via: [b] }']
  const { problems } = parseSpec(`version: 1\nhosts:\n  ${way.join('\n  ')}\n`, 'f')
  expect(problems).toMatchObject([{ line: 5, code: 'circle', hint: 'b via c via b' }])
})

test('the lines of tabs are all told, up to eight', () => {
  const hintOf = (count: number) => parseSpec(`a:\n${'\tb: 1\n'.repeat(count)}`, 'f').problems[0]?.hint
  expect([1, 2, 3].map(hintOf)).toEqual([
    'indent with spaces',
    'indent with spaces, also on line 3',
    'indent with spaces, also on lines 3, 4',
  ])
  expect(hintOf(9)).toMatch(/ 9, 10$/)
  expect(hintOf(10)).toMatch(/ 9, 10, \.\.\.$/)
})

test('tunnels and middles know their lines', () => {
  const text = `\n${hosts}  \n# one\ntunnels:\n  web: { ${tunnel} }\n`.replace(
    '} }',
    ', sshd: { gatewayPorts: no } } }',
  )
  expect([...(parseSpec(text, 'f').spec?.places ?? [])]).toEqual([
    ['tunnel web', 'f:7'],
    ['middle middle', 'f:3'],
  ])
})

test('what a spec says of the engine and of the owner is read, and what it leaves out has its default', () => {
  const read = (head: string) => {
    const { engine, converge, owner } = parseSpec(hosts + head, 'f').spec ?? {}
    return [engine, converge, owner]
  }
  expect(read('')).toEqual(['provider', 'on-change', null])
  expect(read('engine: provider\nowner: me\n')).toEqual(['provider', 'on-change', 'me'])
  expect(read('engine: null\nconverge: always\n')).toEqual(['null', 'always', null])
  expect(read('engine: "null"\nconverge: on-change\n')).toEqual(['null', 'on-change', null])
})

test('a jump that two ways share is there once, before what it leads to', () => {
  const ways = ['a: { address: a, via: [b, c] }', 'b: { address: b, via: [d] }', 'c: { address: c, via: [d] }']
  const { spec } = parseSpec(`version: 1\nhosts:\n  ${ways.join('\n  ')}\n  d: { address: d }\n`, 'f')
  expect(['a', 'b', 'd'].map(name => spec?.hosts[name]?.via?.map(jump => jump.name))).toEqual([
    ['d', 'b', 'c'],
    ['d'],
    undefined,
  ])
})

test.each([109, 110, 111])('a line of %d columns shows its mistake', width => {
  const text = `version: 1\n${'hosts: {}'.padEnd(width - 6)} # end\nx: 1`.replace('{}', '[]')
  const [, line = '', caret = ''] = formatProblems(parseSpec(text, 'f').problems, text).split('\n')
  expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toMatch(/^(\[\]|hosts)$/)
  expect(line.includes('…')).toBe(width > 110)
})

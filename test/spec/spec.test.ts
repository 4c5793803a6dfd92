// What a spec becomes, and the odd files that people write.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblems, parseSpec, readSpec, SpecError } from '../../spec'

const examples = join(__dirname, '../../examples')
const tell = (text: string) => formatProblems(parseSpec(text, 'tunnels.yaml').problems, text)
const resolve = (text: string) => {
  const { spec, problems } = parseSpec(text, 'tunnels.yaml')
  expect(formatProblems(problems, text)).toBe('')
  if (!spec) throw new Error('no spec')
  return spec
}

test.each(readdirSync(examples).filter(file => file.endsWith('.yaml')))('the example %s has no mistakes', file => {
  expect(readSpec(join(examples, file)).tunnels).toHaveLength(1)
})

test.each([
  ['', '127.0.0.1:2222', 'warn'],
  ['permitOpen: ["*:443", "intranet:80"]', 'intranet:80', 'warn'],
  ['permitOpen: ["*:443"]', '127.0.0.1:2222', 'none'],
  ['far: nas:22', 'nas:22', undefined],
  ['probe: none', '127.0.0.1:2222', 'none'],
])(
  'a dynamic forward with %p is proved by what it may reach, which warns where nobody has named it',
  (more, far, probe) => {
    const { tunnels } = resolve(`version: 1
hosts: { near: { address: 198.51.100.10 }, middle: { address: 203.0.113.20, port: 2222 } }
tunnels: { p: { client: near, server: middle, forward: dynamic, listen: "127.0.0.1:1080", ${more} } }
`)
    expect(tunnels[0]?.far).toBe(far)
    expect(tunnels[0]?.probe).toBe(probe)
  },
)

test('a local forward without a server goes through its own client', () => {
  const { owner, tunnels, middles, hosts } = readSpec(join(examples, 'tutorial.yaml'))
  expect(owner).toBeNull()
  expect(middles).toEqual([])
  expect(tunnels).toStrictEqual([
    {
      name: 'server935-ssh',
      forward: 'local',
      listen: '203.0.113.20:110',
      far: 'server935:22',
      allowFrom: ['198.51.100.0/24'],
      client: hosts.middle,
      server: hosts.middle,
    },
  ])
  expect(hosts.middle).toStrictEqual({
    name: 'middle',
    address: '203.0.113.20',
    user: 'root',
    hostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXIIDAaJ3mIH7Y0Wvplpg9Hp4W7TjB0W/rCUR+iMVEt',
    identityFile: '~/.ssh/id_ed25519',
  })
})

test('who makes the firewall, and how long it is waited for a confirmation, goes with the host, and makes no middle by itself', () => {
  const { spec, problems } = parseSpec(
    `version: 1
hosts:
  middle: { address: 203.0.113.20, firewall: { manager: ufw }, guard: { window: 120 } }
  far: { address: 192.0.2.130, firewall: { manager: nftables, openPorts: [{ port: 80 }] } }
tunnels:
  a: { client: middle, forward: local, listen: "203.0.113.20:110", far: "far:22" }
`,
    'x.yaml',
  )
  expect(problems).toEqual([])
  expect(spec?.tunnels[0]?.server).toMatchObject({ name: 'middle', firewallManager: 'ufw', guardWindow: 120 })
  expect(spec?.middles).toMatchObject([
    { name: 'far', host: { firewallManager: 'nftables' }, openPorts: [{ port: 80 }] },
  ])
})

test.each([9, 3601, '"60"', 60.5])('a window of %s is a mistake with its place', window => {
  const text = `version: 1\nhosts:\n  middle: { address: 203.0.113.20, guard: { window: ${window} } }\n`
  expect(parseSpec(text, 'x.yaml').problems).toMatchObject([{ line: 3, message: expect.stringContaining('window') }])
})

test('sshd and firewall of a host become a middle, flat and with the owner', () => {
  const { middles, hosts } = resolve(`
version: 1
owner: alice
hosts:
  near: { local: true }
  middle:
    address: 203.0.113.20
    sshd: { gatewayPorts: no, allowTcpForwarding: yes, maxStartups: 10, clientAliveInterval: 0 }
    firewall: { openPorts: [{ port: 80, from: [198.51.100.0/24] }] }
  other: { address: 203.0.113.21, sshd: { maxStartups: 10:30:60 } }
`)
  expect(middles).toStrictEqual([
    {
      name: 'middle',
      owner: 'alice',
      host: { name: 'middle', address: '203.0.113.20' },
      gatewayPorts: 'no',
      allowTcpForwarding: 'yes',
      clientAliveInterval: 0,
      maxStartups: '10',
      openPorts: [{ port: 80, from: ['198.51.100.0/24'] }],
    },
    { name: 'other', owner: 'alice', host: { name: 'other', address: '203.0.113.21' }, maxStartups: '10:30:60' },
  ])
  expect(hosts.middle).not.toHaveProperty('sshd')
})

test('jumps stand in the order of the way, each after those that lead to it and none twice', () => {
  const { hosts } = resolve(`
version: 1
hosts:
  gate: { address: gate.example.net, user: me, become: sudo }
  inner: { address: 10.0.0.1, port: 2222, via: [gate] }
  middle: { address: 10.0.0.2, via: [gate, inner] }
`)
  expect(hosts.middle?.via).toStrictEqual([
    { name: 'gate', address: 'gate.example.net', user: 'me' },
    { name: 'inner', address: '10.0.0.1', port: 2222 },
  ])
})

test('the old slash form is understood', () => {
  const { tunnels } = resolve(`
version: 1
hosts: { middle: { address: "2001:db8::20" } }
tunnels: { t: { client: middle, forward: local, listen: 2001:db8::20/110, far: server935/22 } }
`)
  expect(tunnels[0]).toMatchObject({ listen: '[2001:db8::20]:110', far: 'server935:22' })
})

test('anchors, aliases and merge keys are read', () => {
  const { tunnels } = resolve(`
version: 1
hosts: { middle: { address: 203.0.113.20 } }
tunnels:
  one: &one { client: middle, forward: local, listen: 203.0.113.20:8080, far: &far server935:22 }
  two: { <<: *one, listen: 203.0.113.20:8081 }
  three: { <<: [*one], listen: 203.0.113.20:8082, far: *far }
`)
  expect(tunnels.map(({ name, listen, far }) => `${name} ${listen} ${far}`)).toEqual([
    'one 203.0.113.20:8080 server935:22',
    'two 203.0.113.20:8081 server935:22',
    'three 203.0.113.20:8082 server935:22',
  ])
})

test('a byte order mark and Windows line ends do not move the caret', () => {
  const text = '\uFEFFversion: 1\r\nhosts:\r\n  middle: { adress: 203.0.113.20, local: true }\r\n'
  expect(tell(text)).toBe(`tunnels.yaml:3:13  unknown key adress in host middle
    3 |   middle: { adress: 203.0.113.20, local: true }
      |             ^^^^^^ did you mean address?
1 problem in tunnels.yaml; nothing was changed.`)
})

test.each(['', '\n\n', '# nothing yet\n', '---\n', 'null\n'])('the empty file %j is said to be empty', text => {
  expect(tell(text)).toMatch(/^tunnels\.yaml:1:\d+ {2}the file is empty\n.*\n.* it starts with version: 1\n1 problem /)
})

test.each(['- version: 1', 'tunnels', '42', '"version: 1"'])('the file %j is no mapping', text => {
  expect(tell(text)).toMatch(/the file must be a mapping \(key: value\)/)
})

test('tabs as indentation are named', () => {
  expect(tell('version: 1\nhosts:\n\tmiddle: {}\n')).toMatch(
    /^tunnels\.yaml:3:1 {2}YAML does not indent with tabs\n {4}3 | {2}middle: {}\n {6}\| \^ indent with spaces\n1 problem/,
  )
})

test.each([
  ['X', 'listen wants ADDRESS:PORT, and X is neither', 'for example 203.0.113.20:8022'],
  ['203.0.113.20', 'listen has no port', 'for example 203.0.113.20:8022'],
  ['8080', 'listen has a port but no host', 'for example 203.0.113.20:8080'],
])('a listen of %s alone is told as what it is', (listen, message, hint) => {
  const text = `version: 1
hosts: { middle: { address: 203.0.113.20 } }
tunnels: { web: { client: middle, forward: local, listen: "${listen}", far: "far:80" } }`
  expect(parseSpec(text, 'tunnels.yaml').problems).toMatchObject([{ message, hint: expect.stringContaining(hint) }])
})

test('a tab inside of a line does not move the caret', () => {
  expect(tell('version:\t2\nhosts: {}')).toContain(
    'tunnels.yaml:1:10  version must be 1\n    1 | version: 2\n      |          ^ ',
  )
})

test.each([
  ['an ideograph beyond the first plane', '𠮷', 2],
  ['an emoji of several', '👨\u200D👩\u200D👧', 2],
  ['a flag', '🇩🇪', 2],
  ['a keycap', '1\uFE0F\u20E3', 2],
  ['a letter as macOS writes it in file names', 'u\u0308', 1],
  ['a syllable as macOS writes it in file names', '\u1112\u1161\u11AB', 2],
  ['a soft hyphen', '\u00AD', 0],
])('%s takes as many columns of the line as on a terminal', (_, text, columns) => {
  const start = 'hosts: { middle: { address: a, knownHosts: "'
  const [, , caret] = tell(`version: 1\n${start}${text}", prot: 22 } }`).split('\n')
  expect(caret).toBe(`      | ${' '.repeat(`${start}", `.length + columns)}^^^^ did you mean port?`)
})

test('control characters of the file do not reach the terminal', () => {
  expect(tell('version: 1\nhosts: {}\n"\\e[31m\\a": "\u001b[2J"\n')).not.toContain('\u001b')
})

test.each([
  ['far', '"x$' + '{y}:80"'],
  ['far', '"far\\nExecStartPre=+touch pwned\\n#$' + '{:80"'],
  ['far', '"any\\nMatch all\\nPermitEmptyPasswords yes\\n#$' + '{:80"'],
  ['far', '"#' + '{unknown}"'],
  ['listen', '"#' + '{unknown}"'],
  ['allowFrom', '["1.1.1.1 accept; flush ruleset; $' + '{"]'],
])('%s: %s is a problem', (key, value) => {
  const tunnel = { client: 'middle', forward: 'local', listen: '203.0.113.20:8080', far: 'far:80', [key]: value }
  const lines = Object.entries(tunnel).map(([name, text]) => `    ${name}: ${text}`)
  const text = ['version: 1', 'hosts: { middle: { address: 203.0.113.20 } }', 'tunnels:', '  t:', ...lines].join('\n')
  const { spec, problems } = parseSpec(text, 'f')
  expect(spec).toBeNull()
  expect(problems).toHaveLength(1)
})

test.each([
  ['middle: { address: 203.0.113.20, identityFile: "a\\nb" }', 'identityFile does not take'],
  ['middle: { address: 203.0.113.20, knownHosts: "a\\0b" }', 'knownHosts does not take'],
  ['middle: { address: "203.0.113.20\\e" }', 'address does not take'],
  ['middle: { address: "fe80::1%2" }', 'a zone is the name of an interface'],
  ['middle: { address: "fe80::1" }', 'fe80::1%eth0'],
  ['middle: { address: 203.0.113.20, sshd: { maxStartups: 10:030:60 } }', 'maxStartups does not take'],
])('the host %s is a problem', (host, said) => {
  expect(tell(`version: 1\nhosts:\n  ${host}\n`)).toContain(said)
})

test('a mistake that the second of two merged maps brings in is told once, where it stands', () => {
  const hosts = ['a: &a { address: 203.0.113.1 }', 'b: &b { address: 203.0.113.2, port: "22" }', 'c: { <<: [*a, *b] }']
  const { problems } = parseSpec(`version: 1\nhosts:\n  ${hosts.join('\n  ')}\ntunnels: {}\n`, 'f')
  expect(problems.map(({ line, code }) => [line, code])).toEqual([[4, 'wrong-type']])
})

test('names of Object.prototype are ordinary names', () => {
  const { hosts } = resolve(
    'version: 1\nhosts: { constructor: { local: true }, toString: { address: a, via: [valueOf] }, valueOf: { address: b } }',
  )
  expect(hosts.toString).toMatchObject({ via: [{ name: 'valueOf', address: 'b' }] })
  expect(tell('version: 1\nhosts: { a: { address: a, via: [constructor, __proto__] } }')).toContain('2 problems')
  expect(tell('version: 1\nhosts: { __proto__: { local: true } }')).toContain('__proto__ cannot be the name of a host')
})

test('readSpec throws every problem, with the text that shows them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spec-'))
  const file = join(folder, 'wrong.yaml')
  try {
    writeFileSync(file, 'version: 1\nhosts: { a: { adress: b } }\n')
    const error = catchSpecError(() => readSpec(file))
    expect(error.problems.map(({ code }) => code)).toEqual(['no-address', 'unknown-key'])
    expect(error.message).toContain(`2 problems in ${file}; nothing was changed.`)
    expect(catchSpecError(() => readSpec(join(folder, 'none.yaml'))).problems[0]?.code).toBe('unreadable')
    expect(catchSpecError(() => readSpec(folder)).message).toContain('it is a folder')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function catchSpecError(run: () => unknown): SpecError {
  try {
    run()
  } catch (error) {
    if (error instanceof SpecError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

// A configuration as Terraform sends it for validation: what is not known yet is not judged, and nothing else passes for it.
import { findMistakes } from '../../provider/mistakes'
import { type Attribute, type Obj, type Type, unknown, type Value } from '../../provider/plugin'
import { middleTerraform, tunnelTerraform } from '../../provider/schema'

const schemas = { tunnel: tunnelTerraform, middle: middleTerraform }
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXIIDAaJ3mIH7Y0Wvplpg9Hp4W7TjB0W/rCUR+iMVEt'
const login = {
  port: 2222,
  user: 'me',
  host_key: hostKey,
  known_hosts: '~/.ssh/known_hosts',
  identity_file: '~/.ssh/id',
}
const jump = { name: 'gate', address: 'gate.example.net', ...login }
const near = { name: 'near', local: true }
const middle = {
  name: 'middle',
  address: '203.0.113.20',
  addresses: ['10.0.0.1'],
  ...login,
  become: 'sudo',
  via: [jump],
}
const alive = { interval: 5, count_max: 2 }
const base = { name: 'web', owner: 'me', allow_from: ['198.51.100.0/24'], probe: 'http', server_alive: alive }
const elsewhere = { name: 'b', address: 'b.lan' }

/** Each is right only because of something that stands in it: unknown, that must not count as missing. */
const configs: readonly ['tunnel' | 'middle', Obj][] = [
  ['tunnel', { ...base, forward: 'remote', listen: '10.0.0.1:2222', far: 'far:80', client: near, server: middle }],
  ['tunnel', { ...base, forward: 'local', listen: '10.0.0.1:22', far: 'far:80', client: middle, server: middle }],
  ['tunnel', { ...base, forward: 'local', listen: '*:22', far: 'localhost:80', client: middle, server: middle }],
  ['tunnel', { ...base, forward: 'remote', listen: '*:8022', far: 'localhost:8022', client: near, server: middle }],
  ['tunnel', { ...base, forward: 'local', listen: '*:8022', far: '203.0.113.20:8022', client: near, server: middle }],
  ['tunnel', { ...base, forward: 'remote', listen: '*:8022', far: '10.9.9.9:8022', client: middle, server: elsewhere }],
  ['tunnel', { ...base, forward: 'local', listen: '*:80', far: 'far:80', client: near, server: near }],
  [
    'middle',
    {
      name: 'middle',
      owner: 'me',
      host: middle,
      gateway_ports: 'no',
      allow_tcp_forwarding: 'yes',
      client_alive_interval: 30,
      client_alive_count_max: 3,
      max_startups: '10:30:60',
      open_ports: [{ port: 80 }, { port: 443, address: '10.0.0.1', from: ['198.51.100.0/24'] }],
    },
  ],
]

const isInput = ({ required, optional }: Attribute) => Boolean(required || optional)

/** The configuration with something unknown at each place of its schema in turn, also where it says nothing. */
function unknowns(attributes: readonly Attribute[], object: Obj, at: string): [string, Obj][] {
  return attributes.filter(isInput).flatMap(({ name, type }) => {
    const inner = inside(type, object[name] ?? null, `${at}${name}`)
    return [[`${at}${name}`, unknown] as [string, Value], ...inner].map(
      ([place, value]) => [place, { ...object, [name]: value }] as [string, Obj],
    )
  })
}

function inside(type: Type, value: Value, at: string): [string, Value][] {
  if (typeof type !== 'object' || value === null || value === unknown) return []
  if (Array.isArray(value)) {
    const item: Type | null = 'list' in type ? type.list : 'object' in type ? { ...type, nesting: 'single' } : null
    return value.flatMap((one, index) =>
      [[`${at}[${index}]`, unknown] as [string, Value], ...(item ? inside(item, one, `${at}[${index}]`) : [])].map(
        ([place, changed]) => [place, value.map((other, i) => (i === index ? changed : other))] as [string, Value],
      ),
    )
  }
  return 'object' in type ? unknowns(type.object, value as Obj, `${at}.`) : []
}

const namesOf = (type: 'tunnel' | 'middle') => schemas[type].attributes.filter(isInput).map(({ name }) => name)
const find = (type: 'tunnel' | 'middle', config: Obj) => findMistakes(type, config, namesOf(type))

test.each(configs)('in a right %s, whatever is unknown is not judged (%#)', (type, config) => {
  expect(find(type, config)).toEqual([])
  const all = unknowns(schemas[type].attributes, config, '')
  expect(all.length).toBeGreaterThan(15)
  const found = all.map(([place, changed]) => [place, find(type, changed)] as const)
  expect(found.filter(([, mistakes]) => mistakes.length > 0)).toEqual([])
  // Two at a time, because a check often reads two values.
  const pairs = all.flatMap(([place, changed]) =>
    unknowns(schemas[type].attributes, changed, '').map(
      ([other, twice]) => [`${place} and ${other}`, find(type, twice)] as const,
    ),
  )
  expect(pairs.filter(([, mistakes]) => mistakes.length > 0)).toEqual([])
})

const good = configs[1]?.[1] ?? {}
const tell = (change: Obj) =>
  find('tunnel', { ...good, ...change }).map(({ path, summary }) => [path?.join('.'), summary])

test('beside what is unknown, mistakes are found, and the stand-in is never shown', () => {
  expect(tell({ far: '0.0.0.0:80', client: unknown, server: unknown })).toEqual([
    ['far', expect.stringContaining('any')],
  ])
  expect(tell({ listen: '192.0.2.1:22', client: { ...middle, name: unknown } })).toEqual([
    ['listen', '192.0.2.1 is not an address of (known after apply) (203.0.113.20, 10.0.0.1)'],
  ])
  expect(tell({ allow_from: ['home', unknown] })).toEqual([['allow_from.0', 'home is not an IP address or network']])
  expect(tell({ labels: { costCentre: 'a\nb' } })).toEqual([
    ['labels.costCentre', expect.stringMatching(/^labels.costCentre /)],
  ])
  expect(tell({ allow_from: [] })).toEqual([['allow_from', 'allow_from must not be empty']])
  expect(tell({ forward: 'sideways' })).toEqual([['forward', expect.stringContaining('values: local, remote')]])
})

test.each<[string, string, Value]>([
  ['a line of the unit', 'far', 'far\nExecStartPre=+touch pwned\n#$' + '{:80'],
  ['lines of sshd_config', 'far', 'any\nMatch all\nPermitEmptyPasswords yes\n#$' + '{:80'],
  ['the mark of an unknown text', 'far', '$' + '{unknown}'],
  ['a statement of nft', 'allow_from', ['1.1.1.1 accept; flush ruleset; $' + '{']],
  ['a line', 'owner', 'me\nExecStartPre=+id\n$' + '{'],
])('%s in %s is refused', (_, name, value) => {
  expect(tell({ [name]: value })).toHaveLength(1)
})

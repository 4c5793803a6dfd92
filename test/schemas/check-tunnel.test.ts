// What is wrong with one tunnel, middle or host, as the constructs and the provider hear it.
import { checkHost, checkMiddle, checkTunnel, type Finding } from '../../schemas/check-tunnel'
import type { Host, Middle, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', local: true }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const local: Tunnel = {
  name: 't',
  forward: 'local',
  listen: '203.0.113.20:110',
  far: 'server935:22',
  client: middle,
  server: middle,
}
const remote: Tunnel = { ...local, forward: 'remote', listen: '203.0.113.20:2110', client: near }
const tell = (findings: Finding[]) => findings.map(({ path, code }) => `${path.join('.')} ${code}`)

test('the tunnels of the tutorial are right', () => {
  expect(checkTunnel(local)).toEqual([])
  expect(checkTunnel(remote)).toEqual([])
  expect(checkTunnel({ ...local, server: { ...middle, address: '127.0.0.1' } })).toEqual([])
})

const proxy: Tunnel = { ...local, forward: 'dynamic', client: near, listen: '127.0.0.1:1080', far: '127.0.0.1:22' }

test.each<[string, Partial<Tunnel>, string[]]>([
  ['as it is', {}, []],
  ['what anybody may do, for those who are named', { listen: '*:1080', allowFrom: ['192.0.2.0/24'] }, []],
  ['everybody as its visitors', { listen: '*:1080' }, ['listen open-proxy']],
  ['every kind of permit', { permitOpen: ['a:1', '*:22', 'b:*', '[2001:db8::1]:5', '*:*'] }, []],
  [
    'permits that sshd does not take',
    { permitOpen: ['a', 'a:0', 'a/1', '0.0.0.0:1', 'a:1 b:2', '*:22', 'A.b:1', '[2001:db8::01]:1'] },
    [0, 1, 2, 3, 4, 6, 7].map(at => `permitOpen.${at} bad-permit`),
  ],
  ['a far that is not permitted', { permitOpen: ['a:1'] }, ['permitOpen far-not-permitted']],
  ['one that nobody asks', { permitOpen: ['a:1'], probe: 'none' }, []],
  ['a resident proof', { watch: {} }, ['watch no-watch']],
  ['permits of a forward that has a far', { ...local, permitOpen: ['a:1'] }, ['permitOpen no-permit']],
])('a dynamic forward: %s', (_what, change, findings) => {
  expect(tell(checkTunnel({ ...proxy, ...change }))).toEqual(findings)
})

test.each<[string, Partial<Tunnel>, string[]]>([
  ['a listener without a port', { listen: '203.0.113.20' }, ['listen bad-endpoint']],
  ['a host name to listen on', { listen: 'middle:110' }, ['listen listen-name']],
  ['an address of another host', { listen: '203.0.113.21:110' }, ['listen foreign-address']],
  ['the port of sshd', { listen: '*:22' }, ['listen sshd-port']],
  ['a far that is a wildcard', { far: '0.0.0.0:22' }, ['far far-wildcard']],
  ['a far with a command in it', { far: '`id`:22' }, ['far far-name']],
  ['a far with a zone that is no interface', { far: '[fe80::1%$(id)]:22' }, ['far bad-endpoint']],
  ['a link-local far without a zone', { far: '[fe80::1]:22' }, ['far no-zone']],
  ['a link-local listener without a zone', { listen: '[fe80::1]:110' }, ['listen no-zone']],
  ['a zone that another boot numbers otherwise', { listen: '[fe80::1%2]:110' }, ['listen listen-name']],
  ['a zone of an address that has none', { listen: '[2001:db8::20%eth0]:110' }, ['listen listen-name']],
  ['a redirect to a zone', { ...remote, listen: '[fe80::1%eth0]:110' }, ['listen zone-redirect']],
  ['IPv4 behind :: alone', { far: '[::192.0.2.1]:22' }, ['far far-name']],
  ['no source at all', { allowFrom: [] }, ['allowFrom empty']],
  [
    'a link-local client without a zone',
    { ...remote, client: { name: 'a', address: 'fe80::1' } },
    ['client.address no-zone'],
  ],
  ['a far that is its own listener', { far: '203.0.113.20:110' }, ['far loop']],
  ['a far that a wildcard listens on', { listen: '*:110', far: 'localhost:110' }, ['far loop']],
  ['a source that is a name', { allowFrom: ['203.0.113.1', 'home'] }, ['allowFrom.1 bad-network']],
  ['a source of the other family', { allowFrom: ['::/0'] }, ['allowFrom.0 other-family']],
  ['sources of a loopback listener', { listen: 'localhost:110', allowFrom: ['::/0'] }, ['allowFrom nothing-to-open']],
  ['a remote forward to itself', { forward: 'remote', listen: '*:2110' }, ['server same-host']],
  [
    'a remote forward to itself under another name',
    { forward: 'remote', listen: '*:2110', server: { name: 'relay', address: '203.0.113.20', user: 'admin' } },
    ['server same-host'],
  ],
  ['one machine with two logins', { server: { ...middle, name: 'relay', user: 'admin' } }, ['server one-machine']],
  ['a bandwidth on which nothing lives', { limits: { bandwidth: '63kbit' } }, ['limits.bandwidth limit-too-low']],
  ['a server that nobody can reach', { server: near }, ['server no-address']],
  ['a client without an address', { client: { name: 'a' } }, ['client.address no-address']],
])('%s is found', (_, change, expected) => {
  expect(tell(checkTunnel({ ...local, ...change }))).toEqual(expected)
})

test.each<[string, Partial<Tunnel>]>([
  ['loopback and wildcards', { listen: '[::1]:110' }],
  ['both loopback addresses', { listen: 'localhost:110' }],
  [
    'a link-local address',
    {
      listen: '[fe80::1%eth0]:110',
      far: '[fe80::2%wg-0.1]:22',
      client: { ...middle, address: 'fe80::3%eth0' },
      server: { ...middle, address: 'fe80::3%eth0' },
    },
  ],
  ['a further address of the host', { listen: '10.0.0.1:110', client: { ...middle, addresses: ['10.0.0.1'] } }],
  [
    'any address of a host that is known by name',
    { listen: '10.0.0.1:110', client: { ...middle, address: 'middle.lan' } },
  ],
  [
    'one private address behind two jump hosts',
    {
      client: { name: 'a', address: '10.0.0.5', via: [{ name: 'j', address: '203.0.113.1' }] },
      server: { name: 'b', address: '10.0.0.5', via: [{ name: 'k', address: '203.0.113.2' }] },
      listen: '10.0.0.5:110',
    },
  ],
  [
    'a remote forward between two hosts that are called alike',
    { ...remote, client: { name: 'middle', address: '198.51.100.10' } },
  ],
  ['any address of this machine', { ...remote, forward: 'local', listen: '10.0.0.1:110' }],
  [
    'any address of a host behind a port forward',
    { listen: '10.0.0.1:110', client: { ...middle, address: '127.0.0.1' } },
  ],
  [
    'port 22 of an address that sshd may not have',
    { listen: '10.0.0.1:22', client: { ...middle, addresses: ['10.0.0.1'] } },
  ],
  ['both families on *', { listen: '*:110', allowFrom: ['::/0', '0.0.0.0/0'] }],
  ["the server's own port of the same number", { ...remote, far: 'localhost:2110' }],
])('listening on %s is fine', (_, change) => {
  expect(checkTunnel({ ...local, ...change })).toEqual([])
})

// Marks of tokens in them: they must not pass as something that is not known yet.
test.each<[string, Partial<Tunnel>, string[]]>([
  ['a line of the unit in far', { far: 'far\nExecStartPre=+touch pwned\n#$' + '{:80' }, ['far far-name']],
  ['lines of sshd_config in far', { far: 'any\nMatch all\nPermitEmptyPasswords yes\n#$' + '{:80' }, ['far far-name']],
  ['lines in listen', { listen: '203.0.113.20\nMatch all\n#' + '{:110' }, ['listen listen-name']],
  [
    'a statement of nft in a source',
    { allowFrom: ['1.1.1.1 accept; flush ruleset; $' + '{'] },
    ['allowFrom.0 bad-network'],
  ],
  [
    'an option in an address',
    { ...remote, server: { ...middle, address: '-oProxyCommand=$' + '{' } },
    ['server.address bad-address'],
  ],
])('%s is found', (_, change, expected) => {
  const findings = checkTunnel({ ...local, ...change })
  expect(tell(findings).filter(told => !told.includes('foreign'))).toEqual(expected)
})

test('what is known only after another resource is made is not judged', () => {
  // As CDKTF writes tokens: strings ${TfToken[...]}, elements of a list #{TfToken[...]}.
  const isUnknown = (given: string) => given.includes('{TfToken[')
  const [text, element] = ['$' + '{TfToken[TOKEN.1]}', '#' + '{TfToken[TOKEN.2]}']
  const vm: Host = {
    name: 'vm',
    address: text,
    addresses: [element],
    hostKey: text,
    user: text,
    via: [{ name: 'j', address: text, hostKey: text }],
  }
  expect(
    checkTunnel({ ...remote, listen: `${text}:110`, far: text, allowFrom: [element], server: vm }, isUnknown),
  ).toEqual([])
  expect(checkTunnel({ ...remote, listen: '203.0.113.99:2110', server: vm }, isUnknown)).toEqual([])
  expect(
    checkTunnel({ ...remote, listen: '203.0.113.99:2110', server: { ...middle, addresses: [element] } }, isUnknown),
  ).toEqual([])
  expect(
    checkMiddle({ name: 'vm', host: vm, openPorts: [{ port: 1, address: text, from: [element] }] }, isUnknown),
  ).toEqual([])
})

test('the hint of a foreign address says who listens', () => {
  const [finding] = checkTunnel({
    ...remote,
    forward: 'local',
    listen: '203.0.113.20:110',
    client: { ...near, addresses: ['10.0.0.1'] },
  })
  expect(finding).toEqual({
    path: ['listen'],
    code: 'foreign-address',
    message: '203.0.113.20 is not an address of near (10.0.0.1)',
    hint: 'a local forward listens on its client: write client: middle, or forward: remote',
    text: '203.0.113.20',
  })
})

test('a host is this machine or has an address, and its key is whole', () => {
  const key = 'AAAAC3NzaC1lZDI1NTE5AAAAINXIIDAaJ3mIH7Y0Wvplpg9Hp4W7TjB0W/rCUR+iMVEt'
  expect(checkHost({ ...middle, hostKey: `ssh-ed25519 ${key} root@middle` })).toEqual([])
  expect(checkHost({ ...near, address: '10.0.0.1', addresses: ['10.0.0.2'], become: 'sudo', port: 2222 })).toEqual([])
  expect(tell(checkHost({ ...middle, hostKey: `ssh-rsa ${key}` }))).toEqual(['hostKey bad-host-key'])
  expect(tell(checkHost({ ...middle, hostKey: `ssh-ed25519 ${key.slice(0, -4)}` }))).toEqual(['hostKey bad-host-key'])
  expect(tell(checkHost({ name: 'a' }))).toEqual(['address no-address'])
  expect(tell(checkHost({ ...near, user: 'me', via: [{ name: 'j', address: 'a b' }] }))).toEqual([
    'user local-login',
    'via local-login',
    'via.0.address bad-address',
  ])
})

test.each<[string, Partial<Middle>, string[]]>([
  ['10:30:60', { maxStartups: '10:30:60' }, []],
  ['10', { maxStartups: '10' }, []],
  ['a start above full', { maxStartups: '100:30:60' }, ['maxStartups bad-max-startups']],
  ['a rate of 0', { maxStartups: '10:0:60' }, ['maxStartups bad-max-startups']],
  ['an opening on a wildcard', { openPorts: [{ port: 80, address: '0.0.0.0' }] }, ['openPorts.0.address bad-address']],
  ['an opening elsewhere', { openPorts: [{ port: 80, address: '10.0.0.1' }] }, ['openPorts.0.address foreign-address']],
  ['a source of no network', { openPorts: [{ port: 80, from: ['::/0', 'x'] }] }, ['openPorts.0.from.1 bad-network']],
])('a middle with %s', (_, change, expected) => {
  expect(tell(checkMiddle({ name: 'middle', host: middle, ...change }))).toEqual(expected)
})

// What stands on machines that the spec does not name, as text and as JSON; and logins on the command line.
import { likeOthers, readLogin } from '../../cli/read-login'
import { renderOutOfReach, tellOutOfReach } from '../../cli/render-out-of-reach'

const one = { name: 'web', owner: 'shop', end: 'client', address: '198.51.100.10', port: 22, seenOn: 'middle' } as const
const asked = { command: 'plan', spec: 't.yaml', estate: { ownsAll: true, declared: [] } }
const textOf = (...[all, how]: Parameters<typeof tellOutOfReach>) => renderOutOfReach(tellOutOfReach(all, how))

test('a line says which end, where, what tells it, and the command that removes it', () => {
  expect(textOf([one], asked)).toBe(
    'out of reach: tunnel web, its client on 198.51.100.10 (as middle tells), which is not in this spec; its account, key and service stay there; to have them removed: ssh-tunnels apply t.yaml --host 198.51.100.10\n',
  )
  const server = { ...one, end: 'server', address: '2001:db8::1', port: 2202 } as const
  expect(textOf([server], { ...asked, command: 'destroy', spec: 'my t.yaml' })).toMatch(
    /sshd's and the firewall's settings stay there; .*: ssh-tunnels destroy 'my t\.yaml' --host \[2001:db8::1\]:2202\n$/,
  )
})

test('where the command would leave it alone the owner has to be said first; where nothing names the machine there is no command', () => {
  const estate = { ownsAll: false, declared: [] }
  expect(textOf([one], { ...asked, estate })).toContain('say owner: shop in the spec, then ssh-tunnels apply')
  expect(tellOutOfReach([{ ...one, address: null }], asked)).toMatchObject([{ remove: null }])
  expect(textOf([{ ...one, address: null }], asked)).toContain('name it among the hosts of the spec')
})

test.each([
  ['203.0.113.20', { address: '203.0.113.20' }],
  ['admin@host.example.com:2202', { address: 'host.example.com', user: 'admin', port: 2202 }],
  ['root@[2001:db8::1]:22', { address: '2001:db8::1', user: 'root', port: 22 }],
  ['[2001:db8::1]', { address: '2001:db8::1' }],
])('%s is a login', (text, host) => {
  expect(readLogin(text)).toEqual({ name: host.address, ...host })
})

test('a login is reached as all others are, where they agree', () => {
  const login = { name: 'h', address: 'h' }
  const host = { name: 'a', address: 'a', user: 'admin', become: 'sudo', identityFile: 'key' } as const
  const local = { name: 'here', local: true }
  expect(likeOthers(login, [host, local])).toEqual({ ...host, ...login })
  expect(likeOthers(login, [host, { ...host, user: 'root' }])).toEqual({ ...host, user: undefined, ...login })
  expect(likeOthers({ ...login, user: 'me' }, [host])).toMatchObject({ user: 'me', become: 'sudo' })
  expect(likeOthers(login, [local])).toEqual(login)
})

test.each(['', '@host', 'a b', 'host:', 'host:99999', '[nonsense]:22', '2001:db8::1', '-oProxyCommand=x@'])(
  '%j is none',
  text => {
    expect(readLogin(text)).toBeNull()
  },
)

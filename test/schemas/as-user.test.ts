// As whom a client runs its part of a tunnel: by what is declared of its login, and by who runs this program.
import { runsAsUser, withLogins } from '../../schemas/as-user'
import { loginId } from '../../schemas/machine'
import type { Host, Tunnel } from '../../schemas/types'

const near: Host = { name: 'near', address: '198.51.100.10' }
const middle: Host = { name: 'middle', address: '203.0.113.20' }
const tunnel = (client: Host, server = middle): Tunnel => ({
  name: 'web',
  forward: 'local',
  listen: '127.0.0.1:5432',
  far: 'db:5432',
  client,
  server,
})

test.each([
  [{}, false],
  [{ user: 'root' }, false],
  [{ user: 'ops' }, true],
  [{ user: 'ops', become: 'sudo' }, false],
  [{ user: 'ops', supervisor: 'systemd' }, false],
  [{ user: 'ops', become: 'sudo', supervisor: 'systemd-user' }, true],
  [{ user: 'ops', managed: false }, false],
  [{ sshConfig: true }, false],
  [{ sshConfig: true, user: 'ops' }, true],
] as readonly (readonly [Partial<Host>, boolean])[])('a login that is %j needs no root: %j', (further, isUsers) => {
  expect(runsAsUser({ ...near, ...further })).toBe(isUsers)
})

test('of this machine it says who runs this program', () => {
  const { getuid } = process
  try {
    process.getuid = () => 1000
    expect(runsAsUser({ name: 'near', local: true })).toBe(true)
    expect(runsAsUser({ name: 'near', local: true, become: 'sudo' })).toBe(false)
    process.getuid = () => 0
    expect(runsAsUser({ name: 'near', local: true })).toBe(false)
  } finally {
    process.getuid = getuid
  }
})

test('each host is reached as whom it is changed there: a server as root, also by the same login', () => {
  const named: Host = { ...middle, user: 'ops', become: 'sudo', supervisor: 'systemd-user' }
  const { client, server } = withLogins(tunnel({ ...near, user: 'ops' }, named))
  expect(client.supervisor).toBe('systemd-user')
  expect(server.supervisor).toBeUndefined()
  expect(loginId(named)).not.toBe(loginId(server))
  expect(withLogins({ ...tunnel(near), jumps: [named] }).jumps?.[0]?.supervisor).toBeUndefined()
})

test('a host to itself takes root', () => {
  const itself: Host = { ...near, user: 'ops' }
  expect(withLogins(tunnel(itself, itself)).client.supervisor).toBeUndefined()
})

test('what comes out goes in again', () => {
  const once = withLogins(tunnel({ ...near, user: 'ops' }))
  expect(withLogins(once)).toBe(once)
  const root = tunnel(near)
  expect(withLogins(root)).toBe(root)
})

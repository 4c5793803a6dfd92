// A login that was changed after the state was written: the admin's key, the host's own key, its sshd's port.
import { type Lab, startLab } from '../../lab'
import { fingerprints, hostsOf, makeStack, type Stack, untilPage } from './stack'

let lab: Lab
let stack: Stack
let atFirst: string
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  atFirst = `${await lab.hosts.middle.sh('cat /root/.ssh/authorized_keys')}\n`
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

const web = (server: object) => ({
  web: { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: hostsOf(lab)('near'), server },
})

/** From now on root of middle is let in with another key alone. Returns how it is reached. */
async function rotateKey(name: string): Promise<Record<string, unknown>> {
  const file = `${stack.folder}/${name}`
  await lab.run('controller', ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file])
  const { stdout } = await lab.run('controller', ['cat', `${file}.pub`])
  await lab.hosts.middle.writeFile('/root/.ssh/authorized_keys', stdout)
  return hostsOf(lab)('middle', { identity_file: file })
}

test("the provider block's login reads, and nothing is to be done; without one the plan says that it could not look", async () => {
  stack.declare(web(hostsOf(lab)('middle')))
  await stack.mustApply()
  const middle = await rotateKey('second')

  stack.declare(web(middle))
  const blind = await stack.plan()
  expect(blind.code).toBe(2)
  expect(blind.text).toContain('Warning: web could not be read: middle refused the login as root@203.0.113.20:22')
  expect(blind.text).toContain('(known after apply)')

  stack.declare(web(middle), {}, {}, [middle])
  const seen = await stack.plan()
  expect({ code: seen.code, text: seen.text }).toMatchObject({ code: 0, text: expect.stringContaining('No changes.') })
  await stack.mustApply('-refresh-only')
  expect(stack.attributes('web').server.identity_file).toBe(middle.identity_file)
})

test('what has left the configuration is removed with the login of today', async () => {
  const middle = await rotateKey('third')
  stack.declare({}, {}, {}, [hostsOf(lab)('near'), middle])
  expect(await stack.mustApply()).toContain('1 destroyed')
  await lab.hosts.middle.writeFile('/root/.ssh/authorized_keys', atFirst)
  const after = await fingerprints(lab)
  expect({ near: after.near, middle: after.middle }).toEqual({ near: before.near, middle: before.middle })
})

describe('how a host is reached', () => {
  const at = (near: object, middle: object) => ({
    web: { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: near, server: middle },
  })
  let near: Record<string, unknown>
  let middle: Record<string, unknown>

  beforeAll(async () => {
    near = hostsOf(lab)('near', { host_key: lab.hosts.near.hostKey })
    middle = hostsOf(lab)('middle')
    await lab.hosts.near.sh(
      "printf 'Port 22\\nPort 2222\\n' >/etc/ssh/sshd_config.d/20-port.conf; systemctl reload ssh",
    )
    stack.declare(at(near, middle))
    await stack.mustApply()
  })

  test.each<[string, () => [object, object]]>([
    [
      'another port of the client, and a pinned host key,',
      () => [
        { ...near, port: 2222 },
        { ...middle, known_hosts: null, host_key: lab.hosts.middle.hostKey },
      ],
    ],
    [
      'a jump host, and another user with sudo,',
      () => [near, { ...middle, user: 'admin', become: 'sudo', via: [hostsOf(lab)('near')] }],
    ],
  ])('%s is no change of the tunnel', async (_, change) => {
    const [client, server] = change()
    stack.declare(at(client, server), {}, {}, [client, server])
    expect(await stack.plan()).toMatchObject({ code: 0, text: expect.stringContaining('No changes.') })
    // Where the provider block says nothing, only the login changes.
    stack.declare(at(client, server))
    const { text } = await stack.plan()
    expect(text).not.toContain('(known after apply)')
    expect(text).toContain('0 to add, 1 to change, 0 to destroy')
  })

  test('where only that is to change, an apply changes only that', async () => {
    const proof = stack.attributes('web').proof
    await stack.mustApply()
    expect(stack.attributes('web')).toMatchObject({ proof, server: { user: 'admin' } })
    expect((await stack.plan()).code).toBe(0)
  })
})

test('an apply goes on by the new login where the plan could not look', async () => {
  const old = await rotateKey('fourth')
  stack.declare(web(old))
  await stack.mustApply()
  stack.declare(web(await rotateKey('fifth')))
  await stack.mustApply()
  await untilPage(lab, 8080)
  expect((await stack.plan()).code).toBe(0)
  await stack.destroy()
})

// A login that was changed after the state was written: the admin's key, the host's own key, its sshd's port.
import { type Lab, startLab } from '../../lab'
import { makeCommandLine } from './command-line'
import { fingerprints, hostsOf, makeStack, type Stack, untilPage } from './stack'
import { makeTerminal } from './terminal'

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

  describe('through a program of ours, as an administrator whose sudo wants a password', () => {
    const password = 'correct horse battery staple'
    const env = { SUDO_PASSWORD: password }
    let gate: Record<string, unknown>

    beforeAll(async () => {
      await lab.hosts.middle.sh(
        `echo 'admin:${password}' | chpasswd; echo 'admin ALL=(ALL) PASSWD: ALL' >/etc/sudoers.d/admin`,
      )
      const options = `-i ${lab.keyFile} -o BatchMode=yes -o UserKnownHostsFile=${lab.knownHosts}`
      gate = {
        ...middle,
        user: 'admin',
        become: 'sudo',
        become_password_env: 'SUDO_PASSWORD',
        known_hosts: null,
        host_key: lab.hosts.middle.hostKey,
        proxy_command: `ssh ${options} -W %h:%p root@${lab.hosts.near.address}`,
      }
    })
    afterAll(async () => {
      await lab.hosts.middle.sh(
        "passwd -d admin; passwd -l admin; echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin",
      )
      stack.declare(at(near, middle), {}, {}, [near, middle])
      await stack.mustApply()
    })

    test('it is no change of the tunnel, and the password is in no plan and no state', async () => {
      stack.declare(at(near, gate), {}, {}, [near, gate])
      const seen = await stack.run(['plan', '-detailed-exitcode', '-out', 'plan'], { ...env, TF_LOG: 'trace' })
      expect({ code: seen.code, text: seen.text }).toMatchObject({
        code: 0,
        text: expect.stringContaining('No changes.'),
      })
      const applied = await stack.run(['apply', '-auto-approve', '-refresh-only'], env)
      expect(applied.code).toBe(0)
      expect(stack.attributes('web').server).toMatchObject({ become_password_env: 'SUDO_PASSWORD' })
      const shown = await stack.run(['show', '-json', 'plan'])
      for (const text of [seen.text, applied.text, shown.text, JSON.stringify(stack.state())])
        expect(text).not.toContain('battery')
    })

    test('without the variable it is told, and the command asks at its terminal and shows nothing of it', async () => {
      const blind = await stack.plan()
      expect(blind.text.replace(/\s+/g, ' ')).toContain("nothing tells sudo's password of admin")
      const { host_key: hostKey, proxy_command: proxyCommand } = gate
      const command = makeCommandLine(lab)
      command.write('tunnels.yaml', {
        owner: 'terraform',
        hosts: {
          near: command.hostOf('near'),
          middle: {
            ...command.hostOf('middle'),
            hostKey,
            proxyCommand,
            user: 'admin',
            become: 'sudo',
            becomePasswordEnv: 'SUDO_PASSWORD',
          },
        },
        tunnels: {
          web: { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: 'near', server: 'middle' },
        },
      })
      const terminal = await makeTerminal(lab, command, { columns: 100, rows: 24 })
      try {
        await terminal.type('status tunnels.yaml\n')
        await terminal.see(/sudo's password of admin on middle:$/m)
        await terminal.type(`${password}\n`)
        const screen = await terminal.see(/^exit \d+$/m)
        expect(screen).toContain('exit 0')
        expect(screen).not.toContain('battery')
      } finally {
        await terminal.end()
        command.remove()
      }
    })
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

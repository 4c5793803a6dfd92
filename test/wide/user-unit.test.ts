// Clients without root beyond what test/lab tries: by Terraform, over a jump host, on a port that the host chooses, with a shared connection, on Debian 13,
// on a host without systemd, and where the client is the very machine that the tool runs on.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { hostsOf, makeStack, readBanner, type Stack } from '../lab/stack'

jest.setTimeout(600_000)

const middle = '203.0.113.20'
let lab: Lab
let line: CommandLine
let stack: Stack
const prints = () => Promise.all([lab.hosts.near, lab.hosts.middle, lab.gate].map(host => fingerprint(host)))
/** As loginctl does, which this container's logind (257) lets nobody: it finds no control group of who asks. */
const linger = () => lab.hosts.near.sh('touch /var/lib/systemd/linger/admin && systemctl start user@1000')

beforeAll(async () => {
  lab = await startLab({ gate: true, images: { near: 'trixie', far: 'sysvinit' } })
  line = makeCommandLine(lab)
  stack = await makeStack(lab)
  await linger()
  // Its first use leaves a file in the home.
  await lab.hosts.near.sh("su admin -c 'sudo -n true'")
})
afterAll(async () => {
  stack?.remove()
  line?.remove()
  await lab?.stop()
})

describe('by Terraform', () => {
  const tunnel = (client: object, further: object = {}) => ({
    forward: 'remote',
    listen: `${middle}:8081`,
    far: 'localhost:22',
    client: { ...hostsOf(lab)('near'), ...client },
    server: hostsOf(lab)('middle'),
    ...further,
  })
  const serviceOf = () =>
    (stack.attributes('out') as { service: { supervisor: string }; client_account: unknown }) ?? {}
  let before: string[]

  test('a plan says beforehand what an apply makes, and the next has nothing to do', async () => {
    before = await prints()
    stack.declare({ out: tunnel({ user: 'admin' }) })
    const { text } = await stack.run(['plan'])
    expect(text).toContain('supervisor  = "systemd-user"')
    expect(text).toContain('"~/.ssh-tunnels/out/key"')
    await stack.mustApply()
    expect(await stack.plan()).toMatchObject({ code: 0 })
    expect(serviceOf()).toMatchObject({ client_account: null, service: { supervisor: 'systemd-user', enabled: true } })
    await lab.hosts.near.sh('rm /home/admin/.config/systemd/user/tunnel-out.service')
    expect(await stack.plan()).toMatchObject({ code: 2 })
    await stack.mustApply()
    expect(await stack.plan()).toMatchObject({ code: 0 })
  })

  test('keepalives and enabled change in place', async () => {
    stack.declare({ out: tunnel({ user: 'admin' }, { server_alive: { interval: 7 }, enabled: false }) })
    expect(await stack.mustApply()).toContain('1 changed')
    expect(await stack.plan()).toMatchObject({ code: 0 })
  })

  test('where the login becomes root it is another tunnel, and nothing stays in the home', async () => {
    stack.declare({ out: tunnel({ user: 'admin', become: 'sudo' }) })
    const { code, text } = await stack.plan()
    expect({ code, text }).toEqual({ code: 2, text: expect.stringContaining('must be replaced') })
    await stack.mustApply()
    expect(serviceOf()).toMatchObject({ service: { supervisor: 'systemd' } })
    expect(await lab.hosts.near.sh('ls -d /home/admin/.ssh-tunnels /home/admin/.config 2>/dev/null || true')).toBe('')
    stack.declare({ out: tunnel({ user: 'admin' }) })
    await stack.mustApply()
    expect(serviceOf()).toMatchObject({ service: { supervisor: 'systemd-user' } })
    expect(await lab.hosts.near.sh('ls -d /etc/ssh-tunnels 2>/dev/null || true')).toBe('')
    await stack.destroy()
    expect(await prints()).toEqual(before)
  })
})

describe('by the command', () => {
  const ends = { client: 'near', server: 'middle' }
  let before: string[]
  const write = (tunnels: object, client: object = {}) => {
    const gate = { address: lab.gate.address, hostKey: lab.gate.hostKey, identityFile: lab.keyFile }
    const hosts = {
      near: { ...line.hostOf('near'), user: 'admin', ...client },
      middle: line.hostOf('middle'),
      far: { ...line.hostOf('far'), user: 'admin' },
      gate,
    }
    line.write('tunnels.yaml', { owner: 'me', hosts, tunnels })
  }
  const must = async (verb: string, ...words: string[]) => {
    const { code, said } = await line.runTunnels(verb, ...words)
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
    return said
  }

  test('over a jump host, on a port that near chooses, and to all who come to near', async () => {
    before = await prints()
    write({
      jumping: { ...ends, forward: 'local', listen: '127.0.0.1:0', far: `${middle}:22`, jumps: ['gate'] },
      open: { ...ends, forward: 'local', listen: '198.51.100.10:8080', far: `${middle}:22` },
    })
    await must('apply')
    await must('plan', '--detailed-exitcode')
    const doctor = await line.runTunnels('doctor', '--all')
    expect(doctor).toMatchObject({ code: 0, said: expect.stringContaining('2 tunnels: 2 ok') })
    expect(doctor.said).toContain('near answers, its host key is the one that it should have, and programs run there\n')
    await must('destroy')
    expect(await prints()).toEqual(before)
  })

  test('several that share a connection', async () => {
    const shared = { ...ends, connection: 'shared' }
    write({
      one: { ...shared, forward: 'local', listen: '127.0.0.1:5001', far: `${middle}:22` },
      two: { ...shared, forward: 'remote', listen: `${middle}:8082`, far: 'localhost:22' },
    })
    await must('apply')
    await must('plan', '--detailed-exitcode')
    expect(await readBanner(lab, 8082)).toMatch(/^SSH-/)
    await must('destroy')
    expect(await prints()).toEqual(before)
  })

  test('named, it is the login’s own also where that could become root', async () => {
    write(
      { out: { ...ends, forward: 'remote', listen: `${middle}:8083`, far: 'localhost:22' } },
      { become: 'sudo', supervisor: 'systemd-user' },
    )
    await must('apply')
    expect(await lab.hosts.near.sh('stat -c %U /home/admin/.ssh-tunnels/out/key')).toBe('admin')
    await must('destroy')
    expect(await prints()).toEqual(before)
  })

  test('without systemd it is refused, with the cure', async () => {
    write({
      out: { client: 'far', server: 'middle', forward: 'remote', listen: `${middle}:8083`, far: 'localhost:22' },
    })
    const { code, said } = await line.runTunnels('apply')
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('far runs no systemd') })
    expect(said).toContain('set become: sudo (or doas)')
    expect(await prints()).toEqual(before)
  })

  test('as a server the login has to be root', async () => {
    write({
      out: { client: 'near', server: 'far', forward: 'remote', listen: '192.0.2.130:8083', far: 'localhost:22' },
    })
    const { code, said } = await line.runTunnels('apply')
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('is not root') })
    expect(await prints()).toEqual(before)
  })
})

test('this very machine: who runs the tool there is no root, and needs to be none', async () => {
  const { near } = lab.hosts
  const before = await fingerprint(near)
  const install = (from: string, to: string) => {
    const words = ['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod 755 "$1"', 'sh', to]
    const [file = '', ...args] = lab.argvIn('near', words)
    execFileSync(file, args, { input: readFileSync(from) })
  }
  install(process.execPath, '/opt/bin/node')
  install(join(__dirname, '../../dist/ssh-tunnels.cjs'), '/opt/ssh-tunnels.cjs')
  await near.writeFile('/opt/key', readFileSync(lab.keyFile, 'utf8'))
  await near.sh('chown admin /opt/key && chmod 600 /opt/key')
  const server = { ...line.hostOf('middle'), identityFile: '/opt/key' }
  const tunnel = { client: 'near', server: 'middle', forward: 'remote', listen: `${middle}:8084`, far: 'localhost:22' }
  const spec = {
    version: 1,
    owner: 'me',
    hosts: { near: { local: true }, middle: server },
    tunnels: { out: tunnel },
  }
  await near.writeFile('/opt/spec.yaml', JSON.stringify(spec))
  const run = (words: string) =>
    near.sh(`su admin -s /bin/sh -c 'cd /opt && HOME=/opt/none /opt/bin/node /opt/ssh-tunnels.cjs ${words}' 2>&1`)
  await run('apply spec.yaml')
  expect(await readBanner(lab, 8084)).toMatch(/^SSH-/)
  expect(await run('plan spec.yaml --detailed-exitcode')).toContain('No changes')
  await run('destroy spec.yaml')
  expect(await fingerprint(near)).toBe(before)
})

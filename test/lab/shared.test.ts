// Tunnels that share a connection, on real hosts: one ssh for all, each spoken of by its own name, moved into it and out of it, and gone without a trace.
import { type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, readBanner, type Stack } from './stack'

let lab: Lab
let stack: Stack
let line: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const sides = { client: 'near', server: 'middle' }
const web = { ...sides, forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', allowFrom: ['192.0.2.64/26'] }
const ssh = { ...sides, forward: 'remote', listen: '203.0.113.20:2222', far: 'server935:22' }
const db = { ...sides, forward: 'local', listen: '127.0.0.1:5432', far: 'far:80', probe: 'http' }
const sharing = <One extends object>(one: One) => ({ ...one, connection: 'shared' })

const write = (tunnels: object, further: object = {}) => {
  const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
  line.write('tunnels.yaml', { hosts, tunnels, ...further })
}
const apply = async () => {
  const { code, said } = await line.runTunnels('apply')
  if (code !== 0) throw new Error(said)
  return said
}
const ours = async (name: 'near' | 'middle') =>
  (await lab.hosts[name].sh("getent passwd | sed -n 's/^\\(tun-[^:]*\\):.*/\\1/p'; ls /etc/systemd/system")).match(
    /^tun-\S+|^tunnel-\S+\.service$/gm,
  ) ?? []
const states = async (...names: string[]) => {
  const { stdout } = await line.run('status', 'tunnels.yaml', ...names, '--json')
  return JSON.parse(stdout).tunnels.map(({ name, state }: Record<string, string>) => `${name} ${state}`)
}

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  line = makeCommandLine(lab)
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  line?.remove()
})

test('tunnels of their own move into one connection, whose ssh then has their ports', async () => {
  write({ web, ssh, db })
  await apply()
  expect(await ours('near')).toHaveLength(6)
  write({ web: sharing(web), ssh: sharing(ssh), db: sharing(db) })
  const planned = await line.must('plan', 'tunnels.yaml')
  expect(planned).toContain('# shared connection near-middle (web, ssh, db) will be created')
  expect(planned).toContain('Plan: 1 to add, 0 to change, 3 to destroy.')
  const said = await apply()
  expect(said).toMatch(/^web +203\.0\.113\.20:8080 +HTTP/m)
  expect(said).toMatch(/^ssh +203\.0\.113\.20:2222 +SSH-2\.0/m)
  expect(await ours('near')).toEqual(['tun-near-middle', 'tunnel-near-middle.service'])
  expect(await ours('middle')).toEqual(['tun-near-middle'])
  expect((await lab.hosts.near.sh('pgrep -c -u tun-near-middle -x ssh')).trim()).toBe('1')
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
})

test('it may do what the tunnels need together, and nothing else; each lets in whom it names', async () => {
  const settings = await lab.hosts.middle.sh('sshd -T -C user=tun-near-middle,host=near,addr=198.51.100.10')
  const of = (keyword: string) => new RegExp(`^${keyword} (.*)$`, 'm').exec(settings)?.[1]
  expect(of('permitlisten')?.split(' ').sort()).toEqual(['203.0.113.20:2222', '203.0.113.20:8080'])
  expect(of('permitopen')).toBe('far:80')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await fetchPage(lab, 8080, 'controller')).toBeUndefined()
  expect(await readBanner(lab, 2222)).toMatch(/^SSH-2\.0-/)
})

test('each is asked about by its own name', async () => {
  expect(await states()).toEqual(['web up', 'ssh up', 'db up'])
  expect(await states('ssh')).toEqual(['ssh up'])
  const doctor = await line.must('doctor', 'tunnels.yaml', 'db')
  expect(doctor).toContain('db')
  expect(doctor).not.toMatch(/port 2222|:8080$/m)
  expect(await line.must('logs', 'tunnels.yaml', 'web')).toContain('near')
  expect(await line.must('explain', 'tunnels.yaml', 'web')).toContain('shared connection near-middle')
  const { code, said } = await line.runTunnels('status', 'wep')
  expect([code, said]).toEqual([1, expect.stringContaining('did you mean web')])
})

test('drift of the connection is seen and put right, also through one of its tunnels', async () => {
  await lab.hosts.middle.sh("sed -i 's/PermitOpen .*/PermitOpen none/' /etc/ssh/sshd_config.d/*near-middle*")
  const planned = await line.must('plan', 'tunnels.yaml', '--only', 'db')
  expect(planned).toContain('permitOpen')
  await line.must('apply', 'tunnels.yaml', '--only', 'db')
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
})

test('a far that falls silent is told of its tunnel, and of no other', async () => {
  write({ web: sharing(web), ssh: sharing({ ...ssh, far: 'server935:2299' }), db: sharing(db) })
  const { code, said } = await line.runTunnels('apply')
  expect(code).toBe(1)
  expect(said).toContain('shared connection near-middle (web, ssh, db)')
  expect(said).toContain('server935:2299')
  expect(await states()).toEqual(['web up', 'ssh degraded', 'db up'])
})

test('a port that another program has keeps all of them down, and is named', async () => {
  await lab.hosts.near.sh(
    'systemd-run -q --unit=squatter socat TCP-LISTEN:5433,bind=127.0.0.1,fork /dev/null || systemd-run -q --unit=squatter nc -lk 127.0.0.1 5433',
  )
  const moved = { ...db, listen: '127.0.0.1:5433' }
  write({ web: sharing(web), ssh: sharing(ssh), db: sharing(moved) })
  const { code, said } = await line.runTunnels('apply')
  expect(code).toBe(1)
  expect(said).toContain('port 5433 on near is taken')
  await lab.hosts.near.sh('systemctl stop squatter')
})

test('one goes back to its own, the others stay, and at last all are gone', async () => {
  write({ web: sharing(web), ssh, db: sharing(db) })
  await apply()
  expect((await ours('near')).sort()).toEqual([
    'tun-near-middle',
    'tun-ssh',
    'tunnel-near-middle.service',
    'tunnel-ssh.service',
  ])
  expect(await states()).toEqual(['web up', 'db up', 'ssh up'])
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
  await line.must('destroy', 'tunnels.yaml')
  expect(await fingerprints(lab)).toEqual(before)
})

test('by Terraform: from their own into one connection, and back', async () => {
  const host = hostsOf(lab)
  const both = { client: host('near'), server: host('middle') }
  const plain = ({ forward, listen, far }: typeof ssh) => ({ forward, listen, far })
  const [one, two] = [plain(ssh), { ...plain(db), probe: 'http' }]
  const own = { ssh: { ...one, ...both }, db: { ...two, ...both } }
  const forwards = [
    { name: 'ssh', ...one },
    { name: 'db', ...two },
  ]
  stack.declare(own)
  await stack.mustApply()
  stack.declare({ pair: { forwards, shared: true, ...both } })
  await stack.mustApply()
  expect(stack.attributes('pair').proofs.map(({ answered }: { answered: boolean }) => answered)).toEqual([true, true])
  expect(await listeners(lab, 'middle')).toContain('sshd 203.0.113.20:2222')
  expect(await stack.plan()).toMatchObject({ code: 0 })
  stack.declare(own)
  await stack.mustApply()
  expect(await ours('middle')).toEqual(expect.arrayContaining(['tun-db', 'tun-ssh']))
  expect(await stack.plan()).toMatchObject({ code: 0 })
  stack.declare({})
  await stack.mustApply()
  expect(await fingerprints(lab)).toEqual(before)
})

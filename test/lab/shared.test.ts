// Tunnels that share a connection, on real hosts: one ssh for all, each spoken of by its own name, moved into it and out of it, and gone without a trace.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, readBanner, type Stack } from './stack'

let lab: Lab
let stack: Stack
let line: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const sides = { client: 'near', server: 'middle' }
const web = { ...sides, forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', allowFrom: ['192.0.2.64/26'] }
const ssh = { ...sides, forward: 'remote', listen: '203.0.113.20:2222', far: 'server935:22', probeFrom: 'far' }
const db = { ...sides, forward: 'local', listen: '127.0.0.1:5432', far: 'far:80', probe: 'http' }
const path = '/var/lib/ssh-tunnels-sockets/sock/web.sock'
const sock = { ...sides, forward: 'remote', listen: path, far: 'far:80', socketMode: '666' }
const sharing = <One extends object>(one: One) => ({ ...one, connection: 'shared' })

const write = (tunnels: object, further: object = {}) => {
  const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle'), far: line.hostOf('far') }
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
  write({ web, ssh, db, sock })
  await apply()
  expect(await ours('near')).toHaveLength(8)
  write({ web: sharing(web), ssh: sharing(ssh), db: sharing(db), sock: sharing(sock) })
  const planned = await line.must('plan', 'tunnels.yaml')
  expect(planned).toContain('# shared connection near-middle (web, ssh, db, sock) will be created')
  expect(planned).toContain('Plan: 1 to add, 0 to change, 4 to destroy.')
  const said = await apply()
  expect(said).toMatch(/^web +203\.0\.113\.20:8080 +HTTP/m)
  expect(said).toMatch(/^ssh +203\.0\.113\.20:2222 +SSH-2\.0/m)
  expect(await lab.hosts.middle.sh(`stat -c '%a %U' ${path}`)).toBe('666 tun-near-middle')
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
  expect(await states()).toEqual(['web up', 'ssh up', 'db up', 'sock up'])
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

test('each is limited, watched and given a place from where it is proved as it says itself', async () => {
  const hook = ['sh', '-c', 'echo "$SSH_TUNNELS_TUNNEL $SSH_TUNNELS_STATE" >>/root/hooked']
  const watch = { every: '15s' }
  const limited = sharing({ ...ssh, limits: { connections: 3 }, watch })
  write({ web: sharing(web), ssh: limited, db: sharing({ ...db, watch: { ...watch, hook } }), sock: sharing(sock) })
  const proofs = JSON.parse(await line.must('apply', 'tunnels.yaml', '--json')).proofs
  expect(proofs.map(({ from }: { from: string }) => from)).toEqual(['middle', 'far', 'near', 'middle'])
  expect(await lab.hosts.middle.sh('nft list table inet ssh_tunnels_near_middle')).toMatch(/2222 .*ct count over 3/)
  expect(await lab.hosts.middle.sh('nft list table inet ssh_tunnels_near_middle')).not.toMatch(/8080 .*ct count/)
  const histories = '/var/lib/ssh-tunnels-watch/near-middle'
  const seen = async (tunnel: string, last: string) =>
    waitFor(`${tunnel} to be ${last}`, async () => {
      await lab.hosts.near.sh('systemctl start ssh-tunnels-watch-near-middle.service')
      const said = await lab.hosts.near.sh(`tail -n 1 ${histories}/${tunnel}/history 2>/dev/null || :`)
      return said.split(' ')[1] === last ? true : undefined
    })
  await seen('db', 'proven')
  const unit = await lab.hosts.far.sh(
    `basename "$(grep -l 'httpd -f -p 80' /etc/systemd/system/*.service | head -n 1)"`,
  )
  await lab.hosts.far.sh(`systemctl stop ${unit}`)
  await seen('db', 'unproven')
  await seen('ssh', 'proven')
  const down = await line.run('plan', 'tunnels.yaml')
  expect(down.stderr).toMatch(/^Warning: db: unproven \d\d:\d\d-$/m)
  expect(down.stderr).not.toContain('ssh: unproven')
  await lab.hosts.far.sh(`systemctl start ${unit}`)
  await seen('db', 'proven')
  expect(await lab.hosts.near.sh('cat /root/hooked; rm /root/hooked')).toBe('db unproven\ndb proven')
  // Nobody watches it any more, and its history goes.
  write({ web: sharing(web), ssh: limited, db: sharing(db), sock: sharing(sock) })
  await apply()
  expect(await lab.hosts.near.sh(`ls ${histories}`)).toBe('ssh')
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
})

test('a far that falls silent is told of its tunnel, and of no other', async () => {
  write({ web: sharing(web), ssh: sharing({ ...ssh, far: 'server935:2299' }), db: sharing(db), sock: sharing(sock) })
  const { code, said } = await line.runTunnels('apply')
  expect(code).toBe(1)
  expect(said).toContain('shared connection near-middle (web, ssh, db, sock)')
  expect(said).toContain('server935:2299')
  expect(await states()).toEqual(['web up', 'ssh degraded', 'db up', 'sock up'])
})

test('a port that another program has is named, and harms none of the others', async () => {
  await lab.hosts.near.sh(
    'systemd-run -q --unit=squatter socat TCP-LISTEN:5433,bind=127.0.0.1,fork /dev/null || systemd-run -q --unit=squatter nc -lk 127.0.0.1 5433',
  )
  const moved = { ...db, listen: '127.0.0.1:5433' }
  write({ web: sharing(web), ssh: sharing(ssh), db: sharing(moved), sock: sharing(sock) })
  const { code, said } = await line.runTunnels('apply')
  expect(code).toBe(1)
  expect(said).toContain('port 5433 on near is taken')
  // Refused before anything was touched: those that were up are.
  expect((await line.run('status', 'tunnels.yaml', 'web', 'sock')).code).toBe(0)
  await lab.hosts.near.sh('systemctl stop squatter')
})

test('two go back to their own, the others stay, and at last all are gone', async () => {
  write({ web: sharing(web), ssh, db: sharing(db), sock })
  await apply()
  expect((await ours('near')).sort()).toEqual([
    ...['tun-near-middle', 'tun-sock', 'tun-ssh'],
    ...['tunnel-near-middle.service', 'tunnel-sock.service', 'tunnel-ssh.service'],
  ])
  expect(await lab.hosts.middle.sh(`stat -c '%a %U' ${path}`)).toBe('666 tun-sock')
  expect((await states()).sort()).toEqual(['db up', 'sock up', 'ssh up', 'web up'])
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
  await line.must('destroy', 'tunnels.yaml')
  expect(await fingerprints(lab)).toEqual(before)
})

test('by Terraform: from their own into one connection, and back', async () => {
  const host = hostsOf(lab)
  const both = { client: host('near'), server: host('middle') }
  const plain = ({ forward, listen, far }: typeof sides & Record<'forward' | 'listen' | 'far', string>) => ({
    ...{ forward, listen, far },
  })
  const [one, two] = [plain(ssh), { ...plain(db), probe: 'http' }]
  const three = { ...plain(sock), socket_mode: '0666' }
  const own = { ssh: { ...one, ...both }, db: { ...two, ...both }, sock: { ...three, ...both } }
  const forwards = [
    { name: 'ssh', ...one, probe_from: host('far') },
    { name: 'db', ...two },
    { name: 'sock', ...three },
  ]
  stack.declare(own)
  await stack.mustApply()
  stack.declare({ pair: { forwards, shared: true, ...both } })
  await stack.mustApply()
  expect(stack.attributes('pair').proofs.map(({ answered }: { answered: boolean }) => answered)).toEqual([
    true,
    true,
    true,
  ])
  expect(stack.attributes('pair').proofs[0].from).toBe('far')
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

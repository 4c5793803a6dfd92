// The doctor on tunnels that we did not make: what is wrong with them is named, and what nobody can tell is told as that.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'

const middle = '203.0.113.20'
let lab: Lab
let line: CommandLine

beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab)
  // The controller is near: with a key and a known_hosts of its own, as somebody's laptop.
  const home = join(line.folder, '.ssh')
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'id_ed25519'), readFileSync(lab.keyFile), { mode: 0o600 })
  writeFileSync(join(home, 'known_hosts'), readFileSync(lab.knownHosts))
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

/** The first thing that is wrong, or not known. */
async function doctor(...words: string[]) {
  const { code, stdout, stderr } = await line.run('doctor', ...words, '--json')
  const [tunnel] = readDocument('doctor', stdout || JSON.stringify({ stderr })).tunnels
  const of = (link: string) => tunnel.checks.filter((one: { link: string }) => one.link === link)
  return { code, first: tunnel.first, of }
}

const remote = `ssh -N -o ServerAliveInterval=30 -R ${middle}:8080:far:80 root@${middle}`
const sshd = (text: string) =>
  lab.hosts.middle.sh(`printf '${text}' >/etc/ssh/sshd_config.d/00-by-hand.conf; systemctl reload ssh`)

test("the tutorial's command is told where it can run, before anything is asked", async () => {
  const { code, stdout } = await line.run('doctor', '--command', `ssh -N -L ${middle}:110:server935:22 root@${middle}`)
  expect(stdout).toMatch(/FAIL +203\.0\.113\.20 is an address of the host that ssh logs in to/)
  expect(stdout).toContain(`and type there: ssh -N -L ${middle}:110:server935:22 root@127.0.0.1`)
  expect(stdout).toContain(`    listen: ${middle}:110\n    far: server935:22`)
  expect(code).toBe(3)
})

test('GatewayPorts, which ssh does not tell of', async () => {
  const { code, first } = await doctor('--command', remote)
  expect(first).toMatchObject({ link: 'sshd lets it', host: 'middle', status: 'fail' })
  expect(first.evidence).toContain('GatewayPorts is no for root')
  expect(code).toBe(3)
})

test('AllowTcpForwarding, with its line', async () => {
  await sshd('AllowTcpForwarding no\\nGatewayPorts clientspecified\\n')
  const { first } = await doctor('--command', remote)
  expect(first).toMatchObject({
    link: 'sshd lets it',
    evidence: 'AllowTcpForwarding is no for root: /etc/ssh/sshd_config.d/00-by-hand.conf:1',
    cure: expect.stringContaining('AllowTcpForwarding remote'),
  })
  await sshd('GatewayPorts clientspecified\\nPermitListen 127.0.0.1:9\\n')
  expect((await doctor('--command', remote)).first.evidence).toContain('PermitListen is 127.0.0.1:9')
  await sshd('GatewayPorts clientspecified\\n')
})

test('the firewall of middle, and what does not run is not called well', async () => {
  const { first, of } = await doctor('--command', remote)
  expect(first).toMatchObject({ link: 'firewall lets it', host: 'middle', status: 'fail' })
  expect(first.evidence).toContain('policy drop')
  expect(of('listener bound')).toMatchObject([{ status: 'unknown', what: 'it does not run on near now' }])
})

test('a unit on a host, which runs: well, but for what is missing of it', async () => {
  const { near, middle: relay } = lab.hosts
  await relay.sh('nft insert rule inet filter input tcp dport 8080 accept')
  await near.sh('mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519')
  await relay.sh(`echo '${await near.sh('cat /root/.ssh/id_ed25519.pub')}' >>/root/.ssh/authorized_keys`)
  await near.writeFile('/root/.ssh/known_hosts', `${middle} ${relay.hostKey}\n`)
  const start = remote.replace('-o ServerAliveInterval=30 ', '')
  await near.writeFile('/etc/systemd/system/web-by-hand.service', `[Service]\nExecStart=/usr/bin/${start}\n`)
  await near.sh('systemctl daemon-reload; systemctl start web-by-hand')
  const get = () => lab.run('visitor', ['curl', '-s', '-m', '2', `http://${middle}:8080/`])
  await waitFor('the page', async () => (await get()).stdout || undefined, 20_000)
  const asked = ['--on', 'root@198.51.100.10', '--unit', 'web-by-hand']
  const { first, of } = await doctor(...asked)
  expect(first).toMatchObject({
    link: 'kept while quiet',
    status: 'fail',
    cure: expect.stringContaining('ServerAliveInterval=30'),
  })
  expect(of('far answers')).toMatchObject([{ status: 'ok', what: expect.stringContaining('HTTP/1') }])
  expect((await line.run('doctor', ...asked)).stdout).toMatch(/ok +far \(far:80\) answers through 203\.0\.113\.20:8080/)
  await near.sh('systemctl stop web-by-hand')
})

test('no login, a wrong host key, no far', async () => {
  const nobody = await doctor('--command', `ssh -N -o ServerAliveInterval=30 -L 9000:far:80 nobody@${middle}`)
  expect(nobody.first).toMatchObject({ link: 'login', host: 'middle', status: 'unknown' })
  expect(nobody.of('sshd lets it')).toMatchObject([{ status: 'unknown' }])
  const far = await doctor('--command', `ssh -N -o ServerAliveInterval=30 -L 9000:far:81 root@${middle}`)
  expect(far.of('far reached')).toMatchObject([{ status: 'fail', host: 'middle' }])
  const own = join(line.folder, '.ssh/known_hosts')
  const before = readFileSync(own, 'utf8')
  writeFileSync(own, `${middle} ${lab.hosts.far.hostKey}\n`)
  const key = await doctor('--command', `ssh -N -L 9000:far:80 root@${middle}`)
  expect(key.first).toMatchObject({ link: 'host key', host: 'middle', status: 'fail', code: 'host-key-mismatch' })
  writeFileSync(own, before)
  const name = await doctor('--command', 'ssh -N -L 9000:far:80 root@no-such-host.invalid')
  expect(name.first).toMatchObject({ link: 'name resolved', status: 'fail' })
})

test('a configuration, and a privileged port of somebody who is not root', async () => {
  writeFileSync(
    join(line.folder, 'config'),
    `Host web\n  HostName ${middle}\n  User admin\n  RemoteForward ${middle}:110 far:80\n`,
  )
  const { first, of } = await doctor('--config', 'config', 'web')
  expect([first.status, of('port free').map(({ what }: { what: string }) => what)]).toEqual([
    'fail',
    expect.arrayContaining([`admin may not listen on port 110 of web: ports below 1024 are root's`]),
  ])
})

test('sockets and a proxy, which run: proved as a forward of ports is, and what sshd does not let through is named', async () => {
  const { near, middle: relay } = lab.hosts
  const login = `root@${middle}`
  const socket = `ssh -N -o ServerAliveInterval=30 -R /run/page.sock:far:80 ${login}`
  const back = `ssh -N -o ServerAliveInterval=30 -L 9001:/run/page.sock ${login}`
  const proxy = `ssh -N -o ServerAliveInterval=30 -D 1080 ${login}`
  for (const [name, start] of Object.entries({ socket, back, proxy }))
    await near.sh(`systemd-run -q --unit=hand-${name} /usr/bin/${start}`)
  await waitFor(
    'the socket',
    async () => (await relay.exec('curl -s --unix-socket /run/page.sock http://x/')).stdout || undefined,
  )
  const on = ['--on', 'root@198.51.100.10', '--command']
  for (const start of [socket, proxy]) {
    const { code, of, first } = await doctor(...on, start)
    expect([start, first, code, of('sshd lets it'), of('far answers')]).toMatchObject([
      start,
      null,
      0,
      [{ status: 'ok' }],
      [{ status: 'ok' }],
    ])
  }
  // Whose connections to a far are that is silent, as a socket's may be, nobody can tell of a tunnel that has no account of its own.
  const { of } = await doctor(...on, back)
  expect([of('sshd lets it'), of('far answers')]).toMatchObject([[{ status: 'ok' }], [{ status: 'unknown' }]])
  await sshd('GatewayPorts clientspecified\\nAllowStreamLocalForwarding remote\\nPermitOpen far:81\\n')
  expect((await doctor(...on, back)).of('sshd lets it')).toMatchObject([
    { status: 'fail', cure: expect.stringContaining('AllowStreamLocalForwarding yes') },
  ])
  expect((await doctor(...on, proxy)).of('sshd lets it')).toMatchObject([
    { status: 'ok', what: expect.stringContaining('lets root open far:81') },
  ])
  await sshd('GatewayPorts clientspecified\\nPermitOpen far:81\\n')
  expect((await doctor(...on, back)).of('sshd lets it')).toMatchObject([
    { status: 'fail', evidence: expect.stringContaining('PermitOpen is far:81') },
  ])
  expect((await doctor(...on, socket)).of('sshd lets it')).toMatchObject([{ status: 'ok' }])
  await sshd('GatewayPorts clientspecified\\n')
  await near.sh('systemctl stop hand-socket hand-back hand-proxy')
})

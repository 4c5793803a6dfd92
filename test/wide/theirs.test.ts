// More of sides that are not ours: a client of theirs that listens itself, as whose owner ssh runs, several forwards to a server of theirs, and what that one may refuse.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from '../lab/command-line'

let lab: Lab
let command: CommandLine
let folder: string
let publicKey: string

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  folder = mkdtempSync(join(tmpdir(), 'theirs-'))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bob', '-f', join(folder, 'bob')])
  publicKey = readFileSync(join(folder, 'bob.pub'), 'utf8').trim()
  await lab.hosts.middle.sh(`useradd -m relay && install -d -m 700 -o relay /home/relay/.ssh
nft insert rule inet filter input ip daddr 203.0.113.20 tcp dport 8080 accept`)
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const say = async (verb: string, ...words: string[]) => {
  const { code, said } = await command.runTunnels(verb, ...words)
  return { code, said: said.replace(/\s+/g, ' ') }
}
const handover = async (tunnel: string) =>
  JSON.parse(await command.must('handover', 'tunnels.yaml', tunnel, '--json')).handover
const theirMiddle = () => {
  const { address, hostKey } = lab.hosts.middle
  return { managed: false, address, user: 'relay', hostKey }
}
/** As the owner of middle. */
const allow = async (...settings: string[]) => {
  const text = ['Match User relay', ...settings, 'Match all', ''].join('\n')
  await lab.hosts.middle.writeFile('/etc/ssh/sshd_config.d/90-relay.conf', text)
  await lab.hosts.middle.sh('sshd -t && systemctl reload ssh')
}

test('a client of theirs that listens itself is proved where one comes to it, and else nobody can tell', async () => {
  const own = { client: 'near', server: 'middle', forward: 'local', far: 'far:22' }
  const key = '/home/bob/.ssh/id_ed25519'
  const files = { user: 'bob', identityFile: key, knownHosts: '/home/bob/.ssh/known_hosts' }
  command.write('tunnels.yaml', {
    owner: 'me',
    hosts: {
      near: { managed: false, address: lab.hosts.near.address, publicKey, ...files },
      middle: command.hostOf('middle'),
    },
    tunnels: {
      seen: { ...own, listen: `${lab.hosts.near.address}:2200` },
      inside: { ...own, listen: '127.0.0.1:2201' },
    },
  })
  const made = await say('apply')
  expect(made.code).toBe(0)
  expect(made.said).toContain('near, which is not ours, has not begun the tunnel, or lets nobody in')
  expect(made.said).toContain('only near itself comes to 127.0.0.1:2201, and it is not ours')

  await lab.hosts.near.sh('useradd -m bob && install -d -m 700 -o bob /home/bob/.ssh')
  await lab.hosts.near.writeFile(key, readFileSync(join(folder, 'bob'), 'utf8'))
  await lab.hosts.near.sh(
    `chown bob ${key}; chmod 600 ${key}; nft insert rule inet filter input tcp dport 2200 accept || :`,
  )
  for (const tunnel of ['seen', 'inside']) await lab.hosts.near.sh((await handover(tunnel)).script)
  await waitFor('both units', async () =>
    (await lab.hosts.near.sh("ss -Hltn | grep -cE ':220[01] ' || :")) === '2' ? true : undefined,
  )
  expect(await lab.hosts.near.sh('ps -o user= -C ssh | sort -u')).toBe('bob')
  expect((await say('plan', '--detailed-exitcode')).code).toBe(0)
  const status = JSON.parse((await command.run('status', 'tunnels.yaml', '--json')).stdout)
  const states = Object.fromEntries(status.tunnels.map((one: { name: string; state: string }) => [one.name, one.state]))
  expect(states).toEqual({ seen: 'up', inside: 'unknown' })
  expect((await say('destroy')).code).toBe(0)
})

test('several forwards to a server of theirs are handed over together, and each is proved', async () => {
  command.write('tunnels.yaml', {
    owner: 'me',
    hosts: { near: command.hostOf('near'), middle: theirMiddle() },
    tunnels: {
      both: {
        client: 'near',
        server: 'middle',
        forwards: [
          { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' },
          { forward: 'local', listen: '127.0.0.1:2202', far: 'far:22' },
        ],
      },
    },
  })
  expect((await say('apply')).said).toContain("does not let the tunnel's key in as relay")
  const { authorizedKeys, script } = await handover('both')
  expect(authorizedKeys).toContain('permitopen="far:22",permitlisten="203.0.113.20:8080"')
  await lab.hosts.middle.writeFile('/home/relay/.ssh/authorized_keys', `${authorizedKeys}\n`)
  await allow(...script.split('\n').filter((one: string) => one.startsWith('    ')))
  expect((await say('apply')).code).toBe(0)
  expect((await say('plan', '--detailed-exitcode')).code).toBe(0)
  expect((await say('status')).code).toBe(0)

  // A far that the server may not dial is told from one that is silent.
  await lab.hosts.middle.sh(
    'sed -i s/far:22/far:23/ /etc/ssh/sshd_config.d/90-relay.conf; systemctl reload ssh; pkill -u relay sshd || :',
  )
  const refused = await say('apply')
  expect(refused.code).toBe(1)
  expect(refused.said).toContain('sshd on middle lets relay in and refuses to connect it to far:22')
  expect((await say('destroy')).code).toBe(0)
})

test('what the owner of a server has to allow is found by trying, and told', async () => {
  const web = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' }
  const hosts = { near: command.hostOf('near'), middle: theirMiddle() }
  command.write('tunnels.yaml', { owner: 'me', hosts, tunnels: { web } })
  expect((await say('apply')).code).toBe(0)
  const { authorizedKeys } = await handover('web')
  await lab.hosts.middle.writeFile('/home/relay/.ssh/authorized_keys', `${authorizedKeys}\n`)
  await allow('AllowTcpForwarding local')
  const refused = await say('apply')
  expect(refused.code).toBe(1)
  expect(refused.said).toContain('sshd on middle lets relay in and refuses to listen on 203.0.113.20:8080 for it')

  await allow('AllowTcpForwarding yes', 'GatewayPorts no')
  const loopback = await say('apply')
  expect(loopback.code).toBe(1)
  expect(loopback.said).toContain('on loopback alone, as it does where GatewayPorts is no')
  expect(loopback.said).toContain('have its owner set GatewayPorts clientspecified for relay')
  // Neither has cost the key that its owner lets in.
  expect((await handover('web')).authorizedKeys).toBe(authorizedKeys)
  expect((await say('destroy')).code).toBe(0)
})

test('the way to a server of theirs may lead over a jump host of ours, from a socket and for tunnels that share it', async () => {
  const { address, hostKey } = lab.hosts.far
  await lab.hosts.far.sh('id relay 2>/dev/null || useradd -m relay; install -d -m 700 -o relay /home/relay/.ssh')
  const hosts = {
    near: command.hostOf('near'),
    middle: command.hostOf('middle'),
    far: { managed: false, address, user: 'relay', hostKey },
  }
  const sides = { client: 'near', server: 'far', jumps: ['middle'], forward: 'local', connection: 'shared' }
  const socket = '/var/lib/ssh-tunnels-sockets/site/web.sock'
  const site = { ...sides, listen: socket, far: 'localhost:80', probe: 'http' }
  const tunnels = { site, door: { ...sides, listen: '127.0.0.1:2203', far: 'localhost:22' } }
  command.write('tunnels.yaml', { owner: 'me', hosts, tunnels })
  const made = await say('apply')
  expect(made.said).toContain("far, which is not ours, does not let the tunnel's key in as relay")
  expect(made.code).toBe(0)
  const { authorizedKeys, host, tunnel } = await handover('door')
  expect([host, tunnel]).toEqual(['far', 'near-far'])
  await lab.hosts.far.writeFile('/home/relay/.ssh/authorized_keys', `${authorizedKeys}\n`)
  expect((await say('apply')).code).toBe(0)
  expect((await say('plan', '--detailed-exitcode')).code).toBe(0)
  expect((await say('status')).code).toBe(0)
  expect((await say('doctor', 'site')).code).toBe(0)
  expect(await lab.hosts.near.sh(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -U -w 5 ${socket}`)).toContain(
    'hello from far',
  )

  // What leaves the spec says what its owner has to remove.
  const own = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8090', far: 'far:80' }
  command.write('tunnels.yaml', { owner: 'me', hosts, tunnels: { own } })
  const gone = await say('plan')
  expect(gone.said).toContain('far is not ours: what its owner has set there for near-far stays until he removes it')
  expect(gone.said).toContain('the line of the authorized_keys of relay')
  expect((await say('apply')).code).toBe(0)
  expect((await say('destroy')).code).toBe(0)
})

// Every row of a tunnel, in one deploy on real hosts, by an administrator's login with sudo too. What each key may do beside: least-privilege.test.ts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '../../engine/wish/explain'
import { type HostName, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, names, readBanner, type Stack } from './stack'

let lab: Lab
let stack: Stack
let before: Awaited<ReturnType<typeof fingerprints>>
let listenedBefore: string[][]
let said: string
let processes: string
let since: string
/** The link-local addresses of the hosts, with their interface. */
let link: Readonly<Record<HostName, string>>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  // Debian's sudo leaves a file in the home of who uses it for the first time.
  await Promise.all(names.map(name => lab.hosts[name].sh('runuser -u admin -- sudo -n true')))
  const admin = { user: 'admin', become: 'sudo' }
  const host = (name: HostName, further = {}) => hostsOf(lab)(name, { ...admin, ...further })
  const [near = '', middle = '', far = ''] = await Promise.all(
    names.map(name => lab.hosts[name].sh("ip -o -6 addr show dev eth0 scope link | sed 's/.* inet6 //; s#/.*#%eth0#'")),
  )
  link = { near, middle, far }
  stack.declare({
    web: {
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: host('near'),
      server: host('middle'),
    },
    'server935-ssh': {
      forward: 'local',
      listen: '203.0.113.20:110',
      far: 'server935:22',
      client: host('middle'),
      server: host('middle'),
    },
    sealed: {
      forward: 'local',
      listen: '203.0.113.20:2222',
      far: '127.0.0.1:22',
      client: host('middle'),
      server: host('far', { via: [hostsOf(lab)('middle', { user: 'admin' })] }),
    },
    database: {
      forward: 'local',
      listen: '127.0.0.1:5432',
      far: 'far:80',
      client: host('near'),
      server: host('middle'),
    },
    proxy: {
      forward: 'dynamic',
      listen: '127.0.0.1:1080',
      far: 'server935:22',
      permit_open: ['server935:22', '*:80'],
      client: host('near'),
      server: host('middle'),
    },
    // A service behind NAT that publishes itself, to those on middle's own link.
    linked: {
      forward: 'remote',
      listen: `[${middle}]:8081`,
      far: `[${far}]:80`,
      client: host('far', { via: [hostsOf(lab)('middle', { user: 'admin' })] }),
      server: host('middle'),
    },
    both: {
      forward: 'local',
      listen: 'localhost:5433',
      far: `[${middle}]:22`,
      client: host('near'),
      server: host('middle'),
    },
  })
  since = (await lab.hosts.far.sh('date +%s')).trim()
  before = await fingerprints(lab)
  listenedBefore = await Promise.all(names.map(name => listeners(lab, name)))
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

/** ssh on a host with a tunnel's own key, as whoever steals it would. */
const withKey = (on: 'near' | 'middle', tunnel: string, to: string, words: string) =>
  lab.hosts[on].exec(
    `install -m 600 /etc/ssh-tunnels/${tunnel}/key /run/stolen-${tunnel}
    timeout 10 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o ExitOnForwardFailure=yes \
      -o UserKnownHostsFile=/etc/ssh-tunnels/${tunnel}/known_hosts -i /run/stolen-${tunnel} ${words.replace('TO', `tun-${tunnel}@${to}`)} </dev/null`,
  )

test('before the deploy the ports are closed', async () => {
  const answers = await Promise.all([fetchPage(lab, 8080), readBanner(lab, 110), readBanner(lab, 2222)])
  expect(answers).toEqual([undefined, undefined, undefined])
})

test('one deploy brings all up', async () => {
  const watch = 'while [ ! -e /run/seen ]; do ps axwwo args; sleep 0.02; done'
  const watched = names.map(name => lab.hosts[name].sh(watch))
  const log = join(stack.folder, 'trace.log')
  const planned = await stack.run(['plan', '-out=plan'], { TF_LOG: 'trace', TF_LOG_PATH: log })
  expect(planned.text).toContain('Plan: 7 to add, 0 to change, 0 to destroy.')
  const applied = await stack.run(['apply', 'plan'], { TF_LOG: 'trace', TF_LOG_PATH: log })
  await Promise.all(names.map(name => lab.hosts[name].sh('touch /run/seen')))
  processes = (await Promise.all(watched)).join('\n')
  said = applied.text
  expect(said).toContain('Apply complete! Resources: 7 added')
})

test("a visitor sees far's services, each through its port", async () => {
  const answers = await Promise.all([fetchPage(lab, 8080), readBanner(lab, 110), readBanner(lab, 2222)])
  expect(answers).toEqual([
    'hello from far\n',
    expect.stringMatching(/^SSH-2\.0-/),
    expect.stringMatching(/^SSH-2\.0-/),
  ])
})

/** By what netcat says on near, through a SOCKS proxy where one is named. */
const fromNear = (to: string, proxy = '') =>
  lab.hosts.near.exec(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${proxy} ${to}`)

test("programs on near reach far's service through their own port, and what they name through the proxy", async () => {
  expect((await fromNear('127.0.0.1 5432')).stdout).toContain('hello from far')
  for (const version of ['4', '5']) {
    const proxy = `-X ${version} -x 127.0.0.1:1080`
    expect((await fromNear('192.0.2.130 80', proxy)).stdout).toContain('hello from far')
    expect((await fromNear('127.0.0.1 22', proxy)).stdout).toBe('')
  }
  expect((await fromNear('far 80', '-X 5 -x 127.0.0.1:1080')).stdout).toContain('hello from far')
  expect(stack.attributes('proxy').proof).toMatchObject({ answered: true, evidence: 'banner' })
})

/** What somebody hears who is on the same link as middle: the lab's router. */
const fromLink = (port: number) => {
  const at = `/dev/tcp/${link.middle.replace('eth0', 'middle')}/${port}`
  return lab.onRouter(`timeout 5 bash -c 'exec 3<>${at} && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3' || :`)
}

test('who is on its link reaches far through a link-local address, and its firewall lets in nothing else by it', async () => {
  expect(await fromLink(8081)).toContain('hello from far')
  expect(await fetchPage(lab, 8081)).toBeUndefined()
  expect(await lab.hosts.middle.sh('nft list chain inet filter input')).toContain(
    `iifname "eth0" ip6 daddr ${link.middle.replace('%eth0', '')} tcp dport 8081 accept`,
  )
  expect(stack.attributes('linked')).toMatchObject({
    endpoint: `[${link.middle}]:8081`,
    sshd: { permit_listen: [`[${link.middle}]:8081`] },
    proof: { answered: true, from: 'middle', past_firewall: false },
  })
  expect(stack.attributes('both')).toMatchObject({
    sshd: { permit_open: [`[${link.middle}]:22`] },
    proof: { answered: true, from: 'near' },
  })
})

test('a visitor logs in to far through the port of middle', async () => {
  const options = ['-o', 'HostKeyAlias=far', '-o', `UserKnownHostsFile=${lab.knownHosts}`, '-o', 'BatchMode=yes']
  const argv = ['ssh', '-F', 'none', '-i', lab.keyFile, ...options]
  const logins = [110, 2222].map(port =>
    lab.run('visitor', [...argv, '-p', `${port}`, 'guest@203.0.113.20', 'whoami; uname -n']),
  )
  for (const { stdout } of await Promise.all(logins)) expect(stdout).toBe('guest\nfar\n')
})

test('it listens exactly where it should, and nowhere else', async () => {
  const [near = [], middle = [], far = []] = await Promise.all(names.map(name => listeners(lab, name)))
  expect(far).toEqual(listenedBefore[2])
  expect(near.filter(line => !listenedBefore[0]?.includes(line))).toEqual([
    'ssh 127.0.0.1:1080',
    'ssh 127.0.0.1:5432',
    'ssh 127.0.0.1:5433',
    'ssh [::1]:5433',
  ])
  expect(middle.filter(line => !listenedBefore[1]?.includes(line))).toEqual([
    'ssh 203.0.113.20:110',
    'ssh 203.0.113.20:2222',
    'sshd 203.0.113.20:8080',
    `sshd [${link.middle.replace('%', ']%')}:8081`,
  ])
})

test('ssh runs as the account of its tunnel', async () => {
  const on = { web: 'near', 'server935-ssh': 'middle', sealed: 'middle', database: 'near', proxy: 'near' } as const
  for (const [name, host] of Object.entries(on)) {
    const owner = await lab.hosts[host].sh(
      `stat -c %U /proc/$(systemctl show -P MainPID tunnel-${name}.service)/cmdline`,
    )
    expect(owner).toBe(`tun-${name}`)
  }
})

test('the next plan is empty', async () => {
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('the command that explain prints for root makes the same tunnel', async () => {
  const [near, middle, far] = names.map(name => ({ name, address: lab.hosts[name].address }))
  if (!near || !middle || !far) throw new Error('there are three hosts')
  const rows = [
    { name: 'web', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: near, server: middle },
    {
      name: 'server935-ssh',
      forward: 'local',
      listen: '203.0.113.20:110',
      far: 'server935:22',
      client: middle,
      server: middle,
    },
    { name: 'sealed', forward: 'local', listen: '203.0.113.20:2222', far: '127.0.0.1:22', client: middle, server: far },
  ] as const
  const answer = ({ name }: { name: string }) =>
    name === 'web' ? fetchPage(lab, 8080) : readBanner(lab, name === 'sealed' ? 2222 : 110)
  for (const input of rows) {
    const { command } = explain({ type: 'tunnel', input })
    const host = lab.hosts[input.client.name]
    await host.sh(`systemctl stop ${command?.unit}`)
    await waitFor('the port to close', async () => ((await answer(input)) === undefined ? true : undefined))
    await host.sh(`${command?.asRoot} </dev/null >/run/tried 2>&1 & echo $! >/run/tried.pid`)
    const answered = await waitFor(`an answer by: ${command?.asRoot}`, async () => await answer(input))
    expect(answered).toMatch(/^(hello from far|SSH-2)/)
    await host.sh(`kill "$(cat /run/tried.pid)"; systemctl start ${command?.unit}`)
    await waitFor('the unit to listen again', async () => await answer(input))
  }
})

test('a host behind another is reached through it alone', async () => {
  const logins = await lab.hosts.far.sh(
    `journalctl -t sshd --since=@${since} --output=cat | grep 'Accepted publickey for admin'`,
  )
  expect(new Set(logins.match(/from \S+/g))).toEqual(new Set(['from 203.0.113.20']))
})

test('private keys are on the clients only, for their account only, and in nothing that Terraform keeps or says', async () => {
  const find = `find / -xdev -path /proc -prune -o -path '*ssh-tunnels*' -type f -exec grep -l 'PRIVATE KEY' {} + | xargs -r stat -c '%n %a %U:%G'`
  const [near, middle, far] = await Promise.all(names.map(name => lab.hosts[name].sh(find)))
  expect(near?.split('\n').sort()).toEqual(
    ['both', 'database', 'proxy', 'web'].map(name => `/etc/ssh-tunnels/${name}/key 640 root:tun-${name}`),
  )
  expect(middle?.split('\n').sort()).toEqual([
    '/etc/ssh-tunnels/sealed/key 640 root:tun-sealed',
    '/etc/ssh-tunnels/server935-ssh/key 640 root:tun-server935-ssh',
  ])
  expect(far).toBe('/etc/ssh-tunnels/linked/key 640 root:tun-linked')

  const texts = await Promise.all([
    lab.hosts.near.sh('cat /etc/ssh-tunnels/*/key'),
    lab.hosts.middle.sh('cat /etc/ssh-tunnels/*/key'),
    lab.hosts.far.sh('cat /etc/ssh-tunnels/*/key'),
    readFileSync(lab.keyFile, 'utf8'),
  ])
  // The first line of base64 is the same in all keys, as it only says which kind they are.
  const secrets = texts.flatMap(text =>
    text
      .split('\n')
      .filter((line, at, all) => line.length > 20 && !all[at - 1]?.includes('BEGIN') && !line.includes('-----')),
  )
  expect(secrets.length).toBeGreaterThanOrEqual(9)
  const plan = (await stack.run(['show', '-json', 'plan'])).text
  const places = {
    state: JSON.stringify(stack.state()),
    plan,
    output: said,
    log: readFileSync(join(stack.folder, 'trace.log'), 'utf8'),
    processes,
  }
  expect(places.log.length).toBeGreaterThan(10_000)
  expect(places.processes).toContain('ssh -F none -N -T')
  for (const [place, text] of Object.entries(places)) {
    expect({ place, found: secrets.filter(secret => text.includes(secret)) }).toEqual({ place, found: [] })
    expect({ place, found: text.includes('OPENSSH PRIVATE KEY') }).toEqual({ place, found: false })
  }
})

test('the key of a dynamic forward reaches what is permitted and nothing else', async () => {
  const to = (words: string) => withKey('near', 'proxy', '203.0.113.20', words)
  expect((await to('-W server935:22 TO')).stdout).toMatch(/^SSH-2\.0-/)
  for (const words of ['-W 127.0.0.1:22 TO', '-W 192.0.2.130:22 TO'])
    expect((await to(words)).stderr).toMatch(/prohibited/)
  expect((await to('-N -R 203.0.113.20:9001:127.0.0.1:22 TO')).stderr).toMatch(/forwarding failed/)
  expect((await to('TO id')).stdout).toBe('')
})

test('the ports stay open when nftables is reloaded', async () => {
  await lab.hosts.middle.sh('systemctl reload nftables')
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
  expect(await lab.hosts.middle.sh('nft list ruleset | grep -c "ssh-tunnels "')).toBe('4')
})

test('destroy leaves all three hosts as they were', async () => {
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
  expect(await Promise.all(names.map(name => listeners(lab, name)))).toEqual(listenedBefore)
})

test('no unit of any host has failed on the way', async () => {
  const state = 'systemctl is-system-running; systemctl --failed --plain --no-legend'
  const states = await Promise.all(names.map(name => lab.hosts[name].exec(state)))
  expect(states.map(({ stdout }) => stdout.trim())).toEqual(['running', 'running', 'running'])
})

// What stands in the way of a tunnel on middle, in its sshd or its firewall, is named before anything is touched; what nobody can tell is not called open.
import { type Lab, startLab } from '../../lab'
import { errorOf, fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

let lab: Lab
let stack: Stack
let host: ReturnType<typeof hostsOf>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  host = hostsOf(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

test('an sshd configuration that does not validate is nothing to build on', async () => {
  const broken = '/etc/ssh/sshd_config.d/99-broken.conf'
  await lab.hosts.middle.writeFile(broken, 'ClientAliveIntervall 30\n')
  const before = await fingerprints(lab)
  stack.declare({
    web: {
      forward: 'local',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: host('middle'),
      server: host('middle'),
    },
  })
  const error = errorOf(await stack.apply(), 'web')
  expect(error).toContain('Error: the sshd configuration of middle does not validate, so nothing was changed')
  expect(error).toContain(`${broken}: line 1: Bad configuration option: ClientAliveIntervall`)
  expect(await fingerprints(lab)).toEqual(before)
  await lab.hosts.middle.sh(`rm ${broken}`)
})

test.each([
  ['PubkeyAcceptedAlgorithms -ssh-ed25519', 'sshd on middle will not let tun-web in', 'add ssh-ed25519 to Pubkey'],
  // Such lists of several blocks add up, whichever comes first.
  [
    'Match LocalPort 22 LocalAddress 127.0.0.1\nDenyUsers guest tun-*',
    'sshd on middle will not let tun-web in',
    'let tun-* there not match tun-web',
  ],
])('an sshd with %j is refused before ssh is started, and nothing stays', async (line, what, cure) => {
  const foreign = '/etc/ssh/sshd_config.d/00-local.conf'
  const user = host('middle', { user: 'root' })
  await lab.hosts.middle.writeFile(foreign, `${line}\n`)
  // Our own login goes by an Ed25519 key too: sshd itself is not told of it.
  const before = await fingerprints(lab)
  stack.declare({
    web: { forward: 'local', listen: '203.0.113.20:8080', far: 'far:80', client: user, server: user },
  })
  const error = errorOf(await stack.apply(), 'web')
  expect(error).toContain(`Error: ${what}`)
  expect(error).toContain(`${foreign}:${line.split('\n').length}`)
  expect(error).toContain(cure)
  expect(await fingerprints(lab)).toEqual(before)
  await lab.hosts.middle.sh(`rm ${foreign}`)
})

test('where nobody may log in it is refused before anything is touched', async () => {
  await lab.hosts.middle.sh('touch /etc/nologin')
  const before = await fingerprints(lab)
  stack.declare({
    web: {
      forward: 'local',
      listen: '203.0.113.20:8080',
      far: 'far:80',
      client: host('middle'),
      server: host('middle'),
    },
  })
  const error = errorOf(await stack.apply(), 'web')
  expect(await fingerprints(lab)).toEqual(before)
  await lab.hosts.middle.sh('rm /etc/nologin')
  expect(error).toContain('will not let tun-web in')
  expect(error).toContain('/etc/nologin keeps everybody but root')
})

test('a port that a rule closes by a condition is opened; where it is closed before routing the rule is named; what nobody can tell is not called open', async () => {
  const { middle } = lab.hosts
  const conf = await middle.sh('cat /etc/nftables.conf')
  await middle.writeFile(
    '/etc/nftables.conf',
    `flush ruleset
table inet filter {
	set closed {
		type inet_service
		flags interval
		elements = { 8000-9000 }
	}
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		iifname "eth0" ct state new tcp dport @closed drop
	}
}
table inet early {
	chain pre {
		type filter hook prerouting priority raw; policy accept;
		tcp dport 8082 drop
		tcp dport { 8083, 8084 } limit rate over 1000/second drop
	}
}
`,
  )
  await middle.sh('systemctl reload nftables')
  const before = await fingerprints(lab)
  const tunnel = (port: number) => ({
    forward: 'local',
    listen: `203.0.113.20:${port}`,
    far: 'far:80',
    client: host('middle'),
    server: host('middle'),
  })
  const good = { web: tunnel(8080), proved: tunnel(8083), unproved: { ...tunnel(8084), probe: 'none' } }
  stack.declare({ ...good, shut: tunnel(8082) })
  const said = await stack.apply()
  expect(errorOf(said, 'shut')).toMatch(
    /Error: the firewall of middle closes 203\.0\.113\.20 tcp\/8082 from anywhere where no rule of ours can open it .*inet early pre handle \d+: tcp dport 8082 drop \(hook prerouting\)/,
  )
  expect(said.text).toContain(
    'whether the firewall of middle lets in 203.0.113.20 tcp/8084 from anywhere cannot be told',
  )
  expect(said.text).not.toContain('tcp/8083 from anywhere cannot be told')
  expect(await middle.sh('getent passwd tun-shut || echo none')).toBe('none')
  for (const port of [8080, 8083, 8084]) expect(await fetchPage(lab, port)).toBe('hello from far\n')
  expect(Object.keys(good).map(name => stack.attributes(name).firewall)).toMatchObject([
    { open: true, persistent: true },
    { open: null, persistent: true },
    { open: null, persistent: true },
  ])
  stack.declare(good)
  const planned = await stack.plan()
  expect(planned).toMatchObject({ code: 0 })
  expect(planned.text).toContain('tcp/8084 from anywhere cannot be told')
  await middle.sh('systemctl reload nftables')
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
  await middle.writeFile('/etc/nftables.conf', `${conf}\n`)
  await middle.sh('systemctl reload nftables')
})

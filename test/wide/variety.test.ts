// Listeners of every kind on hosts that make it hard, and two people who deploy to them at the same time.
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, type Stack } from '../lab/stack'

let lab: Lab
let ours: Stack
let bobs: Stack
let base: Record<string, unknown>
let before: Awaited<ReturnType<typeof fingerprints>>

/** What an administrator may well have written for everybody; sshd also answers on another port. */
const strict = `AllowUsers root admin
DisableForwarding yes
AllowTcpForwarding no
GatewayPorts no
AuthenticationMethods publickey,password password
MaxAuthTries 2
MaxSessions 1
Port 22
Port 2200
Match User root,admin
    AuthenticationMethods publickey
    DisableForwarding no
    AllowTcpForwarding yes
`

beforeAll(async () => {
  lab = await startLab()
  ours = await makeStack(lab)
  bobs = await makeStack(lab)
  const host = hostsOf(lab)
  base = { forward: 'remote', far: 'far:80', client: host('near'), server: host('middle') }
  await lab.hosts.middle.sh(`
    printf %s '${strict}' >>/etc/ssh/sshd_config
    sed -i 's/tcp dport 22 accept/tcp dport { 22, 2200 } accept/' /etc/nftables.conf
    systemctl reload nftables; systemctl restart ssh`)
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  ours?.remove()
  bobs?.remove()
})

test("every kind of listener comes up beside an administrator's own strict settings", async () => {
  const host = hostsOf(lab)
  const middle = host('middle')
  ours.declare({
    star: { ...base, listen: '*:8081' },
    zero: { ...base, listen: '0.0.0.0:8082' },
    'star-local': { ...base, forward: 'local', client: middle, listen: '*:8083' },
    six: { ...base, forward: 'local', client: middle, listen: '[::]:8087' },
    'near-loopback': { ...base, forward: 'local', listen: '127.0.0.1:5432', far: 'far:22' },
    'near-public': { ...base, forward: 'local', listen: '198.51.100.10:5433' },
    'other-port': {
      ...base,
      server: host('middle', { port: 2200, known_hosts: null, host_key: lab.hosts.middle.hostKey }),
      listen: '203.0.113.20:8084',
    },
    'many-sources': {
      ...base,
      listen: '203.0.113.20:8085',
      allow_from: ['192.0.2.0/24', '192.0.2.64/26', '192.0.2.70'],
    },
    unproved: { ...base, listen: '203.0.113.20:8086', far: 'nosuchhost:443', probe: 'none' },
  })
  await ours.mustApply()
  const pages = await Promise.all([8081, 8082, 8083, 8084, 8085].map(port => fetchPage(lab, port)))
  expect(pages).toEqual(Array(5).fill('hello from far\n'))
  expect((await listeners(lab, 'near')).filter(line => line.startsWith('ssh '))).toEqual([
    'ssh 127.0.0.1:5432',
    'ssh 198.51.100.10:5433',
  ])
  expect((await listeners(lab, 'middle')).filter(line => !/:22(00)?$/.test(line))).toEqual([
    'ssh 0.0.0.0:8083',
    'ssh [::]:8083',
    'ssh [::]:8087',
    'sshd 0.0.0.0:8081',
    'sshd 0.0.0.0:8082',
    'sshd 203.0.113.20:8084',
    'sshd 203.0.113.20:8085',
    'sshd 203.0.113.20:8086',
    'sshd [::]:8081',
  ])
  expect(ours.attributes('near-loopback')).toMatchObject({ firewall: null, proof: { from: 'near', answered: true } })
  expect(ours.attributes('unproved').proof).toBeNull()
  // ssh binds :: for IPv6 alone, and nobody has said which IPv6 address middle has.
  expect(ours.attributes('six')).toMatchObject({
    endpoint: '[::]:8087',
    proof: { from: 'middle', past_firewall: false, answered: true, evidence: 'http status' },
  })
  expect(await ours.plan()).toMatchObject({ code: 0 })
  await ours.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})

test('two people deploy to the same hosts, and destroy, at the same time', async () => {
  const three = (name: string, owner: string, port: number) =>
    Object.fromEntries([0, 1, 2].map(at => [`${name}-${at}`, { ...base, owner, listen: `203.0.113.20:${port + at}` }]))
  ours.declare(three('ours', 'alice', 8100))
  bobs.declare(three('bobs', 'bob', 8200))
  await Promise.all([ours.mustApply(), bobs.mustApply()])
  const pages = await Promise.all([8100, 8101, 8102, 8200, 8201, 8202].map(port => fetchPage(lab, port)))
  expect(pages).toEqual(Array(6).fill('hello from far\n'))
  await Promise.all([ours.destroy(), bobs.destroy()])
  expect(await fingerprints(lab)).toEqual(before)
})

test('an sshd that listens on its public address only, has RSA host keys only and gives one session at a time does as well', async () => {
  const { middle } = lab.hosts
  await middle.sh(`cp -a /etc/ssh /root/ssh
    rm /etc/ssh/ssh_host_*; ssh-keygen -q -t rsa -N '' -f /etc/ssh/ssh_host_rsa_key
    printf 'ListenAddress 203.0.113.20\\nMaxSessions 1\\n' >/etc/ssh/sshd_config.d/00-local.conf
    systemctl restart ssh`)
  const [type, key] = (await middle.sh('cat /etc/ssh/ssh_host_rsa_key.pub')).split(' ')
  const server = hostsOf(lab)('middle', { known_hosts: null, host_key: `${type} ${key}` })
  before = await fingerprints(lab)
  const itself = { ...base, forward: 'local', client: server, server }
  ours.declare({
    itself: { ...itself, listen: '203.0.113.20:8081' },
    'itself-too': { ...itself, listen: '203.0.113.20:8082', far: 'server935:22' },
    remote: { ...base, server, listen: '203.0.113.20:8083' },
  })
  await ours.mustApply()
  expect(await Promise.all([8081, 8083].map(port => fetchPage(lab, port)))).toEqual(Array(2).fill('hello from far\n'))
  expect(ours.attributes('itself')).toMatchObject({ command: expect.stringMatching(/@203\.0\.113\.20$/) })
  expect(await ours.plan()).toMatchObject({ code: 0 })
  await ours.destroy()
  expect(await fingerprints(lab)).toEqual(before)
  await middle.sh('rm -r /etc/ssh; mv /root/ssh /etc/ssh; systemctl restart ssh')
})

const config = '/etc/ssh/sshd_config'
const foreign = '/etc/ssh/sshd_config.d/00-local.conf'

test.each([
  ['has no Include', `sed -i '/^Include/d' ${config}; systemctl reload ssh`],
  [
    'reads other files only',
    `sed -i 's#^Include.*#Include /etc/ssh/sshd_config.d/50-*.conf#' ${config}; systemctl reload ssh`,
  ],
  [
    'has its Include in a Match block, at the bottom',
    `sed -i '/^Include/d' ${config}; printf 'Include /etc/ssh/sshd_config.d/*.conf\n' >>${config}; systemctl reload ssh`,
  ],
  [
    'reads a file before ours that says no to everybody, and to whom a tunnel is',
    `printf 'DenyUsers guest tun-*\nDenyGroups tun-*\nMatch Address 198.51.100.10,203.0.113.20,127.0.0.1\nPubkeyAuthentication no\nPermitListen none\nPermitOpen none\n' >${foreign}
    sed -i '/^Match/i AllowGroups root admin' ${config}; systemctl reload ssh`,
  ],
  [
    'waits behind a socket of systemd, with another configuration file,',
    `mkdir /etc/site; grep -v ^Include ${config} >/etc/site/sshd; echo 'SSHD_OPTS="-f /etc/site/sshd"' >/etc/default/ssh
    systemctl stop ssh; systemctl start ssh.socket`,
  ],
])('an sshd that %s does as well, and has its configuration back as it was', async (_how, spoil) => {
  const { middle } = lab.hosts
  await middle.sh(`cp -a /etc/ssh /root/ssh; cp -p /etc/default/ssh /root/default-ssh; ${spoil}`)
  before = await fingerprints(lab)
  const server = hostsOf(lab)('middle')
  ours.declare({
    remote: { ...base, server, listen: '203.0.113.20:8081' },
    itself: { ...base, forward: 'local', client: server, server, listen: '203.0.113.20:8082' },
  })
  await ours.mustApply()
  expect(await Promise.all([8081, 8082].map(port => fetchPage(lab, port)))).toEqual(Array(2).fill('hello from far\n'))
  expect(await ours.plan()).toMatchObject({ code: 0 })
  await ours.destroy()
  expect(await fingerprints(lab)).toEqual(before)
  await middle.sh(`rm -rf /etc/ssh /etc/site; mv /root/ssh /etc/ssh; mv /root/default-ssh /etc/default/ssh
    systemctl stop ssh.socket; systemctl restart ssh`)
})

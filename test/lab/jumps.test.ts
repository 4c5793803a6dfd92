// A tunnel whose ssh goes over two jump hosts, where its client cannot reach the server itself.
//
//    near --> middle --> gate --> far: the router lets nothing else through between them
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { hostsOf, makeStack, type Resources, type Stack } from './stack'

let lab: Lab
let stack: Stack
let before: string[]

const machines = () => [lab.hosts.near, lab.hosts.middle, lab.gate, lab.hosts.far]
const fingerprints = () => Promise.all(machines().map(host => fingerprint(host)))

/** Between hosts of the lab this way alone is open. */
const oneWay = `table inet ways
delete table inet ways
table inet ways {
  chain forward {
    type filter hook forward priority 5;
    iifname { "near", "middle" } oifname "far" drop
    iifname "near" oifname "gate" drop
    iifname "far" oifname { "near", "middle" } drop
    iifname "gate" oifname "near" drop
  }
}`
const setWays = (rules: string) => lab.onRouter(`nft -f - <<'END'\n${rules}\nEND`)
const everyWay = 'table inet ways\ndelete table inet ways'

const host = (name: 'near' | 'middle' | 'far' | 'gate') =>
  name === 'gate'
    ? { name, address: lab.gate.address, identity_file: lab.keyFile, known_hosts: lab.knownHosts }
    : hostsOf(lab)(name)

type Jump = 'middle' | 'gate'

/** near reads far's page at its own port, and far logs in to near at its own. */
const declare = (jumps: readonly Jump[], further: Resources = {}) => {
  const way = {
    client: host('near'),
    ...(jumps.length > 0 && { jumps: jumps.map(host) }),
    server: host('far'),
  }
  stack.declare({
    page: { ...way, forward: 'local', listen: '127.0.0.1:5432', far: '127.0.0.1:80' },
    login: { ...way, forward: 'remote', listen: '192.0.2.130:8022', far: '127.0.0.1:22' },
    ...further,
  })
}

const readPage = async () => (await lab.hosts.near.exec('curl -s --max-time 3 http://127.0.0.1:5432/')).stdout
const readLogin = async () => (await lab.hosts.far.exec('nc -w 3 192.0.2.130 8022 </dev/null')).stdout

beforeAll(async () => {
  lab = await startLab({ gate: true })
  stack = await makeStack(lab)
  await setWays(oneWay)
  before = await fingerprints()
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

test('its client cannot reach the server itself', async () => {
  const { stdout } = await lab.hosts.near.exec('nc -w 2 192.0.2.130 22 </dev/null')
  expect(stdout).toBe('')
})

test('a plan shows what will stand on each jump host', async () => {
  declare(['middle', 'gate'])
  const { text, code } = await stack.plan()
  expect({ text, code }).toMatchObject({ code: 2 })
  expect(text).toContain('Plan: 2 to add')
  expect(text.replace(/ +/g, ' ')).toMatch(/jump_logins = \[/)
  expect(text).toContain('permitopen=\\"198.18.0.40:22\\"')
  expect(text).toContain('permitopen=\\"192.0.2.130:22\\"')
})

test('both forwards come up over both, and are proved', async () => {
  await stack.mustApply()
  expect(await readPage()).toBe('hello from far\n')
  expect(await readLogin()).toMatch(/^SSH-2\.0-/)
  expect(stack.attributes('page').proof).toMatchObject({ answered: true })
  expect(stack.attributes('page').command).toBe(
    'ssh -N -L 127.0.0.1:5432:127.0.0.1:80 -J tun-page@203.0.113.20,tun-page@198.18.0.40 tun-page@192.0.2.130',
  )
})

test('the next plan is empty', async () => {
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

/** As who has stolen the key of a tunnel would, at the first jump host; TO is the login there. */
const withKey = (words: string) =>
  lab.hosts.near.exec(
    `install -m 600 /etc/ssh-tunnels/page/key /run/stolen
    timeout 10 ssh -F none -v -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o ExitOnForwardFailure=yes \
      -o UserKnownHostsFile=/etc/ssh-tunnels/page/known_hosts -i /run/stolen ${words.replace('TO', 'tun-page@203.0.113.20')} </dev/null
    rm /run/stolen`,
  )

test('at a jump host its key reaches the next sshd', async () => {
  expect((await withKey('-W 198.18.0.40:22 TO')).stdout).toMatch(/^SSH-2\.0-/)
})

test.each([
  ['a command', 'TO id', /Session open|channel 0: open failed/i],
  ['a terminal', '-tt TO', /Session open|channel 0: open failed/i],
  ['sftp', '-s TO sftp', /Session open|channel 0: open failed/i],
  ['its own sshd', '-W 127.0.0.1:22 TO', /prohibited/],
  ['another port of the next', '-W 198.18.0.40:80 TO', /prohibited/],
  ['the next one by its name', '-W gate:22 TO', /prohibited/],
  ['the server', '-W 192.0.2.130:22 TO', /prohibited/],
  ['a listener', '-N -R 203.0.113.20:9001:127.0.0.1:22 TO', /forwarding failed/],
  ['a listening socket', '-N -R /run/none.sock:127.0.0.1:22 TO', /forwarding failed/],
])('and nothing else there: %s', async (_, words, no) => {
  const { stdout, stderr } = await withKey(words)
  expect(stderr).toContain('Authenticated to')
  expect({ stdout, stderr }).toMatchObject({ stdout: '', stderr: expect.stringMatching(no) })
})

test('what somebody changes on a jump host, and of what ssh goes by there, the next plan shows, and an apply puts back', async () => {
  await lab.hosts.middle.sh(`sed -i s/permitopen/permitlisten/ /etc/ssh-tunnels/page/authorized_keys`)
  await lab.gate.sh('echo "# by hand" >>/etc/ssh/sshd_config.d/10-ssh-tunnels-login.conf; usermod -s /bin/sh tun-page')
  await lab.hosts.near.sh(
    `sed -i 's/StrictHostKeyChecking yes/StrictHostKeyChecking no/' /etc/ssh-tunnels/page/ssh_config
    sed -i 3d /etc/ssh-tunnels/login/known_hosts`,
  )
  const { code, text } = await stack.plan()
  expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining('Plan: 0 to add, 2 to change') })
  for (const seen of ['"/bin/sh"', 'permitlisten', 'sha256', 'jump_host_keys']) expect(text).toContain(seen)
  await stack.mustApply()
  expect(await stack.plan()).toMatchObject({ code: 0 })
  expect([await readPage(), await readLogin()]).toEqual(['hello from far\n', expect.stringMatching(/^SSH/)])
})

test('a jump host is taken out of the way, and nothing stays there', async () => {
  await setWays(everyWay)
  declare(['middle'])
  const planned = await stack.plan()
  expect(planned.text).toContain('Plan: 0 to add, 2 to change, 0 to destroy.')
  await stack.mustApply()
  expect(await readPage()).toBe('hello from far\n')
  expect(await fingerprint(lab.gate)).toBe(before[2])
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('the way is turned round, and another is put into it', async () => {
  declare(['gate', 'middle'])
  await stack.mustApply()
  expect([await readPage(), await readLogin()]).toEqual(['hello from far\n', expect.stringMatching(/^SSH/)])
  const held = await lab.gate.sh(`ss -Htn state established '( dport = :22 )'`)
  expect(held).toContain('203.0.113.20:22')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('it goes straight again, and then over one', async () => {
  declare([])
  await stack.mustApply()
  expect(await readPage()).toBe('hello from far\n')
  expect([await fingerprint(lab.hosts.middle), await fingerprint(lab.gate)]).toEqual([before[1], before[2]])
  expect(await stack.plan()).toMatchObject({ code: 0 })
  declare(['gate'])
  await stack.mustApply()
  expect(await readPage()).toBe('hello from far\n')
})

test('when a jump host comes back so does the tunnel', async () => {
  await lab.gate.reboot()
  expect(await waitFor('the page to come back', async () => (await readPage()) || undefined, 60_000)).toBe(
    'hello from far\n',
  )
})

test('destroy leaves all four hosts as they were', async () => {
  await stack.destroy()
  expect(await fingerprints()).toEqual(before)
})

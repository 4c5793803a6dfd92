// The middle server's own settings as a resource: set, shown, put back when they drift, and taken back by destroy.
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

let lab: Lab
let stack: Stack
let middle: Record<string, unknown>
let web: Record<string, unknown>
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  const host = hostsOf(lab)
  middle = {
    host: host('middle'),
    gateway_ports: 'clientspecified',
    allow_tcp_forwarding: 'no',
    client_alive_interval: 45,
    client_alive_count_max: 4,
    max_startups: '50:30:100',
    open_ports: [{ port: 9090, address: '203.0.113.20', from: ['192.0.2.64/26'] }, { port: 9091 }],
  }
  web = { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: host('near'), server: host('middle') }
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

const effective = async () => {
  const lines = (
    await lab.hosts.middle.sh('sshd -T -C user=root,host=x,addr=192.0.2.10,laddr=203.0.113.20,lport=22')
  ).split('\n')
  return lines.filter(line => /^(gatewayports|allowtcpforwarding|clientalive|maxstartups)/.test(line)).sort()
}

const asked = [
  'allowtcpforwarding no',
  'clientalivecountmax 4',
  'clientaliveinterval 45',
  'gatewayports clientspecified',
  'maxstartups 50:30:100',
]

test('settings and openings are made and shown, and a tunnel works beside a middle that forbids forwarding to all others', async () => {
  stack.declare({ web }, { middle })
  await stack.mustApply()
  expect(await effective()).toEqual(asked)
  expect(stack.attributes('middle')).toMatchObject({
    sshd: {
      gateway_ports: 'clientspecified',
      allow_tcp_forwarding: 'no',
      client_alive_interval: 45,
      client_alive_count_max: 4,
      max_startups: '50:30:100',
    },
    firewall: {
      open: true,
      persistent: true,
      opens: ['203.0.113.20 tcp/9090 from 192.0.2.64/26', 'any address tcp/9091 from anywhere'],
    },
  })
  expect(stack.attributes('web').sshd).toMatchObject({ allow_tcp_forwarding: 'remote', client_alive_interval: 30 })
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('its openings let in whom they should', async () => {
  const page = (port: number) =>
    lab.hosts.middle.sh(`systemd-run --quiet --unit=page-${port} busybox httpd -f -p 203.0.113.20:${port} -h /etc/skel
      until ss -Hltn | grep -q :${port}; do sleep 0.05; done`)
  await Promise.all([page(9090), page(9091)])
  const reach = async (from: 'visitor' | 'controller', port: number) => (await fetchPage(lab, port, from)) !== undefined
  const reached = await Promise.all([
    reach('visitor', 9090),
    reach('controller', 9090),
    reach('visitor', 9091),
    reach('controller', 9091),
  ])
  expect(reached).toEqual([true, false, true, true])
  await lab.hosts.middle.sh('systemctl stop page-9090 page-9091')
})

test('drift in them is shown and mended', async () => {
  await lab.hosts.middle.sh(`
    sed -i 's/^ClientAliveInterval 45/ClientAliveInterval 1/' /etc/ssh/sshd_config.d/10-ssh-tunnels.conf
    systemctl reload ssh
    nft delete rule inet filter input handle $(nft -a list ruleset | sed -n 's/.*dport 9091 .*handle //p')`)
  const { text } = await stack.plan()
  expect(text).toContain('# sshtunnel_middle.middle will be updated in-place')
  expect(text).toMatch(/~ client_alive_interval += 1 -> 45/)
  expect(text).toMatch(/~ open += false -> true/)
  expect(text).toMatch(/\+ "any address tcp\/9091 from anywhere"/)
  await stack.mustApply()
  expect(await effective()).toEqual(asked)
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('a second owner of the same settings is refused', async () => {
  const other = await makeStack(lab)
  other.declare({}, { middle: { host: middle.host, owner: 'bob', client_alive_interval: 5 } })
  const stands = await fingerprints(lab)
  const { code, text } = await other.apply()
  other.remove()
  expect(code).toBe(1)
  expect(text).toContain('Error: middle is already set up by somebody else')
  expect(text).toContain('belongs to owner terraform')
  expect(await fingerprints(lab)).toEqual(stands)
})

test('a setting that is asked for no more goes back to what it was', async () => {
  const { client_alive_interval, open_ports, ...fewer } = middle
  stack.declare({ web }, { middle: fewer })
  await stack.mustApply()
  expect(await effective()).toEqual(
    asked.map(line => (line.startsWith('clientaliveinterval') ? 'clientaliveinterval 0' : line)),
  )
  expect(stack.attributes('middle').firewall).toBeNull()
  expect(await lab.hosts.middle.sh('nft list ruleset | grep -c "909[01]" || :')).toBe('0')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('destroy takes all of it back', async () => {
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})

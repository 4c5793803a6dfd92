// The middle server's own settings as a resource: set, shown, put back when they drift, and taken back by destroy.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
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
  const there = host('middle', { user: 'admin', become: 'sudo' })
  // Debian's sudo leaves a file in the home of who uses it for the first time.
  await lab.hosts.middle.sh(`runuser -u admin -- sudo -n true
    install -d /etc/ssh/keys && install -m 644 ~admin/.ssh/authorized_keys /etc/ssh/keys/admin`)
  middle = {
    host: there,
    gateway_ports: 'clientspecified',
    allow_tcp_forwarding: 'no',
    client_alive_interval: 45,
    client_alive_count_max: 4,
    max_startups: '50:30:100',
    max_sessions: 1,
    permit_root_login: 'no',
    password_authentication: 'no',
    log_level: 'VERBOSE',
    use_dns: 'no',
    allow_users: ['admin', 'ops-*@203.0.113.0/24'],
    extra: {
      DisableForwarding: ['yes'],
      AuthorizedKeysFile: ['/etc/ssh/keys/%u'],
      AcceptEnv: ['GREETING', 'FAREWELL'],
      X11Forwarding: ['no'],
    },
    open_ports: [{ port: 9090, address: '203.0.113.20', from: ['192.0.2.64/26'] }, { port: 9091 }],
  }
  web = { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: host('near'), server: there }
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
  const ours =
    /^(gatewayports|allowtcpforwarding|clientalive|maxs|permitroot|passworda|loglevel|usedns|disablef|authorizedkeysfile|x11forwarding|acceptenv [GF])/
  // Where our Include stands above the host's own, our files are read twice, and lists have all of theirs twice.
  return [...new Set(lines.filter(line => ours.test(line)))].sort()
}

const asked = [
  'acceptenv FAREWELL',
  'acceptenv GREETING',
  'allowtcpforwarding no',
  'authorizedkeysfile /etc/ssh/keys/%u',
  'clientalivecountmax 4',
  'clientaliveinterval 45',
  'disableforwarding yes',
  'gatewayports clientspecified',
  'loglevel VERBOSE',
  'maxsessions 1',
  'maxstartups 50:30:100',
  'passwordauthentication no',
  'permitrootlogin no',
  'usedns no',
  'x11forwarding no',
]

test('settings and openings are made and shown, and a tunnel works beside a middle that forbids all others what it needs', async () => {
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
      max_sessions: 1,
      permit_root_login: 'no',
      password_authentication: 'no',
      log_level: 'VERBOSE',
      use_dns: 'no',
      allow_users: ['admin', 'ops-*@203.0.113.0/24'],
      extra: [
        'AcceptEnv GREETING',
        'AcceptEnv FAREWELL',
        'AuthorizedKeysFile /etc/ssh/keys/%u',
        'DisableForwarding yes',
        'X11Forwarding no',
      ],
      extra_in_effect: true,
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

test('whoever makes a list of users later keeps out neither those that we name, nor the tunnel', async () => {
  await lab.hosts.middle.sh(`echo 'AllowUsers nobody' >/etc/ssh/sshd_config.d/50-site.conf; systemctl reload ssh`)
  await lab.hosts.near.sh('systemctl restart tunnel-web')
  await waitFor('the tunnel is back', async () => (await fetchPage(lab, 8080)) === 'hello from far\n')
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await lab.hosts.middle.sh('rm /etc/ssh/sshd_config.d/50-site.conf; systemctl reload ssh')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('what this sshd does not know or take is told by the plan, and an apply touches nothing', async () => {
  const stands = await fingerprints(lab)
  const odd = {
    ...middle,
    extra: { Bannner: ['none'], X11Forwarding: ['perhaps'] },
    per_source_penalties: 'authfail:5s',
  }
  stack.declare({ web }, { middle: odd })
  const { text } = await stack.plan()
  expect(text).toMatch(
    /Warning: sshd on middle \(OpenSSH_\S+\) does not take PerSourcePenalties, Bannner, X11Forwarding/,
  )
  const applied = await stack.apply()
  expect(applied.code).toBe(1)
  expect(applied.text).toContain('Error: sshd on middle')
  expect(applied.text).toContain('sshd -t says: Bad configuration option: Bannner')
  expect(applied.text).toContain('install OpenSSH 9.8 or later on middle')
  expect(await fingerprints(lab)).toEqual(stands)
  // A failed update leaves its arguments in the state, beside what stands.
  expect(stack.attributes('middle').sshd.extra).toContain('Bannner none (not in our drop-in)')
  stack.declare({ web }, { middle })
  await stack.mustApply()
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
    sed -i 's/^ClientAliveInterval 45/ClientAliveInterval 1/; s/^X11Forwarding no/X11Forwarding yes/; /^Match User admin/,+1d' \\
      /etc/ssh/sshd_config.d/10-ssh-tunnels.conf
    sed -i '1i LogLevel ERROR' /etc/ssh/sshd_config
    systemctl reload ssh
    nft delete rule inet filter input handle $(nft -a list ruleset | sed -n 's/.*dport 9091 .*handle //p')`)
  const { text } = await stack.plan()
  expect(text).toContain('# sshtunnel_middle.middle will be updated in-place')
  expect(text).toMatch(/~ log_level += "ERROR" -> "VERBOSE"/)
  expect(text).toContain(`"x11forwarding yes"`)
  expect(text).toMatch(/~ extra_in_effect += false -> true/)
  expect(text).toMatch(/\+ "admin",?\n/)
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
  await lab.hosts.middle.sh(`sed -i '/^LogLevel ERROR$/d' /etc/ssh/sshd_config`)
  const { client_alive_interval, open_ports, extra, ...fewer } = middle
  stack.declare({ web }, { middle: fewer })
  await stack.mustApply()
  const defaults = [
    'authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2',
    'clientaliveinterval 0',
    'disableforwarding no',
    'x11forwarding yes',
  ]
  const gone = /^(acceptenv|authorizedkeysfile|clientaliveinterval|disableforwarding|x11forwarding)/
  expect(await effective()).toEqual([...asked.filter(line => !gone.test(line)), ...defaults].sort())
  expect(stack.attributes('middle').sshd).toMatchObject({ extra: null, extra_in_effect: null })
  expect(stack.attributes('middle').firewall).toBeNull()
  expect(await lab.hosts.middle.sh('nft list ruleset | grep -c "909[01]" || :')).toBe('0')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('destroy takes all of it back', async () => {
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})

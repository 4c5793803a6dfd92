// The middle server's own settings, attribute by attribute, and what is not an attribute of anything.
import { DataResource, TerraformStack } from 'cdktf'
import { Host, MiddleServer, Tunnel } from '../../constructs'
import { attributesOf, readStack, synthesize, synthesizeApp } from './synthesize'

test('sshd and firewall settings become one resource', () => {
  const stack = synthesize(stack => {
    new MiddleServer(stack, 'middle', {
      address: '203.0.113.20',
      user: 'debian',
      become: 'sudo',
      sshd: {
        gatewayPorts: 'clientspecified',
        allowTcpForwarding: 'remote',
        clientAliveInterval: 30,
        clientAliveCountMax: 3,
        maxStartups: '30:50:200',
      },
      firewall: { openPorts: [{ port: 443 }, { port: 80, address: '203.0.113.20', from: ['198.51.100.0/24'] }] },
    })
  })
  expect(attributesOf(stack, 'sshtunnel_middle', 'middle')).toEqual({
    name: 'middle',
    host: { name: 'middle', address: '203.0.113.20', user: 'debian', become: 'sudo' },
    gateway_ports: 'clientspecified',
    allow_tcp_forwarding: 'remote',
    client_alive_interval: 30,
    client_alive_count_max: 3,
    max_startups: '30:50:200',
    open_ports: [{ port: 443 }, { port: 80, address: '203.0.113.20', from: ['198.51.100.0/24'] }],
  })
})

test('without settings there is nothing to manage', () => {
  const stack = synthesize(stack => {
    new MiddleServer(stack, 'middle', { address: '203.0.113.20' })
  })
  expect(stack.resource).toBeUndefined()
})

test('ids that are no names are made legal', () => {
  const stack = readStack(
    synthesizeApp(app => {
      const stack = new TerraformStack(app, 'prod:eu-')
      new MiddleServer(stack, 'the middle!', { address: '203.0.113.20', sshd: { gatewayPorts: 'no' } })
    }),
    'prod:eu-',
  )
  const [middle] = Object.values(stack.resource.sshtunnel_middle ?? {})
  expect(middle).toMatchObject({ name: 'the-middle', host: { name: 'the-middle' } })
  expect(stack.provider.sshtunnel).toMatchObject([{ owner: expect.stringMatching(/^prod-eu\.[0-9a-f]{8}$/) }])
})

test('every setting of sshd is an argument, and a keyword of extra keeps its name, its value being a list of lines', () => {
  const stack = synthesize(stack => {
    new MiddleServer(stack, 'middle', {
      address: '203.0.113.20',
      user: 'admin',
      become: 'sudo',
      sshd: {
        maxSessions: 4,
        permitRootLogin: 'no',
        passwordAuthentication: 'no',
        logLevel: 'VERBOSE',
        useDNS: 'no',
        perSourcePenalties: 'no',
        allowUsers: ['deploy'],
        extra: { Banner: '/etc/issue.net', X11Forwarding: 'no', RekeyLimit: 5, AcceptEnv: ['LANG', 'LC_*'] },
      },
    })
  })
  expect(attributesOf(stack, 'sshtunnel_middle', 'middle')).toMatchObject({
    max_sessions: 4,
    permit_root_login: 'no',
    password_authentication: 'no',
    log_level: 'VERBOSE',
    use_dns: 'no',
    per_source_penalties: 'no',
    allow_users: ['deploy'],
    extra: { Banner: ['/etc/issue.net'], X11Forwarding: ['no'], RekeyLimit: ['5'], AcceptEnv: ['LANG', 'LC_*'] },
  })
})

test('a value that is known only after apply is passed on, be it text, a number or a list', () => {
  const stack = synthesize(stack => {
    const vm = new DataResource(stack, 'vm', { input: { banner: 'none' } })
    new MiddleServer(stack, 'middle', {
      address: '203.0.113.20',
      sshd: {
        extra: {
          Banner: vm.getStringAttribute('output.banner'),
          RekeyLimit: vm.getNumberAttribute('output.limit'),
          AcceptEnv: vm.getListAttribute('output.names'),
        },
      },
    })
  })
  const vm = '${terraform_data.vm.output'
  expect(attributesOf(stack, 'sshtunnel_middle', 'middle').extra).toEqual({
    Banner: [`${vm}.banner}`],
    RekeyLimit: [`${vm}.limit}`],
    AcceptEnv: `${vm}.names}`,
  })
})

test('who makes its firewall and how long it waits to be confirmed goes with the host, to the tunnels too, and is no setting by itself', () => {
  const stack = synthesize(stack => {
    const middle = new MiddleServer(stack, 'middle', {
      address: '203.0.113.20',
      guardWindow: 120,
      firewall: { manager: 'ufw' },
    })
    const near = Host.at({
      address: '198.51.100.10',
      via: [Host.at({ address: 'relay', firewallManager: 'nftables', guardWindow: 20 })],
    })
    new Tunnel(stack, 'web', {
      client: near,
      server: middle,
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'far:80',
    })
  })
  expect(stack.resource.sshtunnel_middle).toBeUndefined()
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'web')).toMatchObject({
    client: { via: [{ name: 'relay', address: 'relay' }] },
    server: { name: 'middle', address: '203.0.113.20', firewall_manager: 'ufw', guard_window: 120 },
  })
})

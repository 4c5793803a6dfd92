// Each kind of tunnel, attribute by attribute, as Terraform gets it.
import { DataResource, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf'
import { Construct } from 'constructs'
import { Host, MiddleServer, SshtunnelProvider, Tunnel } from '../../constructs'
import { attributesOf, readStack, synthesize, synthesizeApp } from './synthesize'

const middle = Host.at({ name: 'middle', address: '203.0.113.20', user: 'debian', become: 'sudo' })
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL'
const middleAttributes = { name: 'middle', address: '203.0.113.20', user: 'debian', become: 'sudo' }

test('near publishes itself on the middle with a remote forward', () => {
  const stack = synthesize(stack => {
    new Tunnel(stack, 'web', {
      client: Host.local(),
      server: middle,
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'localhost:80',
      allowFrom: ['198.51.100.0/24', '192.0.2.7'],
      serverAlive: { interval: 15, countMax: 2 },
      probe: 'http',
      probeStatus: ['2xx'],
      probeFrom: middle,
      labels: { costCentre: 'web' },
    })
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'web')).toEqual({
    name: 'web',
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'localhost:80',
    allow_from: ['198.51.100.0/24', '192.0.2.7'],
    client: { name: 'local', local: true },
    server: middleAttributes,
    server_alive: { interval: 15, count_max: 2 },
    probe: 'http',
    probe_status: ['2xx'],
    probe_from: middleAttributes,
    labels: { costCentre: 'web' },
  })
})

test('without a server the middle is its own client and server', () => {
  const stack = synthesize(stack => {
    const props = { forward: 'local', listen: '203.0.113.20:110', far: 'server935:22' } as const
    new Tunnel(stack, 'server935-ssh', { client: middle, owner: 'team-a', ...props })
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'server935-ssh')).toEqual({
    name: 'server935-ssh',
    owner: 'team-a',
    forward: 'local',
    listen: '203.0.113.20:110',
    far: 'server935:22',
    client: middleAttributes,
    server: middleAttributes,
  })
})

test('the middle dials far itself, through jump hosts', () => {
  const stack = synthesize(stack => {
    const far = Host.at({
      address: 'server935',
      port: 2222,
      addresses: ['192.0.2.35'],
      hostKey,
      knownHosts: '/etc/known',
      identityFile: '~/.ssh/far',
      via: [
        { address: 'bastion.example', hostKey },
        { address: '2001:db8::1', user: 'jump' },
      ],
    })
    const props = { forward: 'local', listen: '203.0.113.20:110', far: '127.0.0.1:22' } as const
    new Tunnel(stack, 'far-ssh', { name: 'ssh935', client: middle, server: far, ...props })
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'far-ssh')).toEqual({
    name: 'ssh935',
    forward: 'local',
    listen: '203.0.113.20:110',
    far: '127.0.0.1:22',
    client: middleAttributes,
    server: {
      name: 'server935',
      address: 'server935',
      port: 2222,
      addresses: ['192.0.2.35'],
      host_key: hostKey,
      known_hosts: '/etc/known',
      identity_file: '~/.ssh/far',
      via: [
        { name: 'bastion.example', address: 'bastion.example', host_key: hostKey },
        { name: 'jump-2', address: '2001:db8::1', user: 'jump' },
      ],
    },
  })
})

test('what other resources know only after apply stays a reference', () => {
  const stack = synthesize(stack => {
    const vm = new DataResource(stack, 'vm', { input: { ip: '203.0.113.20' } })
    const ip = vm.getStringAttribute('output.ip')
    const server = Host.at({
      address: ip,
      addresses: vm.getListAttribute('output.ips'),
      port: vm.getNumberAttribute('output.port'),
      via: [{ address: vm.getStringAttribute('output.bastion') }],
    })
    new Tunnel(stack, 'db', {
      client: Host.local(),
      server,
      forward: 'remote',
      listen: `${ip}:5432`,
      far: 'localhost:5432',
      allowFrom: vm.getListAttribute('output.networks'),
    })
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'db')).toMatchObject({
    listen: '${terraform_data.vm.output.ip}:5432',
    allow_from: '${terraform_data.vm.output.networks}',
    server: {
      name: 'server',
      address: '${terraform_data.vm.output.ip}',
      addresses: '${terraform_data.vm.output.ips}',
      port: '${terraform_data.vm.output.port}',
      via: [{ name: 'jump-1', address: '${terraform_data.vm.output.bastion}' }],
    },
  })
})

test('what the tunnel learns at apply can be used elsewhere', () => {
  const stack = synthesize(stack => {
    const props = { client: middle, forward: 'local', listen: '203.0.113.20:8022', far: 'nas:22' } as const
    const { endpoint, host, port, command, publicKey, hostKey, unit, farAnswered } = new Tunnel(stack, 'nas', props)
    const value = { endpoint, host, port, command, publicKey, hostKey, unit, farAnswered }
    new TerraformOutput(stack, 'all', { value })
  })
  expect(stack.output.all?.value).toEqual({
    endpoint: '${sshtunnel_tunnel.nas.endpoint}',
    host: '${trimsuffix(trimprefix(element(regex("^(.*):[0-9]+$", sshtunnel_tunnel.nas.endpoint), 0), "["), "]")}',
    port: '${element(regex(":([0-9]+)$", sshtunnel_tunnel.nas.endpoint), 0)}',
    command: '${sshtunnel_tunnel.nas.command}',
    publicKey: '${sshtunnel_tunnel.nas.key.public_key}',
    hostKey: '${sshtunnel_tunnel.nas.key.host_key}',
    unit: '${sshtunnel_tunnel.nas.service.unit}',
    farAnswered: '${sshtunnel_tunnel.nas.proof.far_answered}',
  })
})

test('a tunnel waits for the settings of each middle server that it uses, and for what it is told to wait for', () => {
  const stack = synthesize(stack => {
    const vm = new DataResource(stack, 'vm', {})
    const relay = new MiddleServer(stack, 'relay', { address: '203.0.113.20', sshd: { clientAliveInterval: 30 } })
    const plain = new MiddleServer(stack, 'plain', { address: '203.0.113.30' })
    const props = { forward: 'local', listen: '203.0.113.20:8022', far: 'nas:22' } as const
    const nas = new Tunnel(stack, 'nas', { client: relay, server: plain, dependsOn: [vm], ...props })
    new DataResource(stack, 'backup', { dependsOn: [nas] })
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'nas')).toMatchObject({
    client: { name: 'relay', address: '203.0.113.20' },
    server: { name: 'plain', address: '203.0.113.30' },
    depends_on: ['terraform_data.vm', 'sshtunnel_middle.relay'],
  })
  expect(Object.keys(stack.resource.sshtunnel_middle ?? {})).toEqual(['relay'])
  expect(attributesOf(stack, 'terraform_data', 'backup')).toEqual({ depends_on: ['sshtunnel_tunnel.nas'] })
})

test('a tunnel to a Host waits for the settings of that machine too, whichever of the two was made first', () => {
  const stack = synthesize(stack => {
    const ip = new DataResource(stack, 'vm', {}).getStringAttribute('output.ip')
    const props = { forward: 'local', far: 'nas:22' } as const
    new Tunnel(stack, 'a', { ...props, client: Host.at({ address: '203.0.113.20', user: 'ops' }), listen: '*:8022' })
    new Tunnel(stack, 'b', { ...props, client: Host.at({ address: '203.0.113.21' }), listen: '*:8022' })
    new Tunnel(stack, 'c', { ...props, client: Host.at({ address: ip }), listen: '*:8022' })
    const first = new Tunnel(stack, 'd', { ...props, client: Host.at({ address: '203.0.113.22' }), listen: '*:8022' })
    const sshd = { clientAliveInterval: 30 }
    new MiddleServer(stack, 'relay', { address: '203.0.113.20', sshd })
    new MiddleServer(stack, 'cloud', { address: ip, sshd })
    new MiddleServer(stack, 'last', { address: '203.0.113.22', sshd, dependsOn: [first] })
  })
  const waits = Object.entries(stack.resource.sshtunnel_tunnel ?? {}).map(([name, tunnel]) => [name, tunnel.depends_on])
  expect(Object.fromEntries(waits)).toEqual({
    a: ['sshtunnel_middle.relay'],
    b: undefined,
    c: ['sshtunnel_middle.cloud'],
    d: undefined,
  })
})

test('a middle server of another stack is deployed first', () => {
  const outdir = synthesizeApp(app => {
    const [base, apps] = [new TerraformStack(app, 'base'), new TerraformStack(app, 'apps')]
    const relay = new MiddleServer(base, 'relay', { address: '203.0.113.20', sshd: { gatewayPorts: 'no' } })
    const props = { forward: 'local', listen: '203.0.113.20:8022', far: 'nas:22' } as const
    new Tunnel(apps, 'nas', { client: relay, ...props })
    expect(apps.dependsOn(base)).toBe(true)
  })
  expect(attributesOf(readStack(outdir, 'apps'), 'sshtunnel_tunnel', 'nas')).not.toHaveProperty('depends_on')
})

test('the provider knows the logins of all that are named, and of none that waits for a resource', () => {
  const stack = synthesize(stack => {
    const vm = new TerraformVariable(stack, 'vm', {})
    const port = new TerraformVariable(stack, 'port', { type: 'number' })
    new SshtunnelProvider(stack, 'ssh', { logins: [Host.at({ address: '203.0.113.30', user: 'admin' })] })
    const props = { forward: 'remote', far: 'nas:22' } as const
    const one = Host.at({ address: '198.51.100.10', name: 'near' })
    new Tunnel(stack, 'a', { ...props, client: one, server: middle, listen: '203.0.113.20:8022' })
    new Tunnel(stack, 'b', {
      ...props,
      client: Host.local(),
      server: Host.at({ address: vm.stringValue }),
      listen: '*:8023',
    })
    const other = Host.at({ address: '203.0.113.21', port: port.numberValue })
    new Tunnel(stack, 'c', { ...props, client: one, server: other, listen: '*:8024' })
  })
  const [provider] = stack.provider.sshtunnel as { logins: { address: string }[] }[]
  expect(provider?.logins.map(({ address }) => address).sort()).toEqual([
    '198.51.100.10',
    '203.0.113.20',
    '203.0.113.30',
  ])
})

test('tunnels deep in the tree share one provider, which comes by itself', () => {
  const stack = synthesize(stack => {
    const props = { client: middle, forward: 'local', far: 'nas:22' } as const
    new Tunnel(new Construct(stack, 'a'), 'nas', { ...props, name: 'nas-a', listen: '203.0.113.20:8022' })
    new Tunnel(new Construct(stack, 'b'), 'nas', { ...props, name: 'nas-b', listen: '203.0.113.20:8023' })
  })
  // Each login once, for the state may remember another.
  const logins = [expect.objectContaining({ address: '203.0.113.20' })]
  expect(stack.provider).toEqual({ sshtunnel: [expect.objectContaining({ logins })] })
  expect(stack.terraform.required_providers.sshtunnel).toEqual({
    source: 'terraform.local/tunnels/sshtunnel',
    version: expect.stringMatching(/^\d+\.\d+\.\d+-h[0-9a-f]{8}$/),
  })
  expect(Object.keys(stack.resource.sshtunnel_tunnel ?? {})).toHaveLength(2)
})

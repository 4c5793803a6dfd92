// From a YAML spec to a whole stack: middles, tunnels, outputs, and names that are the spec's.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tunnel, TunnelStack } from '../../constructs'
import { defaultOwner } from '../../schemas/owner'
import { readSpec } from '../../spec'
import { attributesOf, makeFolder, readStack, synthesizeApp } from './synthesize'

const { projectId } = JSON.parse(readFileSync(join(__dirname, '../../cdktf.json'), 'utf8')) as { projectId: string }

const yaml = `
version: 1
owner: ops
hosts:
  near: { local: true }
  web:
    address: 203.0.113.20
    sshd: { clientAliveInterval: 30 }
    firewall: { openPorts: [{ port: 443 }] }
  nas: { address: 192.0.2.35 }
tunnels:
  web: { client: near, server: web, forward: remote, listen: "203.0.113.20:8080", far: "localhost:80" }
  nas-ssh: { client: web, server: nas, forward: local, listen: "203.0.113.20:8022", far: "127.0.0.1:22" }
  backend: { client: nas, forward: local, listen: "192.0.2.35:8022", far: "printer:9100" }
`

function readYaml(text: string) {
  const file = join(makeFolder(), 'tunnels.yaml')
  writeFileSync(file, text)
  return readSpec(file)
}

test('what a tunnel depends on, also one that stands behind it in the file, is its depends_on', () => {
  const text = yaml.replace('backend: { client: nas,', 'backend: { client: nas, dependsOn: [nas-ssh, web],')
  const ordered = text.replace('  web: { client: near,', '  web: { client: near, dependsOn: [nas-ssh],')
  const stack = readStack(
    synthesizeApp(app => new TunnelStack(app, 'office', { spec: readYaml(ordered) })),
    'office',
  )
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'backend').depends_on).toEqual([
    'sshtunnel_tunnel.nas-ssh',
    'sshtunnel_tunnel.web',
  ])
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'web').depends_on).toEqual([
    'sshtunnel_tunnel.nas-ssh',
    'sshtunnel_middle.web',
  ])
})

test('hosts, tunnels and outputs keep their names, even where they are the same', () => {
  const spec = readYaml(yaml)
  const stack = readStack(
    synthesizeApp(app => new TunnelStack(app, 'office', { spec })),
    'office',
  )
  expect(attributesOf(stack, 'sshtunnel_middle', 'web')).toEqual({
    name: 'web',
    owner: 'ops',
    host: { name: 'web', address: '203.0.113.20' },
    client_alive_interval: 30,
    open_ports: [{ port: 443 }],
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'web')).toEqual({
    name: 'web',
    owner: 'ops',
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'localhost:80',
    client: { name: 'near', local: true },
    server: { name: 'web', address: '203.0.113.20' },
    depends_on: ['sshtunnel_middle.web'],
  })
  const waits = Object.entries(stack.resource.sshtunnel_tunnel ?? {}).map(([name, tunnel]) => [name, tunnel.depends_on])
  expect(Object.fromEntries(waits)).toEqual({
    web: ['sshtunnel_middle.web'],
    'nas-ssh': ['sshtunnel_middle.web'],
    backend: undefined,
  })
  expect(Object.keys(stack.output)).toEqual(['backend', 'nas-ssh', 'web'])
  expect(stack.output['nas-ssh']?.value).toEqual({
    endpoint: '${sshtunnel_tunnel.nas-ssh.endpoint}',
    far_answered: '${sshtunnel_tunnel.nas-ssh.proof.far_answered}',
    past_firewall: '${sshtunnel_tunnel.nas-ssh.proof.past_firewall}',
  })
})

test('one that is disabled shows no proof, for it has none', () => {
  const spec = readYaml(yaml.replace('"printer:9100" }', '"printer:9100", enabled: false }'))
  const stack = readStack(
    synthesizeApp(app => new TunnelStack(app, 'office', { spec })),
    'office',
  )
  expect(stack.output.backend?.value).toEqual({ endpoint: '${sshtunnel_tunnel.backend.endpoint}' })
})

test('the spec says how its tunnels are proved, and a tunnel may say it itself; one without a proof shows none', () => {
  const proved = yaml
    .replace('owner: ops', 'owner: ops\nprobe: warn')
    .replace('"localhost:80" }', '"localhost:80", probe: http warn, probeStatus: [200, 3xx], probeFrom: nas }')
    .replace('"printer:9100" }', '"printer:9100", probe: none }')
  const spec = readYaml(proved)
  const outdir = synthesizeApp(app => new TunnelStack(app, 'office', { spec }))
  const stack = readStack(outdir, 'office')
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'web')).toMatchObject({
    probe: 'http warn',
    probe_status: ['200', '3xx'],
    probe_from: { name: 'nas', address: '192.0.2.35' },
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'nas-ssh').probe).toBe('warn')
  expect(stack.output.backend?.value).toEqual({ endpoint: '${sshtunnel_tunnel.backend.endpoint}' })
})

test('two stacks of one app stand apart, each owner its stack where the spec names none', () => {
  const spec = readYaml(yaml.replace('owner: ops\n', ''))
  const outdir = synthesizeApp(app => {
    new TunnelStack(app, 'berlin', { spec })
    new TunnelStack(app, 'paris', { spec })
  })
  for (const name of ['berlin', 'paris']) {
    const stack = readStack(outdir, name)
    // The provider block alone says so: what a state holds under an older default keeps its owner.
    expect(stack.provider.sshtunnel).toMatchObject([{ owner: defaultOwner(name, projectId) }])
    expect(attributesOf(stack, 'sshtunnel_tunnel', 'web').owner).toBeUndefined()
    expect(attributesOf(stack, 'sshtunnel_middle', 'web').owner).toBeUndefined()
    expect(stack.terraform.required_providers).toHaveProperty('sshtunnel')
  }
})

test('what goes wrong with a tunnel of a spec names its file and line: at synthesis, and by the provider', () => {
  const spec = readYaml(yaml)
  const stack = readStack(
    synthesizeApp(app => new TunnelStack(app, 'office', { spec })),
    'office',
  )
  const [provider] = stack.provider.sshtunnel as { places: { type: string; name: string; place: string }[] }[]
  const told = provider?.places.map(({ type, name, place }) => `${type} ${name} ${place.replace(/.*\//, '')}`)
  expect(told?.sort()).toEqual([
    'middle web tunnels.yaml:6',
    'tunnel backend tunnels.yaml:14',
    'tunnel nas-ssh tunnels.yaml:13',
    'tunnel web tunnels.yaml:12',
  ])
  expect(() =>
    synthesizeApp(app => {
      const stack = new TunnelStack(app, 'office', { spec })
      const props = { client: { address: '203.0.113.20' }, forward: 'local', far: 'nas:80' } as const
      new Tunnel(stack, 'mine', { ...props, listen: '203.0.113.20:8080' })
    }),
  ).toThrow(/\[office\/mine\] listen: tunnels web and mine collide .*the other is .*tunnels\.yaml:12\)/)
})

test('a stack without a spec is an empty stack for constructs made by hand', () => {
  const outdir = synthesizeApp(app => {
    expect(new TunnelStack(app, 'empty').tunnels.size).toBe(0)
  })
  expect(readStack(outdir, 'empty').resource).toBeUndefined()
})

// The triggers of the null engine: they read like the tunnel, whole for the command, and without secrets.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataResource } from 'cdktf'
import { Engine, Host, Tunnel, TunnelStack } from '../../constructs'
import { parseSpec } from '../../spec'
import { build, fromYaml, hostKey, nowhere, nullResources, yaml } from './null-stack'
import { makeFolder, synthesizeApp } from './synthesize'

test('the triggers read like the tunnel, and end with all of it as JSON', () => {
  const { resource, ...triggers } = nullResources(fromYaml(yaml)).web?.triggers ?? {}
  expect(triggers).toEqual({
    name: 'web',
    owner: 'office',
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'localhost:80',
    allow_from: '198.51.100.0/24, 192.0.2.7',
    server_alive_interval: '15',
    probe: 'http',
    client: 'this machine',
    client_name: 'near',
    server: 'root@203.0.113.20:22',
    server_name: 'web',
    server_host_key: hostKey,
    server_identity_file: '~/.ssh/id_ed25519',
    server_via: 'bastion jump@bastion.example:2222',
  })
  expect(JSON.parse(resource ?? '')).toEqual({
    type: 'tunnel',
    input: {
      name: 'web',
      owner: 'office',
      forward: 'remote',
      listen: '203.0.113.20:8080',
      far: 'localhost:80',
      allowFrom: ['198.51.100.0/24', '192.0.2.7'],
      serverAlive: { interval: 15 },
      probe: 'http',
      client: { name: 'near', local: true },
      server: {
        name: 'web',
        address: '203.0.113.20',
        hostKey,
        identityFile: '~/.ssh/id_ed25519',
        via: [{ name: 'bastion', address: 'bastion.example', user: 'jump', port: 2222 }],
      },
    },
  })
})

test('a keyword of extra is a trigger of its own', () => {
  const settings = 'sshd: { useDNS: "no", extra: { Banner: none, AcceptEnv: [A, B] } }'
  const { resource, ...triggers } =
    nullResources(fromYaml(yaml.replace(/sshd: .*/, settings))).middle_web?.triggers ?? {}
  expect(triggers).toMatchObject({ use_dns: 'no', extra_Banner: 'none', extra_AcceptEnv: 'A, B' })
  expect(JSON.parse(resource ?? '').input.extra).toEqual({ Banner: ['none'], AcceptEnv: ['A', 'B'] })
})

test('so do those of a middle', () => {
  const { resource, ...triggers } = nullResources(fromYaml(yaml)).middle_web?.triggers ?? {}
  expect(triggers).toMatchObject({
    name: 'web',
    owner: 'office',
    host: 'root@203.0.113.20:22',
    client_alive_interval: '30',
    open_ports: '443, 80 from 192.0.2.0/24, 198.51.100.7',
  })
  expect(JSON.parse(resource ?? '')).toMatchObject({ type: 'middle', input: { clientAliveInterval: 30 } })
})

test('a changed attribute changes its own trigger and the JSON, and no other', () => {
  const triggersOf = (text: string) => nullResources(fromYaml(text)).web?.triggers ?? {}
  const before = triggersOf(yaml)
  const changes: [from: string, to: string, key: string][] = [
    ['localhost:80', 'localhost:81', 'far'],
    ['interval: 15', 'interval: 16', 'server_alive_interval'],
    ['probe: http', 'probe: tcp', 'probe'],
    ['user: jump', 'user: hop', 'server_via'],
    ['id_ed25519', 'id_rsa', 'server_identity_file'],
  ]
  for (const [from, to, key] of changes) {
    const after = triggersOf(yaml.replace(from, to))
    expect(
      Object.keys(after)
        .filter(name => after[name] !== before[name])
        .sort(),
    ).toEqual([key, 'resource'].sort())
  }
})

test('labels are none: a changed trigger would take the tunnel down', () => {
  const labelled = yaml.replace('probe: http', 'probe: http\n    labels: { team: web }')
  const sharing = (text: string) => text.replace('probe: http', 'probe: http\n    connection: shared')
  expect(labelled).not.toBe(yaml)
  expect(nullResources(fromYaml(labelled))).toEqual(nullResources(fromYaml(yaml)))
  expect(nullResources(fromYaml(sharing(labelled)))).toEqual(nullResources(fromYaml(sharing(yaml))))
})

test('the path of a key is there, what is in the key is not', () => {
  const key = join(makeFolder(), 'id_ed25519')
  writeFileSync(key, '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n')
  const { spec } = parseSpec(yaml.replace('~/.ssh/id_ed25519', key), 'office.yaml')
  const outdir = synthesizeApp(app => {
    new TunnelStack(app, 'office', { spec: spec ?? undefined })
  }, nowhere)
  const text = readFileSync(join(outdir, 'stacks/office/cdk.tf.json'), 'utf8')
  expect(text).toContain(key)
  expect(text).not.toMatch(/c2VjcmV0|PRIVATE/)
})

test('what other resources know only after apply stays a reference, in the triggers and in the JSON', () => {
  const stack = build(Engine.null(), stack => {
    const vm = new DataResource(stack, 'vm', {})
    const ip = vm.getStringAttribute('output.ip')
    const server = Host.at({ address: ip, port: vm.getNumberAttribute('output.port') })
    const props = { client: Host.local(), server, forward: 'remote', far: 'localhost:5432' } as const
    const db = new Tunnel(stack, 'db', {
      ...props,
      listen: `${ip}:5432`,
      allowFrom: vm.getListAttribute('output.networks'),
    })
    new DataResource(stack, 'user', { input: { endpoint: db.endpoint }, dependsOn: [db] })
  })
  const triggers = nullResources(stack).db?.triggers ?? {}
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own references
  expect(triggers).toMatchObject({
    listen: '${terraform_data.vm.output.ip}:5432',
    server: 'root@${terraform_data.vm.output.ip}:${terraform_data.vm.output.port}',
    allow_from: '${join(", ", terraform_data.vm.output.networks)}',
  })
  expect(triggers.resource).toMatch(
    /^\$\{jsonencode\(\{.*"listen" = "\$\{terraform_data\.vm\.output\.ip\}:5432".*\}\)\}$/,
  )
  expect(stack.resource.terraform_data?.user).toMatchObject({
    input: { endpoint: '${terraform_data.vm.output.ip}:5432' },
    depends_on: ['null_resource.db'],
  })
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own references
})

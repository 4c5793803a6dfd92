// The null engine: the same constructs as null_resource, and a command that does the work.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { NullProvider } from '@cdktf/provider-null/lib/provider'
import { TerraformStack } from 'cdktf'
import { Engine, MiddleServer, Tunnel, TunnelStack, useEngine } from '../../constructs'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { commandOf, endpointOf, unitOf } from '../../schemas/describe-tunnel'
import type { Tunnel as NamedTunnel } from '../../schemas/types'
import { parseSpec } from '../../spec'
import { asSingle } from '../single'
import { build, fromYaml, nas, nowhere, nullResources, synthesizeIn, yaml } from './null-stack'
import { synthesizeApp } from './synthesize'

/** The stack's name, and the project's. */
const inProject = expect.stringMatching(/^office\.[0-9a-f]{8}$/)

test('a spec with engine: null becomes a null_resource for each tunnel and each middle, and nothing of our provider', () => {
  for (const text of [yaml, yaml.replace('engine: null', 'engine: "null"')]) {
    const stack = fromYaml(text)
    expect(Object.keys(stack.resource)).toEqual(['null_resource'])
    expect(Object.keys(nullResources(stack)).sort()).toEqual(['_9-nas', 'middle_web', 'web'])
    expect(stack.terraform.required_providers).toEqual({ null: { source: 'null', version: '3.2.4' } })
    expect(stack.provider).toEqual({ null: [{}] })
  }
})

test('create and destroy run the command of this package from the stack folder, with values in the environment only', () => {
  const outdir = synthesizeApp(app => {
    const { spec } = parseSpec(yaml, 'office.yaml')
    new TunnelStack(app, 'office', { spec: spec ?? undefined })
  }, nowhere)
  const [create, destroy, ...others] = (nullResources(synthesizeIn(outdir)).web?.provisioner ?? []).map(
    one => one['local-exec'],
  )
  expect(others).toEqual([])
  const environment = { SSH_TUNNELS_RESOURCE: '${self.triggers.resource}', SSH_TUNNELS_OWNER: inProject }
  expect(create).toEqual({ command: expect.stringMatching(/^node \S+ one apply \|\| exit$/), environment })
  expect(destroy).toEqual({
    command: create?.command.replace('apply', 'destroy'),
    environment,
    when: 'destroy',
  })
  const path = create?.command.split(' ')[1] ?? ''
  const command = resolve(join(outdir, 'stacks/office'), path)
  expect(command).toBe(join(__dirname, '../../dist/ssh-tunnels.cjs'))
  expect(existsSync(command)).toBe(true)
  expect(existsSync(join(outdir, 'stacks/office/terraform.d'))).toBe(false)
  expect(existsSync(join(outdir, 'stacks/office/.terraform.lock.hcl'))).toBe(false)
})

test('middles come before the tunnels that use them', () => {
  const resources = nullResources(fromYaml(yaml))
  const waits = Object.fromEntries(Object.entries(resources).map(([name, one]) => [name, one.depends_on]))
  expect(waits).toEqual({
    middle_web: undefined,
    web: ['null_resource.middle_web'],
    '_9-nas': ['null_resource.middle_web'],
  })
})

test('the outputs say the endpoint, and nothing that a null_resource cannot know', () => {
  expect(Object.fromEntries(Object.entries(fromYaml(yaml).output).map(([name, { value }]) => [name, value]))).toEqual({
    web: { endpoint: '203.0.113.20:8080' },
    '_9-nas': { endpoint: '203.0.113.20:8022' },
  })
})

test('converge: always adds a check to each, made anew at every deploy, that only applies', () => {
  const resources = nullResources(fromYaml(yaml.replace('engine: null', 'engine: null\nconverge: always')))
  expect(Object.keys(resources).sort()).toEqual([
    ...['_9-nas', 'check__9-nas', 'check_middle_web', 'check_web', 'middle_web', 'web'],
  ])
  const { web, check_web: check } = resources
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own references
  expect(check?.triggers).toEqual({ checked: '${timestamp()}' })
  const environment = { SSH_TUNNELS_RESOURCE: '${null_resource.web.triggers.resource}', SSH_TUNNELS_OWNER: inProject }
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own references
  const { command } = web?.provisioner[0]?.['local-exec'] ?? {}
  expect(check?.provisioner).toEqual([{ 'local-exec': { command, environment } }])
  expect(web?.triggers).toEqual(nullResources(fromYaml(yaml)).web?.triggers)
})

test('the engine of a plain stack is chosen with useEngine, for all that is made in it', () => {
  const outdir = synthesizeApp(app => {
    const stack = new TerraformStack(app, 'office')
    useEngine(stack, Engine.null())
    const relay = new MiddleServer(stack, 'relay', { address: '203.0.113.20', sshd: { gatewayPorts: 'no' } })
    new Tunnel(stack, 'nas', { ...nas, client: relay })
  }, nowhere)
  const stack = synthesizeIn(outdir)
  expect(Object.keys(nullResources(stack)).sort()).toEqual(['nas', 'relay'])
  expect(nullResources(stack).nas?.depends_on).toEqual(['null_resource.relay'])
  expect(Object.keys(stack.resource)).toEqual(['null_resource'])
})

test('the prop of a stack wins over the spec', () => {
  const { spec } = parseSpec(yaml.replace('engine: null', 'engine: provider'), 'office.yaml')
  const outdir = synthesizeApp(app => {
    new TunnelStack(app, 'office', { spec: spec ?? undefined, engine: Engine.null({ converge: 'always' }) })
  }, nowhere)
  expect(nullResources(synthesizeIn(outdir))).toHaveProperty('check_web')
})

test('what follows from the props is known at once, what only the hosts know is an error', () => {
  build(Engine.null(), stack => {
    const tunnel = new Tunnel(stack, 'nas', nas)
    expect([tunnel.endpoint, tunnel.command, tunnel.unit]).toEqual([
      '203.0.113.20:8022',
      'ssh -N -L 203.0.113.20:8022:nas:22 tun-nas@127.0.0.1',
      'tunnel-nas.service',
    ])
    expect(() => tunnel.publicKey).toThrow('the null engine cannot know key.public_key of tunnel nas')
    expect(() => tunnel.hostKey).toThrow('the null engine cannot know key.host_key of tunnel nas')
    expect(() => tunnel.farAnswered).toThrow('the null engine cannot know proof.far_answered of tunnel nas')
  })
})

test('endpoint, command and unit are what the engine derives, the unit where systemd runs', () => {
  const [near, far] = [
    { name: 'near', local: true },
    { name: 'far', address: '2001:db8::1', port: 2222 },
  ]
  const tunnels: NamedTunnel[] = [
    { name: 'a', forward: 'remote', listen: '*:8080', far: 'x/80', client: near, server: far },
    { name: 'b', forward: 'local', listen: '[::]:110', far: '[2001:db8::2]:22', client: far, server: far },
    { name: 'c', forward: 'local', listen: '0.0.0.0:5432', far: 'db:5432', client: near, server: far },
    { name: 'd', forward: 'local', listen: '127.0.0.1/99', far: 'db:5432', client: near, server: near },
  ]
  for (const tunnel of tunnels) {
    const { outputs, placed } = deriveTunnel(tunnel, { supervisor: 'systemd' })
    expect([endpointOf(asSingle(tunnel)), commandOf(tunnel)]).toEqual([outputs.endpoint, outputs.command])
    expect(placed.find(({ kind }) => kind === 'service')?.want).toMatchObject({ unit: unitOf(tunnel) })
  }
})

test('mistakes are told as with the other engine', () => {
  const wrong = () => build(Engine.null(), stack => new Tunnel(stack, 'nas', { ...nas, far: 'nas' }))
  expect(wrong).toThrow(/\[office\/nas\] far: /)
})

test('a provider null that the stack has already is used', () => {
  const stack = build(Engine.null(), stack => {
    new NullProvider(stack, 'null')
    new Tunnel(stack, 'nas', nas)
    new Tunnel(stack, 'nas2', { ...nas, listen: '203.0.113.20:8023' })
  })
  expect(stack.provider).toEqual({ null: [{}] })
})

test('what is destroyed may have been made before somebody named the owner', () => {
  const { web } = nullResources(fromYaml(yaml.replace('version: 1', 'version: 1\nowner: shop')))
  const owners = web?.provisioner.map(one => one['local-exec']?.environment?.SSH_TUNNELS_OWNER)
  expect(owners).toEqual([undefined, inProject])
})

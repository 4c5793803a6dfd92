// Tunnels that share a connection: one resource for all, which each construct reads its own of.
import { NullProvider } from '@cdktf/provider-null/lib/provider'
import { TerraformOutput, type TerraformStack } from 'cdktf'
import { Engine, Host, MiddleServer, Tunnel, type TunnelProps, TunnelStack, useEngine } from '../../constructs'
import { parseSpec } from '../../spec'
import { attributesOf, readStack, synthesize, synthesizeApp } from './synthesize'

const near = Host.at({ name: 'near', address: '198.51.100.10' })
const middle = Host.at({ name: 'middle', address: '203.0.113.20' })
const sides = { client: near, server: middle, connection: 'shared' } as const
const web: TunnelProps = { ...sides, forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', probe: 'tcp' }
const db: TunnelProps = { ...sides, forward: 'local', listen: '127.0.0.1:5432', far: 'far:5432', allowFrom: undefined }
const both = { name: 'near-middle', shared: true }
const forwards = [
  { name: 'web', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', probe: 'tcp' },
  { name: 'db', forward: 'local', listen: '127.0.0.1:5432', far: 'far:5432' },
]
const wrong = (build: (stack: TerraformStack) => void) => expect(() => synthesize(build))

test('those that share it are one resource, and each reads its own by its place in it', () => {
  const stack = synthesize(stack => {
    const one = new Tunnel(stack, 'web', web)
    const two = new Tunnel(stack, 'db', db)
    for (const [name, tunnel] of Object.entries({ one, two })) {
      new TerraformOutput(stack, name, { value: [tunnel.endpoint, tunnel.farAnswered, tunnel.unit] })
      new TerraformOutput(stack, `${name}_past`, { value: tunnel.pastFirewall })
    }
  })
  const [id = ''] = Object.keys(stack.resource.sshtunnel_tunnel ?? {})
  expect(Object.keys(stack.resource.sshtunnel_tunnel ?? {})).toHaveLength(1)
  expect(attributesOf(stack, 'sshtunnel_tunnel', id)).toMatchObject({ ...both, forwards })
  const at = (path: string) => `\${sshtunnel_tunnel.${id}.${path}}`
  expect(stack.output.one?.value).toEqual([at('endpoints[0]'), at('proofs[0].far_answered'), at('service.unit')])
  expect(stack.output.two?.value).toEqual([at('endpoints[1]'), at('proofs[1].far_answered'), at('service.unit')])
  expect(stack.output.two_past?.value).toBe(at('proofs[1].past_firewall'))
})

test('the only one of a connection reads what the resource says of itself', () => {
  const stack = synthesize(stack => {
    new TerraformOutput(stack, 'of', { value: new Tunnel(stack, 'web', web).endpoint })
  })
  expect(stack.output.of?.value).toMatch(/^\$\{sshtunnel_tunnel\.[\w-]+\.endpoint\}$/)
})

test('the resource waits for what any of them waits for, and others wait for it', () => {
  const stack = synthesize(stack => {
    const first = new Tunnel(stack, 'first', { ...web, connection: 'own' })
    new Tunnel(stack, 'web', { ...web, listen: '203.0.113.20:8081' })
    const last = new Tunnel(stack, 'db', { ...db, dependsOn: [first] })
    new Tunnel(stack, 'after', { ...db, connection: 'own', listen: '127.0.0.1:5433', dependsOn: [last] })
    new MiddleServer(stack, 'settings', { name: 'middle', address: '203.0.113.20', sshd: { logLevel: 'VERBOSE' } })
  })
  const all = stack.resource.sshtunnel_tunnel ?? {}
  const id = Object.keys(all).find(name => !['first', 'after'].includes(name)) ?? ''
  expect(all[id]?.depends_on).toEqual(['sshtunnel_tunnel.first', 'sshtunnel_middle.settings'])
  expect(all.after?.depends_on).toEqual([`sshtunnel_tunnel.${id}`, 'sshtunnel_middle.settings'])
})

test('a difference among them is told, with both places', () => {
  wrong(stack => {
    new Tunnel(stack, 'web', web)
    new Tunnel(stack, 'db', { ...db, serverAlive: { interval: 5 } })
  }).toThrow(/\[main\/db\] serverAlive: tunnels web and db share one ssh.*the other is main\/web/)
  wrong(stack => {
    new Tunnel(stack, 'web', web)
    new Tunnel(stack, 'db', { ...db, lifecycle: { preventDestroy: true } })
  }).toThrow(/\[main\/db\] lifecycle: .*cannot have two lifecycles/)
  wrong(stack => {
    new Tunnel(stack, 'web', { ...web, connectionName: 'both' })
    new Tunnel(stack, 'db', { ...db, client: middle, connectionName: 'both' })
  }).toThrow(/share the connection both, and have not the same client/)
  wrong(stack => {
    new Tunnel(stack, 'web', web)
    new Tunnel(stack, 'near-middle', db)
  }).toThrow(/a tunnel and a shared connection are both called near-middle/)
})

const yaml = (engine: string) => `
version: 1
engine: ${engine}
hosts:
  near: { address: 198.51.100.10, hostKey: ${`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL`} }
  middle: { address: 203.0.113.20, hostKey: ${`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHMD7WwmYfcsR1vlD9E00FuFPJGiP54PhB77H03RYljL`} }
tunnels:
  web: { client: near, server: middle, connection: shared, forward: remote, listen: 203.0.113.20:8080, far: far:80, probe: tcp }
  db: { client: near, server: middle, connection: shared, forward: local, listen: 127.0.0.1:5432, far: far:5432 }
  own: { client: near, server: middle, forward: remote, listen: 203.0.113.20:8081, far: far:80 }
`
const stackOf = (engine: string) =>
  readStack(
    synthesizeApp(app => {
      const { spec } = parseSpec(yaml(engine), 'office.yaml')
      expect(spec).not.toBeNull()
      new TunnelStack(app, 'office', { spec: spec ?? undefined })
    }),
    'office',
  )

test('of a spec: the resource is called as the connection, the outputs as the tunnels', () => {
  const stack = stackOf('provider')
  expect(Object.keys(stack.resource.sshtunnel_tunnel ?? {})).toEqual(['near-middle', 'own'])
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'near-middle')).toMatchObject({ ...both, forwards })
  expect(stack.output.db?.value).toMatchObject({ endpoint: '${sshtunnel_tunnel.near-middle.endpoints[1]}' })
  expect(JSON.stringify(stack.provider)).toContain('office.yaml:8 (web), office.yaml:9 (db)')
})

test('by the null engine: one null_resource, of which each knows what its props tell', () => {
  const stack = stackOf('null')
  const all = (stack.resource.null_resource ?? {}) as Record<string, { triggers: Record<string, string> }>
  expect(Object.keys(all)).toEqual(['near-middle', 'own'])
  expect(JSON.parse(all['near-middle']?.triggers.resource ?? '')).toMatchObject({ input: { ...both, forwards } })
  expect(stack.output.db?.value).toEqual({ endpoint: '127.0.0.1:5432' })
  const own = synthesize(stack => {
    new NullProvider(stack, 'null')
    useEngine(stack, Engine.null())
    const made = new Tunnel(stack, 'web', web)
    new Tunnel(stack, 'db', db)
    new TerraformOutput(stack, 'says', { value: [made.unit, made.command] })
  })
  expect(own.output.says?.value).toEqual([
    'tunnel-near-middle.service',
    'ssh -N -R 203.0.113.20:8080:far:80 -L 127.0.0.1:5432:far:5432 tun-near-middle@203.0.113.20',
  ])
})

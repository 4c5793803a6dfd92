// Scene 7: typed constructs beside somebody else's resources, in a stack that is not ours.
import { DataResource, TerraformOutput, TerraformStack } from 'cdktf'
import type { Construct } from 'constructs'
import { Host, MiddleServer, Tunnel } from '../../constructs'
import { attributesOf, readStack, synthesizeApp } from './synthesize'

class Vm extends DataResource {
  readonly publicIp = this.getStringAttribute('output.public_ip')
  readonly hostKey = this.getStringAttribute('output.host_key')
}

class Shop extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    const vm = new Vm(this, 'vm', { input: { public_ip: '203.0.113.20', host_key: 'ssh-ed25519 AAAA' } })
    const middle = new MiddleServer(this, 'middle', {
      address: vm.publicIp,
      user: 'debian',
      become: 'sudo',
      hostKey: vm.hostKey,
      sshd: { clientAliveInterval: 30 },
    })
    const db = new Tunnel(this, 'db', {
      client: Host.local(),
      server: middle,
      forward: 'remote',
      listen: `${vm.publicIp}:5432`,
      far: 'localhost:5432',
    })
    new TerraformOutput(this, 'url', { value: `postgres://${db.endpoint}/app` })
  }
}

test('addresses that another resource makes reach the middle, the tunnel and what uses the tunnel', () => {
  const stack = readStack(
    synthesizeApp(app => new Shop(app, 'shop')),
    'shop',
  )
  const host = {
    name: 'middle',
    address: '${terraform_data.vm.output.public_ip}',
    user: 'debian',
    become: 'sudo',
    host_key: '${terraform_data.vm.output.host_key}',
  }
  expect(attributesOf(stack, 'sshtunnel_middle', 'middle')).toEqual({
    name: 'middle',
    host,
    client_alive_interval: 30,
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'db')).toEqual({
    name: 'db',
    forward: 'remote',
    listen: '${terraform_data.vm.output.public_ip}:5432',
    far: 'localhost:5432',
    client: { name: 'local', local: true },
    server: host,
    depends_on: ['sshtunnel_middle.middle'],
  })
  expect(stack.output.url?.value).toBe('postgres://${sshtunnel_tunnel.db.endpoint}/app')
})

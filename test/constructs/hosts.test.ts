// What one may name as a host or a jump host; and what is said where it is something else, which a program without type checks can write.
import { TerraformVariable } from 'cdktf'
import { Host, MiddleServer, SshtunnelProvider, SshtunnelTunnel, Tunnel } from '../../constructs'
import { attributesOf, synthesize } from './synthesize'

const props = { forward: 'local', listen: '*:8022', far: 'nas:22' } as const
const wayOf = (via: Host['via']) => {
  const stack = synthesize(stack => {
    new Tunnel(stack, 'nas', { ...props, client: Host.at({ name: 'office', address: '192.0.2.130', via }) })
  })
  return (attributesOf(stack, 'sshtunnel_tunnel', 'nas').client as { via: unknown }).via
}

test('a way leads through hosts, middle servers and plain objects alike; each brings its own way, and none is there twice', () => {
  const stack = synthesize(stack => {
    const relay = new MiddleServer(stack, 'relay', {
      address: '203.0.113.20',
      user: 'ops',
      become: 'sudo',
      addresses: [],
    })
    const gate = Host.at({ name: 'gate', address: '192.0.2.129', via: [relay] })
    const office = Host.at({
      name: 'office',
      address: '10.0.0.5',
      via: [relay, gate, relay.host, { address: '10.0.0.1' }],
    })
    const inner = new MiddleServer(stack, 'inner', { address: '10.0.0.6', via: [gate] })
    new SshtunnelProvider(stack, 'provider', { logins: [relay, Host.at({ address: '192.0.2.1', via: [relay] })] })
    new Tunnel(stack, 'a', { ...props, client: office })
    new Tunnel(stack, 'b', { ...props, client: inner, probeFrom: { address: '192.0.2.9', via: [inner] } })
  })
  const [relay, gate] = [
    { name: 'relay', address: '203.0.113.20', user: 'ops' },
    { name: 'gate', address: '192.0.2.129' },
  ]
  const { a, b } = stack.resource.sshtunnel_tunnel ?? {}
  expect(a?.client).toEqual({
    name: 'office',
    address: '10.0.0.5',
    via: [relay, gate, { name: '10.0.0.1', address: '10.0.0.1' }],
  })
  expect(b?.client).toEqual({ name: 'inner', address: '10.0.0.6', via: [relay, gate] })
  expect(b?.probe_from).toMatchObject({ via: [relay, gate, { name: 'inner', address: '10.0.0.6' }] })
  const [provider] = stack.provider.sshtunnel as { logins: { name: string; via?: unknown }[] }[]
  expect(provider?.logins).toContainEqual({ name: '192.0.2.1', address: '192.0.2.1', via: [relay] })
})

test.each<[unknown, string]>([
  [
    '203.0.113.20',
    `main/nas: client.via[1] is the text "203.0.113.20", not a host: write a MiddleServer, Host.at({ address: '203.0.113.20' }) or Host.local()`,
  ],
  [null, 'client.via[1] is null, not a host: write'],
  [[], 'client.via[1] is a list, not a host: write'],
  [
    Host.local(),
    'client.via[1] is this machine, not a jump host: write nothing: the way to every host starts at this machine',
  ],
  [{ address: '203.0.113.20', via: ['x'] }, 'client.via[1].via[0] is the text "x"'],
  [{ name: 'relay' }, 'client.via[1]: must have required property'],
  [{ adress: '203.0.113.20', address: '203.0.113.21' }, 'client.via[1]: must NOT have additional properties: adress'],
])('a jump host that is %j is told with its place and the cure', (one, says) => {
  expect(() => wayOf([{ address: '203.0.113.1' }, one as Host])).toThrow(says)
})

test('what is no host is told where it is named, and never followed into the depth', () => {
  synthesize(stack => {
    const relay = new MiddleServer(stack, 'relay', { address: '203.0.113.20' })
    const other = new TerraformVariable(stack, 'vm', {}) as unknown as Host
    const make = (id: string, client: unknown, more: object = {}) =>
      new Tunnel(stack, id, { ...props, client: client as Host, ...more })
    expect(() => make('a', other)).toThrow(
      'main/a: client is the TerraformVariable main/vm, not a host: write a MiddleServer,',
    )
    expect(() => make('b', undefined)).toThrow('main/b: client is undefined, not a host')
    expect(() => make('c', relay, { server: other })).toThrow('main/c: server is the TerraformVariable main/vm')
    expect(() => make('d', relay, { probeFrom: 'here' })).toThrow('main/d: probeFrom is the text "here"')
    expect(() => make('e', { address: '10.0.0.1', via: relay })).toThrow(
      'main/e: client.via is the MiddleServer main/relay, not a list of jump hosts: write via: [relay]',
    )
    expect(() => make('f', { address: relay })).toThrow(
      'main/f: client.address is the MiddleServer main/relay, not a value',
    )
    expect(() => new MiddleServer(stack, 'g', { address: '10.0.0.1', via: [other] })).toThrow(
      'main/g: via[0] is the TerraformVariable',
    )
    expect(() => new SshtunnelProvider(stack, 'h', { logins: [other] })).toThrow(
      'main/h: logins[0] is the TerraformVariable',
    )
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) stack.node.tryRemoveChild(id)
  })
  expect(() => new (Host as unknown as new (props: object) => Host)({ address: '10.0.0.1' })).toThrow(
    'a host is a plain value: write Host.at({ address: ... })',
  )
})

test('a construct where the resource itself wants a value is told by its path', () => {
  const make = () =>
    synthesize(stack => {
      const relay = new MiddleServer(stack, 'relay', { address: '203.0.113.20' })
      const client = { name: 'office', address: '10.0.0.5', via: [relay as never] }
      new SshtunnelTunnel(stack, 'nas', { tunnel: { name: 'nas', ...props, client, server: client } })
    })
  expect(make).toThrow(/construct/i)
})

test('a host that others run is a side without a login: it is in no list of logins, and no jump host', () => {
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINgOZdWAhXr7dLTZ5ITkCLnHwUOGkMTMrqyYlBEs9cfq'
  const bobs = Host.theirs({ publicKey })
  const stack = synthesize(stack => {
    const client = new Tunnel(stack, 'wiki', {
      ...{ forward: 'remote', listen: '203.0.113.20:8080', far: 'localhost:80' },
      client: bobs,
      server: Host.at({ address: '203.0.113.20' }),
    })
    expect([client.unitText, client.knownHosts, client.authorizedKeys].every(Boolean)).toBe(true)
  })
  expect(attributesOf(stack, 'sshtunnel_tunnel', 'wiki').client).toEqual({
    name: 'client',
    managed: false,
    public_key: publicKey,
  })
  const [provider] = stack.provider.sshtunnel as { logins: { address: string }[] }[]
  expect(provider?.logins.map(({ address }) => address)).toEqual(['203.0.113.20'])
  expect(() => wayOf([bobs])).toThrow('main/nas: client.via[0] is an object, not a jump host that is ours: write')
})

// Mistakes in the props: all of all constructs of a stack, with their paths, at synthesis.
import { App, DataResource, TerraformStack, TerraformVariable } from 'cdktf'
import { Construct } from 'constructs'
import { Host, MiddleServer, Tunnel } from '../../constructs'
import { makeFolder, synthesize } from './synthesize'

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('nothing was thrown')
}

test('every mistake of every construct is told at once, under its path', () => {
  const message = messageOf(() =>
    synthesize(stack => {
      const middle = new MiddleServer(stack, 'middle', {
        address: '203.0.113.20',
        sshd: { maxStartups: '9:1:2' },
        firewall: { openPorts: [{ port: 80, address: '192.0.2.1' }] },
      })
      const far = 'localhost:80'
      new Tunnel(stack, 'one', { client: Host.local(), server: middle, forward: 'remote', listen: '192.0.2.1:80', far })
      new Tunnel(stack, 'two', { client: middle, forward: 'local', listen: '203.0.113.20:8080', far: 'localhost' })
    }),
  )
  const lines = message.split('\n').map(line => line.trim())
  const about = (path: string) => lines.filter(line => line.startsWith(`[main/${path}] `))
  expect(about('middle')).toEqual([
    expect.stringContaining('maxStartups: sshd does not take MaxStartups 9:1:2'),
    expect.stringContaining('openPorts[0].address: 192.0.2.1 is not an address of middle'),
  ])
  expect(about('one')).toEqual([expect.stringContaining('listen: 192.0.2.1 is not an address of middle')])
  expect(about('two')).toEqual([expect.stringContaining('far: ')])
})

test('a remote forward without a server, and an empty list of sources, are told as such', () => {
  const message = messageOf(() =>
    synthesize(stack => {
      const client = Host.at({ address: '203.0.113.20' })
      new Tunnel(stack, 'one', { client, forward: 'remote', listen: '203.0.113.20:80', far: 'nas' })
      const listen = '203.0.113.20:8080'
      new Tunnel(stack, 'two', { client, forward: 'local', listen, far: 'nas:80', allowFrom: [] })
    }),
  )
  const lines = message.split('\n').map(line => line.trim())
  const about = (path: string) => lines.filter(line => line.startsWith(`[main/${path}] `))
  expect(about('one')).toEqual([
    expect.stringContaining('server: a remote forward listens on its server, and none is given'),
    expect.stringContaining('far: far has no port'),
  ])
  expect(about('two')).toEqual([expect.stringMatching(/allowFrom: .* empty .*the port is open to all/)])
})

const linesAbout = (message: string, path: string) =>
  message
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.startsWith(`[main/${path}] `))

test('what a type forbids and a program does anyway is told as it is of YAML', () => {
  const message = messageOf(() =>
    synthesize(stack => {
      const host = { address: '203.0.113.20' }
      const good = { client: host, forward: 'local', listen: '203.0.113.20:8080', far: 'nas:80' } as const
      const give = (name: string, wrong: object) => new Tunnel(stack, name, { ...good, ...wrong })
      give('sideways', { forward: 'sideways' })
      give('fast', { listen: '203.0.113.20:8081', serverAlive: { interval: 0 } })
      give('Bad_Name', { listen: '203.0.113.20:8082' })
      give('smell', { listen: '203.0.113.20:8083', probe: 'smell' })
      give('become', { listen: '203.0.113.20:8084', client: { ...host, become: 'su' } })
      give('port', { listen: '203.0.113.20:8085', client: { ...host, port: 70_000 } })
      give('key', { listen: '203.0.113.20:8086', allowFrom: null, lisen: 'x' })
      new MiddleServer(stack, 'relay', { ...host, sshd: { gatewayPorts: 'maybe' as 'yes' } })
    }),
  )
  const says = {
    sideways: 'forward: must be equal to one of the allowed values: local, remote',
    fast: 'serverAlive.interval: must be >= 1',
    Bad_Name: 'name: must match pattern',
    smell: 'probe: must be equal to one of the allowed values: ssh, tls, http, tcp, none',
    become: 'client.become: must be equal to one of the allowed values: sudo, doas',
    port: 'client.port: must be <= 65535',
    key: 'must NOT have additional properties: lisen',
    relay: 'gatewayPorts: must be equal to one of the allowed values: no, yes, clientspecified',
  }
  for (const [path, words] of Object.entries(says)) expect(linesAbout(message, path)[0]).toContain(words)
})

test('two that want the same of one machine are told, whatever the machine is called and wherever in the stack they are', () => {
  const message = messageOf(() =>
    synthesize(stack => {
      const vm = new DataResource(stack, 'vm', {})
      const address = vm.getStringAttribute('output.ip')
      const relay = new MiddleServer(stack, 'relay', { address: '203.0.113.20', sshd: { gatewayPorts: 'no' } })
      new MiddleServer(stack, 'again', { address: '203.0.113.20', user: 'admin', sshd: { gatewayPorts: 'no' } })
      const cloud = new MiddleServer(stack, 'cloud', { address })
      const props = { forward: 'local', far: 'nas:80' } as const
      const [a, b] = [new Construct(stack, 'a'), new Construct(stack, 'b')]
      new Tunnel(a, 'one', { ...props, client: relay, listen: '203.0.113.20:8080' })
      new Tunnel(b, 'two', { ...props, client: Host.at({ address: '203.0.113.20' }), listen: '*:8080' })
      new Tunnel(b, 'one', { ...props, client: relay, listen: '203.0.113.20:8081' })
      new Tunnel(a, 'later', { ...props, client: cloud, listen: `${address}:8080` })
      const again = vm.getStringAttribute('output.ip')
      new Tunnel(b, 'late', { ...props, client: Host.at({ address: again }), listen: `${again}:8080` })
      new Tunnel(b, 'free', { ...props, client: Host.at({ address }), listen: `${address}:8081` })
    }),
  )
  expect(linesAbout(message, 'again')).toEqual([expect.stringContaining('which are one machine, are declared twice')])
  expect(linesAbout(message, 'b/two')).toEqual([
    '[main/b/two] listen: tunnels one and two collide on port 8080 of 203.0.113.20 (one listens on 203.0.113.20:8080; the other is main/a/one)',
  ])
  expect(linesAbout(message, 'b/one')).toEqual([
    expect.stringMatching(/name: there is another tunnel one .*main\/a\/one/),
  ])
  expect(linesAbout(message, 'b/late')).toEqual([expect.stringContaining('tunnels later and late collide')])
  expect(message).not.toMatch(/\/(free|later)\]/)
})

test('tokens and expressions are not judged: a text with only the marks of one is', () => {
  const message = messageOf(() =>
    synthesize(stack => {
      const later = new TerraformVariable(stack, 'later', {})
      const client = Host.at({ address: later.stringValue, addresses: later.listValue })
      const known = { client, forward: 'local', listen: '192.0.2.1:8080' } as const
      new Tunnel(stack, 'one', { ...known, far: `${later.stringValue}:80`, allowFrom: later.listValue })
      new Tunnel(stack, 'raw', { ...known, far: '${var.far}:80', name: 'raw' })
      new Tunnel(stack, 'two', { ...known, far: 'far\nExecStartPre=+touch pwned\n#$' + '{:80' })
      new Tunnel(stack, 'three', { ...known, far: 'far:80', allowFrom: ['1.1.1.1 accept; flush ruleset; $' + '{'] })
    }),
  )
  expect(message).not.toContain('[main/one]')
  expect(message).not.toContain('[main/raw]')
  expect(message).toContain('[main/two] far: ')
  expect(message).toContain('[main/three] allowFrom[0]: ')
})

test('a missing provider program says how to build it', () => {
  expect(
    messageOf(() => {
      const stack = new TerraformStack(
        new App({ outdir: makeFolder(), context: { sshtunnelProviderBundle: '/nowhere/x.cjs' } }),
        'main',
      )
      const props = { forward: 'local', listen: '127.0.0.1:8022', far: 'nas:22' } as const
      new Tunnel(stack, 'nas', { client: Host.at({ address: '203.0.113.20' }), ...props })
    }),
  ).toBe('the Terraform provider is not built yet: /nowhere/x.cjs is missing. Run: npm run build')
})

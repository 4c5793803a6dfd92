// Mistakes in the props: all of all constructs of a stack, with their paths, at synthesis.
import { App, TerraformStack, TerraformVariable } from 'cdktf'
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
  expect(about('one')).toEqual([
    expect.stringContaining('listen: a remote forward cannot listen on port 80'),
    expect.stringContaining('listen: 192.0.2.1 is not an address of middle'),
  ])
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

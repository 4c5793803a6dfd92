// What explain says of every derived tunnel: every line that will stand on a host, with a reason and a page; and the way of a visitor.
import { derive } from '../../engine/wish/declared'
import { explain } from '../../engine/wish/explain'
import { routeOf } from '../../engine/wish/route'
import type { Middle, Tunnel } from '../../schemas/types'
import { asSingle } from '../single'
import { namesIn, readCase } from './cases'

interface Case {
  readonly tunnel?: Tunnel
  readonly middle?: Middle
}

const cases = namesIn('derive').map(name => [name, readCase('derive', name) as Case] as const)
const explanations = cases.flatMap(([name, { tunnel, middle }]) =>
  tunnel
    ? [[name, explain({ type: 'tunnel', input: tunnel })] as const]
    : middle
      ? [[name, explain({ type: 'middle', input: middle })] as const]
      : [],
)

test.each(explanations)('every line of %s has a reason and a manual page', (_name, { parts }) => {
  for (const { what, why, lines } of parts) {
    expect(what).not.toBe('')
    expect(why).not.toBe('')
    for (const line of lines) {
      expect(line.why).not.toBe('')
      expect(line.page).toMatch(/^[a-z@._-]+\(\d\)$/)
    }
  }
})

test.each(cases)('no line that sshd or systemd will read is left out of %s', (_name, { tunnel, middle }) => {
  const declared = tunnel
    ? { type: 'tunnel' as const, input: tunnel }
    : { type: 'middle' as const, input: middle as Middle }
  const told = explain(declared).parts.flatMap(({ lines }) => lines.map(({ text }) => text.trim().split(/[ =]/)[0]))
  const texts = derive(declared, {}).placed.flatMap(({ at, want }) => {
    if (want === null) return []
    return 'text' in at
      ? [at.text]
      : 'files' in at
        ? at.files.flatMap(({ path, text }) => (/\.sh$/.test(path) ? [] : [text]))
        : []
  })
  const words = texts.flatMap(text =>
    text
      .replace(/\\\n/g, '')
      .split('\n')
      .filter(line => /^\s*[A-Z]/.test(line))
      .map(line => line.trim().split(/[ =]/)[0]),
  )
  expect(told).toEqual(expect.arrayContaining(words.filter(word => word !== 'ExecStart')))
})

const wayOf = (tunnel: Tunnel) => routeOf(asSingle(tunnel))

const near = { name: 'near', address: '198.51.100.10' }
const middle = { name: 'middle', address: '203.0.113.20', addresses: ['2001:db8::20'] }
const far = { name: 'far', address: '192.0.2.130' }

test('a remote forward: sshd of the server listens, the client dials, and far sees the client', () => {
  const route = wayOf({
    name: 'web',
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'web.lan:80',
    client: near,
    server: middle,
  })
  expect(route).toMatchObject({
    visitors: null,
    listens: { host: 'middle', endpoint: '203.0.113.20:8080' },
    ssh: { client: 'near', server: 'middle', dialled: '203.0.113.20:22' },
    dials: 'near',
    isInside: false,
    sender: 'an address of near, that of its interface towards far',
  })
})

test('a local forward of a host to itself: nothing on the network is encrypted by it', () => {
  const tunnel = { name: 'web', forward: 'local', listen: '203.0.113.20:110', far: 'server935:22' } as const
  const route = wayOf({ ...tunnel, allowFrom: ['198.51.100.0/24'], client: middle, server: middle })
  expect(route).toMatchObject({ visitors: ['198.51.100.0/24'], ssh: null, dials: 'middle', isInside: false })
})

test('a local forward into far: encrypted as far as far itself, which sees a connection of its own', () => {
  const tunnel = { name: 'ssh', forward: 'local', listen: '203.0.113.20:110', far: '127.0.0.1:22' } as const
  expect(wayOf({ ...tunnel, client: middle, server: far })).toMatchObject({
    ssh: { client: 'middle', server: 'far' },
    dials: 'far',
    far: { host: 'far' },
    isInside: true,
    sender: '127.0.0.1',
  })
})

test('on a loopback address programs of that host alone connect, and no firewall rule is made', () => {
  const tunnel = { name: 'db', forward: 'local', listen: '127.0.0.1:5432', far: 'db.lan:5432' } as const
  const input: Tunnel = { ...tunnel, client: near, server: middle }
  expect(wayOf(input).visitors).toEqual([])
  const firewall = explain({ type: 'tunnel', input }).parts.find(({ kind }) => kind === 'firewall')
  expect(firewall).toMatchObject({ what: 'no rule', lines: [] })
})

test('a wildcard is said in words: of IPv4, of IPv6, of both', () => {
  const listening = (listen: string) =>
    wayOf({ name: 'web', forward: 'remote', listen, far: 'a:80', client: near, server: middle }).listens.address
  expect(['0.0.0.0:80', '[::]:80', '*:80'].map(listening)).toEqual([
    'every IPv4 address',
    'every IPv6 address',
    'every address',
  ])
})

test('which firewall manager it is only the host tells, unless one is named', () => {
  const tunnel = { name: 'web', forward: 'remote', listen: '203.0.113.20:8080', far: 'web.lan:80' } as const
  const rules = (server: Tunnel['server']) => {
    const { parts } = explain({ type: 'tunnel', input: { ...tunnel, client: near, server } })
    const found = parts.find(({ kind }) => kind === 'firewall')
    return { by: found?.lines.map(({ text }) => text.split(':')[0]), open: found?.onlyHostTells }
  }
  expect(rules(middle)).toMatchObject({ by: ['nftables', 'iptables', 'ufw', 'firewalld'] })
  expect(rules(middle).open).toContain('who makes the rules of this firewall')
  expect(rules({ ...middle, firewallManager: 'ufw' }).by).toEqual(['ufw'])
})

test('of a unit that no boot starts nobody says that boots start it', () => {
  const tunnel = { name: 'web', forward: 'remote', listen: '203.0.113.20:8080', far: 'web.lan:80' } as const
  const wantedBy = (enabled: boolean) =>
    explain({ type: 'tunnel', input: { ...tunnel, enabled, client: near, server: middle } })
      .parts.flatMap(({ lines }) => lines)
      .find(({ text }) => text.startsWith('WantedBy='))?.why
  expect(wantedBy(true)).toBe('started at every boot')
  expect(wantedBy(false)).toContain('no boot starts it')
})

test.each(['remote', 'local'] as const)('of a %s forward on port 0 all is told but the port', forward => {
  const input: Tunnel = { name: 'web', forward, listen: '203.0.113.20:0', far: 'a:80', client: near, server: middle }
  const told = explain({
    type: 'tunnel',
    input: forward === 'remote' ? input : { ...input, listen: '198.51.100.10:0' },
  })
  expect(told.command?.text).toContain(':0:a:80')
  expect(told.command?.asRoot).not.toContain('net_bind_service')
  expect(JSON.stringify(told)).not.toContain('Symbol(')
})

test('the command for root makes a socket as the unit does', () => {
  const input: Tunnel = {
    name: 'db',
    forward: 'local',
    listen: '/run/app/db',
    far: '/run/site',
    client: near,
    server: middle,
  }
  const asRoot = (more: Partial<Tunnel>) => explain({ type: 'tunnel', input: { ...input, ...more } }).command?.asRoot
  expect(asRoot({})).toContain(' -o StreamLocalBindMask=0177 -o StreamLocalBindUnlink=yes ')
  expect(asRoot({ socketMode: '0666' })).toContain(' -o StreamLocalBindMask=0111 ')
  // sshd has its own there.
  for (const more of [{ listen: '127.0.0.1:5432' }, { forward: 'remote' as const }])
    expect(asRoot(more)).not.toContain('StreamLocal')
})

test('what goes by the fence is told where there is one', () => {
  const lines = (more: Partial<Tunnel>) =>
    explain({ type: 'tunnel', input: { ...tunnelAt('203.0.113.20:8080'), ...more } })
      .parts.flatMap(part => part.lines)
      .filter(({ text }) => /iif "lo" accept|ct state established accept/.test(text))
      .map(({ text, why }) => [text, why])
  const both = [
    ['table inet ssh_tunnels_web: iif "lo" accept', "visits from the host itself are nobody else's"],
    ['table inet ssh_tunnels_web: ct state established accept', expect.stringContaining('who has come in stays')],
  ]
  expect(lines({ allowFrom: ['192.0.2.0/24'] })).toEqual(both)
  expect(lines({ listen: '203.0.113.20:80' })).toEqual(both)
  expect(lines({})).toEqual([])
})

const tunnelAt = (listen: string): Tunnel => ({
  name: 'web',
  forward: 'remote',
  listen,
  far: 'web.lan:80',
  client: near,
  server: middle,
})

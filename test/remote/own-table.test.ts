// Redirects and limits against the real nft: what is written is what is read back, comes back as it was, and goes without a trace.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { type FirewallAt, firewall, inverse, questionsOf, wantFirewall } from '../../engine/parts/firewall'
import type { Step } from '../../engine/parts/part'
import type { Firewall } from '../../schemas/types'
import { batch, inPrivateRoot, prepareRoot } from './private-root'

beforeAll(prepareRoot)

const on = { address: '203.0.113.20', port: 24443 }
const base: FirewallAt = { tag: 'ssh-tunnels web me', owner: 'me', file: '/etc/ssh-tunnels/web/firewall.nft', asks: [] }
const visited = (address: string | null, from: readonly string[] | null = null) => ({
  ...on,
  address,
  visited: 443,
  from,
})
const redirect = { ...on, family: 4, from: 443, to: 24443 } as const

const cases: Readonly<Record<string, FirewallAt>> = {
  'an address': { ...base, asks: [visited(on.address)], redirects: [redirect] },
  'an address of IPv6, as people write it, for some': {
    ...base,
    asks: [visited('2001:DB8:0::20', ['2001:db8:5::/64', '2001:db8:6::1/128'])],
    redirects: [{ ...redirect, address: '2001:DB8:0::20', family: 6 }],
  },
  'every address': { ...base, asks: [visited(null)], redirects: [{ ...redirect, address: null, family: null }] },
  'every address of IPv4': { ...base, asks: [visited(null)], redirects: [{ ...redirect, address: null }] },
  'loopback addresses': {
    ...base,
    redirects: [
      { ...redirect, address: '127.0.0.1' },
      { ...redirect, address: '::1', family: 6 },
    ],
  },
  limits: { ...base, asks: [{ ...on, from: null }], limits: [{ connections: 20, bandwidth: 1_250_000, on: [on] }] },
  'a bandwidth of whole kilobytes, at a loopback address': {
    ...base,
    limits: [{ bandwidth: 1_024_000, on: [{ ...on, address: '::1' }] }],
  },
  'connections alone, at every address': { ...base, limits: [{ connections: 1, on: [{ ...on, address: null }] }] },
  'each of two its own': {
    ...base,
    limits: [
      { connections: 1, on: [on], only: [on.port] },
      { connections: 2, bandwidth: 1_250_000, on: [{ ...on, port: 8081 }], only: [8081] },
    ],
  },
  all: {
    ...base,
    asks: [visited(on.address, ['198.51.100.0/24'])],
    redirects: [redirect],
    limits: [{ connections: 20, bandwidth: 125_000_000, on: [on] }],
  },
}

const run = (steps: readonly Step[]) =>
  batch(
    ...steps.map(({ verb, args, content }) => [verb, ...args, ...(content === undefined ? [] : [encode(content)])]),
    ['firewall_commit'],
  )
const wantedOf = (at: FirewallAt) => ({ ...wantFirewall(at), manager: 'nftables' }) as Firewall
const look = 'echo --; look_all\n'

test.each(Object.entries(cases))('%s: made, read back as wanted, changed and brought back, and gone', (_, at) => {
  const nothing = parseSnapshot('')
  const empty = { ...nothing, nft: { nftables: [] } }
  const made = inPrivateRoot('dash', `${run(firewall.plan(wantedOf(at), null, empty, at))}${look}`)
  const [ran, text = ''] = made.stdout.split('--\n')
  expect(ran).toBe('exit 0\n')
  const there = parseSnapshot(text)
  const have = firewall.observe(there, at)
  const want = wantFirewall(at)
  expect(have).toMatchObject({ open: true, persistent: true, opens: want.opens })
  expect([have?.redirects, have?.limits]).toEqual([want.redirects, want.limits])
  expect(firewall.plan(wantedOf(at), have, there, at)).toEqual([])
  // Whatever was there comes back: the same table, rule for rule.
  const table = 'nft list table inet ssh_tunnels_web'
  const other: FirewallAt = { ...base, limits: [{ connections: 7, on: [on] }] }
  const back = inPrivateRoot(
    'dash',
    `${run(firewall.plan(wantedOf(at), null, empty, at))}${table} >/mnt/first
    ${run(firewall.plan(wantedOf(other), firewall.observe(there, other), there, other))}${table} | cmp -s - /mnt/first && echo same
    ${run(inverse(there, other))}${table} | diff - /mnt/first && echo back
    ${run(firewall.plan(null, have, there, at))}nft list ruleset; ls /etc/ssh-tunnels/web 2>/dev/null || :\n`,
  )
  expect(back.stdout).toBe('exit 0\nexit 0\nexit 0\nback\nexit 0\n')
})

test('what nft would not load is told beforehand', () => {
  const at = cases.limits as FirewallAt
  const [[verb, table, content] = ['', '', '']] = questionsOf(at)
  const us = '\x1f'
  const ask = (text: string) =>
    `printf '%s\\n' 'look_programs${us}systemctl' '${[verb, table, encode(text)].join(us)}' look_whole end | run_script look\n`
  const seenWith = (text: string) => parseSnapshot(inPrivateRoot('dash', ask(text)).stdout)
  const want = wantedOf(at)
  const codes = (text: string) => firewall.checks(want, seenWith(text), at, 'middle').map(({ code }) => code)
  expect(codes(content)).not.toContain('needs-nft')
  const refused = firewall.checks(want, seenWith(content.replace('ct count', 'ct counts')), at, 'middle')
  expect(refused).toContainEqual(
    expect.objectContaining({ code: 'needs-nft', evidence: expect.stringContaining('Error') }),
  )
  expect(seenWith(content).nft).toEqual(seenWith('').nft)
})

test('without nft it is refused', () => {
  const at = cases.all as FirewallAt
  const checks = firewall.checks(wantedOf(at), { ...parseSnapshot(''), nft: null }, at, 'middle')
  expect(checks).toContainEqual(
    expect.objectContaining({
      code: 'needs-nft',
      what: 'middle has no nft, without which nothing there can lead 203.0.113.20 tcp/443 to tcp/24443; let in at most 20 connections at a time, at most 1gbit each way',
    }),
  )
})

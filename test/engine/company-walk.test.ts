// Walks of several tunnels over several hosts: whatever was made, removed, broken by hand or left half done, making all again ends well.
import fc from 'fast-check'
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import type { Snapshot } from '../../engine/parts/snapshot'
import { forgetReadings } from '../../engine/proof/observe'
import type { Declared } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { rarely } from '../arbitraries'
import { tries } from '../tries'
import { bytesOf, closed, makeCompany, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const without = <Value>(from: Readonly<Record<string, Value>>, key: string) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => name !== key))
const isOurs = (path: string) => path.includes('ssh-tunnels') || path.includes('/tunnel-')

/** One of them, whichever; undefined of none. */
const pick = <Item>(items: readonly Item[], which: number): Item | undefined => items[which % items.length]

/** What somebody does to a host by hand, to one of what it has. */
const drifts: readonly ((on: Snapshot, which: number) => Snapshot)[] = [
  (on, which) => changeOne(on, which, () => undefined),
  (on, which) => changeOne(on, which, file => ({ ...file, text: `${file.text}# by hand\n` })),
  (on, which) => changeOne(on, which, file => ({ ...file, mode: '600' })),
  (on, which) => ({ ...on, keys: without(on.keys, pick(Object.keys(on.keys), which) ?? '') }),
  (on, which) => changeUnit(on, which, { ActiveState: 'inactive' }),
  on => ({ ...on, wantedUnits: on.wantedUnits.slice(1) }),
  flush,
  (on, which) => ({ ...on, accounts: without(on.accounts, pick(Object.keys(on.accounts), which) ?? '') }),
  (on, which) => {
    const name = pick(Object.keys(on.accounts), which)
    if (name === undefined) return on
    const account = { shell: '/bin/sh', comment: 'ssh-tunnels terraform', uid: on.accounts[name]?.uid ?? 0 }
    return { ...on, accounts: { ...on.accounts, [name]: account } }
  },
]

/** A reload of the ruleset without our rules. */
function flush(on: Snapshot): Snapshot {
  const ruleset = on.nft as { readonly nftables: readonly { readonly rule?: { readonly comment?: string } }[] } | null
  const left = ruleset?.nftables.filter(({ rule }) => !rule?.comment?.startsWith('ssh-tunnels'))
  return left ? { ...on, nft: { nftables: left } } : on
}

type File = Snapshot['files'][string]
function changeOne(on: Snapshot, which: number, change: (file: File) => File | undefined): Snapshot {
  const path = pick(Object.keys(on.files).filter(isOurs), which)
  const file = path === undefined ? undefined : on.files[path]
  if (path === undefined || !file) return on
  const changed = change(file)
  return { ...on, files: changed ? { ...on.files, [path]: changed } : without(on.files, path) }
}

function changeUnit(on: Snapshot, which: number, properties: Record<string, string>): Snapshot {
  const name = pick(Object.keys(on.units), which)
  if (name === undefined) return on
  return { ...on, units: { ...on.units, [name]: { ...on.units[name], ...properties } } as Snapshot['units'] }
}

function makeScene() {
  const { near, middle, world } = makeCompany()
  const [near2, middle2] = [world.add('near2', '198.51.100.11'), world.add('middle2', '203.0.113.21', closed)]
  const open: Partial<Tunnel> = { listen: '203.0.113.20:2105', allowFrom: ['192.0.2.0/24'], probe: 'none' }
  const all = [
    tunnelOf(near, middle, 't1'),
    tunnelOf(near, middle2, 't2'),
    tunnelOf(near2, middle, 't3', { forward: 'local' }),
    tunnelOf(near2, middle2, 't4'),
    tunnelOf(near, middle, 't5', open),
    tunnelOf(middle, middle2, 't6'),
  ]
  return { world, all, hosts: [near, middle, near2, middle2] }
}

const settled = async (work: Promise<unknown>[]) => void (await Promise.allSettled(work))

const hostCount = 4
const tunnelCount = 6

/** What goes wrong on a host while something happens: steps by their number, and its connection. */
const trouble = fc.record({
  failing: fc.array(rarely(25, fc.constant(true)), { minLength: 30, maxLength: 30 }),
  loses: rarely(12, fc.constantFrom('before' as const, 'halfway' as const, 'after' as const)),
})
const some = fc.array(fc.boolean(), { minLength: tunnelCount, maxLength: tunnelCount })
const what = fc.oneof(
  { weight: 1, arbitrary: fc.record({ does: fc.constant('remove' as const), some }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('make' as const), some }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('drift' as const),
      host: fc.nat(hostCount - 1),
      drift: fc.nat(drifts.length - 1),
      which: fc.nat(30),
    }),
  },
)
const event = fc.record({ what, troubles: fc.array(trouble, { minLength: hostCount, maxLength: hostCount }) })
type Event = typeof event extends fc.Arbitrary<infer One> ? One : never

/** One thing that happens: to the tunnels, or to a host by hand. */
async function happen(all: readonly Declared[], hosts: readonly FakeHost[], { what, troubles }: Event): Promise<void> {
  hosts.forEach((host, at) => {
    let step = 0
    host.fails = () => (troubles[at]?.failing[step++] ? 'bad luck' : null)
    host.loses = troubles[at]?.loses ?? null
  })
  if (what.does === 'drift') {
    const host = hosts[what.host]
    if (host) host.on = drifts[what.drift]?.(host.on, what.which) ?? host.on
    forgetReadings()
  } else {
    const change = what.does === 'make' ? make : remove
    await settled(all.filter((_one, at) => what.some[at]).map(one => change(one, tellNobody)))
  }
  for (const host of hosts) {
    host.fails = () => null
    host.loses = null
  }
}

test('a walk ends with all tunnels as declared, and then with hosts as they were', async () => {
  const walk = fc.asyncProperty(fc.array(event, { minLength: 6, maxLength: 14, size: 'max' }), async events => {
    const { all, hosts } = makeScene()
    const before = hosts.map(bytesOf)
    for (const event of events) await happen(all, hosts, event)

    const made = await Promise.all(all.map(one => make(one, tellNobody)))
    expect(made.map(({ parts }) => parts.service && 'active' in parts.service && parts.service.active)).toEqual(
      all.map(() => true),
    )
    const wish = { owner: 'terraform', ownsAll: true, hosts: hosts.map(({ host }) => host), declared: all }
    const { changes, troubles } = await planChanges(wish)
    expect(troubles).toEqual([])
    expect(changes.filter(({ action }) => action !== 'none')).toEqual([])
    for (const host of hosts) host.runs.length = 0
    await Promise.all(all.map(one => make(one, tellNobody)))
    expect(hosts.flatMap(({ runs }) => runs.map(({ script }) => script))).toEqual(hosts.map(() => 'look'))

    await Promise.all(all.map(one => remove(one, tellNobody)))
    expect(hosts.map(bytesOf)).toEqual(before)
  })
  await fc.assert(walk, tries(8))
})

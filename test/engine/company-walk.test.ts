// Random walks of several tunnels over several hosts: whatever was made, removed, broken by hand or left half done, making all again ends well.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import type { Snapshot } from '../../engine/parts/snapshot'
import { forgetReadings } from '../../engine/proof/observe'
import type { Declared } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { bytesOf, closed, makeCompany, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'
import { makeRandom, pick } from './random'

type Random = (below: number) => number
const without = <Value>(from: Readonly<Record<string, Value>>, key: string) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => name !== key))
const isOurs = (path: string) => path.includes('ssh-tunnels') || path.includes('/tunnel-')

/** What somebody does to a host by hand. */
const drifts: readonly ((on: Snapshot, random: Random) => Snapshot)[] = [
  (on, random) => changeOne(on, random, () => undefined),
  (on, random) => changeOne(on, random, file => ({ ...file, text: `${file.text}# by hand\n` })),
  (on, random) => changeOne(on, random, file => ({ ...file, mode: '600' })),
  (on, random) => {
    const keys = Object.keys(on.keys)
    return keys.length === 0 ? on : { ...on, keys: without(on.keys, pick(keys, random)) }
  },
  (on, random) => changeUnit(on, random, { ActiveState: 'inactive' }),
  on => ({ ...on, wantedUnits: on.wantedUnits.slice(1) }),
  flush,
  (on, random) => {
    const accounts = Object.keys(on.accounts)
    if (accounts.length === 0) return on
    const name = pick(accounts, random)
    const account = { shell: '/bin/sh', comment: 'ssh-tunnels terraform', uid: on.accounts[name]?.uid ?? 0 }
    return { ...on, accounts: random(2) ? without(on.accounts, name) : { ...on.accounts, [name]: account } }
  },
]

/** A reload of the ruleset without our rules. */
function flush(on: Snapshot): Snapshot {
  const ruleset = on.nft as { readonly nftables: readonly { readonly rule?: { readonly comment?: string } }[] } | null
  const left = ruleset?.nftables.filter(({ rule }) => !rule?.comment?.startsWith('ssh-tunnels'))
  return left ? { ...on, nft: { nftables: left } } : on
}

type File = Snapshot['files'][string]
function changeOne(on: Snapshot, random: Random, change: (file: File) => File | undefined): Snapshot {
  const paths = Object.keys(on.files).filter(isOurs)
  if (paths.length === 0) return on
  const path = pick(paths, random)
  const file = on.files[path]
  const changed = file && change(file)
  return { ...on, files: changed ? { ...on.files, [path]: changed } : without(on.files, path) }
}

function changeUnit(on: Snapshot, random: Random, properties: Record<string, string>): Snapshot {
  const units = Object.keys(on.units)
  if (units.length === 0) return on
  const name = pick(units, random)
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
const some = (all: readonly Declared[], random: Random) => all.filter(() => random(2) === 0)

/** One thing that happens: to the tunnels, or to a host by hand. */
async function happen(all: readonly Declared[], hosts: readonly FakeHost[], random: Random): Promise<void> {
  for (const host of hosts) {
    host.fails = () => (random(25) === 0 ? 'bad luck' : null)
    host.loses = random(12) === 0 ? pick(['before', 'halfway', 'after'] as const, random) : null
  }
  const what = random(4)
  if (what === 0) await settled(some(all, random).map(one => remove(one, tellNobody)))
  else if (what === 1) await settled(some(all, random).map(one => make(one, tellNobody)))
  else {
    const host = pick(hosts, random)
    host.on = pick(drifts, random)(host.on, random)
    forgetReadings()
  }
  for (const host of hosts) {
    host.fails = () => null
    host.loses = null
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'walk %i ends with all tunnels as declared, and then with hosts as they were',
  async seed => {
    const random = makeRandom(seed)
    const { all, hosts } = makeScene()
    const before = hosts.map(bytesOf)
    for (let step = 0; step < 12; step++) await happen(all, hosts, random)

    const made = await Promise.all(all.map(one => make(one, tellNobody)))
    expect(made.map(({ parts }) => parts.service?.active)).toEqual(all.map(() => true))
    const wish = { owner: 'terraform', ownsAll: true, hosts: hosts.map(({ host }) => host), declared: all }
    const { changes, troubles } = await planChanges(wish)
    expect(troubles).toEqual([])
    expect(changes.filter(({ action }) => action !== 'none')).toEqual([])
    for (const host of hosts) host.runs.length = 0
    await Promise.all(all.map(one => make(one, tellNobody)))
    expect(hosts.flatMap(({ runs }) => runs.map(({ script }) => script))).toEqual(hosts.map(() => 'look'))

    await Promise.all(all.map(one => remove(one, tellNobody)))
    expect(hosts.map(bytesOf)).toEqual(before)
  },
)

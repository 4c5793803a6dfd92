// A made-up near and middle, and tunnels between them: what the tests over made-up hosts begin with.
import { Fault } from '../../engine/fault'
import { usePool } from '../../engine/host/pool'
import type { Snapshot } from '../../engine/parts/snapshot'
import { forgetReadings } from '../../engine/proof/observe'
import type { Declared } from '../../engine/wish/declared'
import type { Tunnel } from '../../schemas/types'
import { type FakeHost, makeWorld } from './fake-reach'

/** nft -j list ruleset of a host that closes its ports, and the file that keeps it. */
export const closed = { nft: 'policy-drop', files: { '/etc/nftables.conf': ['flush ruleset', ''] } }

export function makeCompany() {
  const world = makeWorld()
  usePool(world)
  forgetReadings()
  const near = world.add('near', '198.51.100.10')
  const middle = world.add('middle', '203.0.113.20', closed)
  return { world, near, middle }
}

const firstPort = 2100

/** A tunnel from near by way of middle that listens on a loopback address there, so that it is proved from middle. */
export const tunnelOf = (near: FakeHost, middle: FakeHost, name: string, more: Partial<Tunnel> = {}): Declared => ({
  type: 'tunnel',
  input: {
    name,
    forward: 'remote',
    listen: `127.0.0.1:${firstPort + Number(/\d+$/.exec(name)?.[0] ?? 0)}`,
    far: 'far:22',
    client: near.host,
    server: middle.host,
    ...more,
  },
})

export const manyOf = (count: number, make: (name: string) => Declared): Declared[] =>
  Array.from({ length: count }, (_none, index) => make(`t${index}`))

export const tellNobody = () => {}

/** The fault that it rejects with. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const why = await work.then(
    () => new Error('it did not fail'),
    reason => reason as unknown,
  )
  if (why instanceof Fault) return why
  throw why
}

/** Of a host what a tunnel's name stands in; with everything else left out. */
export const standingOf = ({ on }: FakeHost, name: string) => {
  const own = <Value>(from: Readonly<Record<string, Value>>) =>
    Object.fromEntries(
      Object.entries(from).filter(([key]) => new RegExp(`(^tun-|/|-)${name}(\\.service|\\.conf|/|$)`).test(key)),
    )
  const rules = JSON.stringify(on.nft).split(`ssh-tunnels ${name} `).length - 1
  return { accounts: own(on.accounts), files: own(on.files), keys: own(on.keys), units: own(on.units), rules }
}

export const nothing = { accounts: {}, files: {}, keys: {}, units: {}, rules: 0 }

/** All that our steps could have changed on a host. */
export const bytesOf = ({ on }: FakeHost): Pick<Snapshot, 'accounts' | 'files' | 'keys' | 'units' | 'nft'> => {
  const { accounts, files, keys, units, nft } = on
  return { accounts, files, keys, units, nft }
}

/** What this process has made it spares when it removes: a machine that was booted anew is another one to it, as to a later process. */
export const bootAnew = (...hosts: FakeHost[]) => {
  for (const host of hosts) host.on = { ...host.on, machine: `${host.on.machine} booted anew` }
}

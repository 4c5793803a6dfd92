// Which hosts are one machine when leftovers are looked for: what the machines say of themselves counts first, then what is declared.
import { groupMachines } from '../../engine/compare/leftovers'
import type { Host } from '../../schemas/types'
import { snapshotOf } from './cases'

const gate = (address: string) => ({ name: address, address })
/** One private address behind jump hosts. */
const behind = (name: string, ...gates: string[]): Host => ({ name, address: '10.0.0.5', via: gates.map(gate) })

const groups = (...seen: readonly [Host, string | null][]) =>
  groupMachines(seen.map(([host, machine]) => ({ host, snapshot: snapshotOf({ machine }) }))).map(({ hosts }) =>
    hosts.map(({ name }) => name),
  )

test('two machines with one private address behind two jump hosts are two, also where the last of those are called alike', () => {
  expect(groups([behind('a', '198.51.100.1'), 'one'], [behind('b', '198.51.100.2'), 'other'])).toEqual([['a'], ['b']])
  const [a, b] = [behind('a', '198.51.100.1', '10.0.0.1'), behind('b', '198.51.100.2', '10.0.0.1')]
  expect(groups([a, 'one'], [b, 'other'])).toEqual([['a'], ['b']])
})

test('one machine is one by whatever way it is reached', () => {
  const itself: Host = { name: 'c', local: true }
  expect(groups([behind('a', '198.51.100.1'), 'one'], [behind('b', '198.51.100.2'), 'one'], [itself, 'one'])).toEqual([
    ['a', 'b', 'c'],
  ])
})

test('where a machine says nothing of itself, what is declared tells', () => {
  const [a, b] = [behind('a', '198.51.100.1'), behind('b', '198.51.100.2')]
  expect(groups([a, null], [b, null])).toEqual([['a'], ['b']])
  expect(groups([a, null], [{ ...a, name: 'again', user: 'ops' }, 'one'])).toEqual([['a', 'again']])
})

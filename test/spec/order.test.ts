// In which order tunnels are made.
import { depths, inOrder } from '../../spec/order'

test('a tunnel is as deep as the longest way to one that depends on nothing', () => {
  const depthOf = depths({ d: ['b', 'c'], c: ['b'], b: ['a'] })
  expect(['a', 'b', 'c', 'd', 'constructor'].map(depthOf)).toEqual([0, 1, 2, 3, 0])
})

test('a chain may be as long as the file', () => {
  const count = 50_000
  const chain = Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at + 1}`, [`t${at}`]]))
  expect(depths(chain)(`t${count}`)).toBe(count)
})

test('each is made after those that it depends on, and the others in the order of the file', () => {
  const tunnels = ['inside', 'other', 'door'].map(name => ({ name })) as unknown as Parameters<
    typeof inOrder
  >[0]['declared']
  expect(inOrder({ declared: tunnels, dependsOn: { inside: ['door'] } }).map(({ name }) => name)).toEqual([
    'other',
    'door',
    'inside',
  ])
})

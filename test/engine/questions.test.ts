// What is asked of sshd beyond names goes with every look and batch of who declares it, also where a whole host was read for many just before.
import { make } from '../../engine/change/make'
import { planChanges } from '../../engine/compare/plan-changes'
import { read } from '../../engine/proof/observe'
import type { Declared } from '../../engine/wish/declared'
import { makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const settingsOf = ({ host }: FakeHost, keyword: string): Declared => ({
  type: 'middle',
  input: { name: host.name, owner: 'shop', host, extra: { [keyword]: ['none'] } },
})
/** Of each run the lines that were asked about. */
const askedOf = ({ runs }: FakeHost) =>
  runs.map(({ requests }) => requests.filter(({ verb }) => verb === 'look_sshd_line').map(({ args }) => args[0]))

test('a whole host that was read for many is read again for who asks more of it', async () => {
  const { near, middle } = makeCompany()
  const many = manyOf(10, name => tunnelOf(near, middle, name))
  await Promise.all([...many, settingsOf(middle, 'Banner')].map(read))
  expect(askedOf(middle)).toEqual([['Banner none']])
  await read(settingsOf(middle, 'Banner'))
  expect(askedOf(middle)).toHaveLength(1)
  await read(settingsOf(middle, 'ForceCommand'))
  expect(askedOf(middle)).toEqual([['Banner none'], ['ForceCommand none']])
  expect(askedOf(near).flat()).toEqual([])
})

test('a plan asks, and so do the look and each batch of a make', async () => {
  const { near, middle } = makeCompany()
  const declared = [settingsOf(middle, 'Banner')]
  await planChanges({ owner: 'shop', ownsAll: true, hosts: [near.host, middle.host], declared })
  await make(settingsOf(middle, 'Banner'), tellNobody).catch(() => {})
  expect(askedOf(middle).length).toBeGreaterThan(2)
  expect(askedOf(middle).every(lines => lines.includes('Banner none'))).toBe(true)
})

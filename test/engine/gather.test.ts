// Who comes at about the same time is served together, and who has no host in common does not wait for the others.
import { make } from '../../engine/change/make'
import { gather } from '../../engine/look/gather'
import { read } from '../../engine/proof/observe'
import { closed, makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import { countRuns } from './fake-reach'

describe('the moment', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  const makeGatherer = () => {
    const served: string[][] = []
    return { served, arrive: gather<string>(items => served.push([...items])) }
  }

  test('ends when nobody else has come for 25 ms, and the next one begins with who comes then', () => {
    const { served, arrive } = makeGatherer()
    arrive('a')
    jest.advanceTimersByTime(20)
    arrive('b')
    jest.advanceTimersByTime(24)
    expect(served).toEqual([])
    jest.advanceTimersByTime(1)
    arrive('c')
    jest.advanceTimersByTime(25)
    expect(served).toEqual([['a', 'b'], ['c']])
  })

  test('does not last longer than 250 ms, however many keep coming', () => {
    const { served, arrive } = makeGatherer()
    for (let at = 0; at < 400; at += 10) {
      arrive(String(at))
      jest.advanceTimersByTime(10)
    }
    expect(served[0]).toHaveLength(25)
  })
})

test('who reads within the moment shares one look at each host, which is about those that are asked for alone', async () => {
  const { near, middle } = makeCompany()
  const all = manyOf(3, name => tunnelOf(near, middle, name))
  expect(await Promise.all(all.map(read))).toEqual([null, null, null])
  const asked = near.runs.map(({ requests }) =>
    requests.filter(({ verb }) => verb === 'look_tunnel').map(({ args }) => args[0]),
  )
  expect(asked).toEqual([['t0', 't1', 't2']])
  expect([countRuns(near), countRuns(middle)]).toEqual([1, 1])
})

test('a host that hangs does not hold up tunnels that do not touch it, though they came at the same time', async () => {
  const { near, middle, world } = makeCompany()
  const [far, other] = [world.add('near2', '198.51.100.11'), world.add('middle2', '203.0.113.21', closed)]
  const { reached, release } = middle.hold('batch')
  const hanging = make(tunnelOf(near, middle, 't0'), tellNobody)
  const free = make(tunnelOf(far, other, 't1'), tellNobody)
  await reached
  expect((await free).proof?.answered).toBe(true)
  expect(countRuns(middle, 'batch')).toBe(1)
  release()
  expect((await hanging).proof?.answered).toBe(true)
})

test('tunnels that meet on a host travel together, also by way of a third', async () => {
  const { near, middle, world } = makeCompany()
  const [far, other] = [world.add('near2', '198.51.100.11'), world.add('middle2', '203.0.113.21', closed)]
  const all = [tunnelOf(near, middle, 't0'), tunnelOf(far, other, 't1'), tunnelOf(near, other, 't2')]
  await Promise.all(all.map(one => make(one, tellNobody)))
  expect([near, middle, far, other].map(host => countRuns(host))).toEqual([3, 4, 3, 4])
})

test('a second company that comes while a batch runs joins its next one, and both are made', async () => {
  const { near, middle } = makeCompany()
  const { reached, release } = middle.hold('batch')
  const first = make(tunnelOf(near, middle, 't0'), tellNobody)
  await reached
  const look = near.runs.length
  const second = ['t1', 't2'].map(name => make(tunnelOf(near, middle, name), tellNobody))
  while (near.runs.slice(look).every(({ script }) => script !== 'look')) await new Promise(setImmediate)
  release()
  const made = await Promise.all([first, ...second])
  expect(made.map(({ proof }) => proof?.answered)).toEqual([true, true, true])
})

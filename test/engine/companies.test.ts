// Who comes at about the same time is served together, and who has no host in common does not wait for the others.
import { make } from '../../engine/change/make'
import { companies } from '../../engine/look/company'
import { read } from '../../engine/proof/observe'
import { closed, makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import { countRuns } from './fake-reach'

describe('a company', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  /** Items are called by the one host that they are about, and a number. */
  const makeCompanies = () => {
    const served: string[][] = []
    const homes: (() => void)[] = []
    const arrive = companies<string>(
      item => [item[0] ?? ''],
      items => {
        served.push([...items])
        return new Promise(home => homes.push(home))
      },
    )
    const comeHome = async () => {
      homes.shift()?.()
      await Promise.resolve()
      await Promise.resolve()
    }
    return { served, arrive, comeHome }
  }

  test('sets out when nobody else has come for 40 ms', () => {
    const { served, arrive } = makeCompanies()
    arrive('a1')
    jest.advanceTimersByTime(30)
    arrive('a2')
    jest.advanceTimersByTime(39)
    expect(served).toEqual([])
    jest.advanceTimersByTime(1)
    expect(served).toEqual([['a1', 'a2']])
  })

  test('sets out after 400 ms, however many keep coming', () => {
    const { served, arrive } = makeCompanies()
    for (let at = 0; at < 600; at += 10) {
      arrive(`a${at}`)
      jest.advanceTimersByTime(10)
    }
    expect(served[0]).toHaveLength(40)
  })

  test('waits for the one before on the same host, and takes along who comes right after that has come home', async () => {
    const { served, arrive, comeHome } = makeCompanies()
    arrive('a1')
    jest.advanceTimersByTime(40)
    arrive('a2')
    jest.advanceTimersByTime(1000)
    expect(served).toEqual([['a1']])
    await comeHome()
    jest.advanceTimersByTime(149)
    expect(served).toEqual([['a1']])
    jest.advanceTimersByTime(1)
    expect(served).toEqual([['a1'], ['a2']])
  })

  test('does not wait for more than have come home', async () => {
    const { served, arrive, comeHome } = makeCompanies()
    for (const one of ['a1', 'a2', 'a3']) arrive(one)
    jest.advanceTimersByTime(40)
    await comeHome()
    arrive('a4')
    jest.advanceTimersByTime(100)
    arrive('a5')
    jest.advanceTimersByTime(100)
    expect(served).toHaveLength(1)
    arrive('a6')
    jest.advanceTimersByTime(20)
    expect(served[1]).toEqual(['a4', 'a5', 'a6'])
  })

  test('takes along all who come after one alone', async () => {
    const { served, arrive, comeHome } = makeCompanies()
    arrive('a0')
    jest.advanceTimersByTime(40)
    await comeHome()
    const ten = Array.from({ length: 10 }, (_, index) => `a${index + 1}`)
    for (const one of ten) {
      arrive(one)
      jest.advanceTimersByTime(10)
    }
    jest.advanceTimersByTime(150)
    expect(served[1]).toEqual(ten)
  })

  test('does not wait for others longer than five seconds, nor for one on another host', () => {
    const { served, arrive } = makeCompanies()
    arrive('a1')
    jest.advanceTimersByTime(40)
    arrive('a2')
    arrive('b1')
    jest.advanceTimersByTime(40)
    expect(served).toEqual([['a1'], ['b1']])
    jest.advanceTimersByTime(5000)
    expect(served).toEqual([['a1'], ['b1'], ['a2']])
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

test('who comes while a company is on the way to the same hosts travels with the next one', async () => {
  const { near, middle } = makeCompany()
  const { reached, release } = middle.hold('batch')
  const first = make(tunnelOf(near, middle, 't0'), tellNobody)
  await reached
  const behind = ['t1', 't2'].map(name => make(tunnelOf(near, middle, name), tellNobody))
  release()
  const made = await Promise.all([first, ...behind])
  expect(made.map(({ proof }) => proof?.answered)).toEqual([true, true, true])
  expect([near, middle].map(host => countRuns(host))).toEqual([6, 8])
})

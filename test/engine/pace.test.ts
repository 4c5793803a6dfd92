// At most so many at a time: for each key, and in all where both are asked.
import { pace } from '../../engine/host/pace'
import { paced, sourceOf, sshdOf } from '../../engine/proof/pace'
import type { Tunnel } from '../../schemas/types'
import { asSingle } from '../single'

interface Job {
  readonly name: string
  readonly end: (why?: Error) => void
}

/** Jobs that run until they are told to end; `running` are those that have begun, in that order. */
function makeJobs() {
  const running: Job[] = []
  const work = (name: string) => () =>
    new Promise<string>((done, fail) => {
      const end = (why?: Error) => {
        running.splice(running.indexOf(job), 1)
        if (why) fail(why)
        else done(name)
      }
      const job = { name, end }
      running.push(job)
    })
  return { work, names: () => running.map(({ name }) => name), end: (why?: Error) => running[0]?.end(why) }
}

const settle = () => new Promise(resolve => setImmediate(resolve))

test('at most so many run at a time for each key, and who waits goes in turn', async () => {
  const { work, names, end } = makeJobs()
  const inTurn = pace(2)
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3'].map(name => inTurn(name[0] ?? '', work(name)))
  await settle()
  expect(names()).toEqual(['a1', 'a2', 'b1', 'b2'])
  end()
  await settle()
  expect(names()).toEqual(['a2', 'b1', 'b2', 'a3'])
  end()
  await settle()
  expect(names()).toEqual(['b1', 'b2', 'a3', 'a4'])
  while (names().length > 0) {
    end()
    await settle()
  }
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3'])
})

test('work that fails makes room, and its failure is its own', async () => {
  const { work, names, end } = makeJobs()
  const inTurn = pace(1)
  const first = inTurn('a', work('a1'))
  const second = inTurn('a', work('a2'))
  await settle()
  end(new Error('no'))
  await expect(first).rejects.toThrow('no')
  await settle()
  expect(names()).toEqual(['a2'])
  end()
  expect(await second).toBe('a2')
})

test('who comes while one has just gone does not make one too many', async () => {
  const { work, names, end } = makeJobs()
  const inTurn = pace(1)
  const first = inTurn('a', work('a1'))
  const second = inTurn('a', work('a2'))
  await settle()
  end()
  const third = first.then(() => inTurn('a', work('a3')))
  for (let left = 0; left < 2; left++) {
    await settle()
    expect(names().length).toBe(1)
    end()
  }
  expect((await Promise.all([second, third])).sort()).toEqual(['a2', 'a3'])
})

test('probes of what may be an sshd are at most three a far, and eight in all', async () => {
  const { work, names, end } = makeJobs()
  const fars = ['a', 'b', 'c', 'd', 'e']
  const all = fars.flatMap(far => [1, 2, 3, 4].map(number => paced(far, true, work(`${far}${number}`))))
  let ended = 0
  for (; names().length > 0 || ended === 0; ended++) {
    await settle()
    expect(names().length).toBeLessThanOrEqual(8)
    for (const far of fars) expect(names().filter(name => name.startsWith(far)).length).toBeLessThanOrEqual(3)
    if (ended === 0) expect(names().length).toBe(8)
    end()
    await settle()
  }
  expect(ended).toBe(all.length)
  await Promise.all(all)
})

test('of one far that cannot be an sshd eight are asked at a time', async () => {
  const { work, names, end } = makeJobs()
  const all = [...Array(10).keys()].map(number => paced('web', false, work(`w${number}`)))
  await settle()
  expect(names().length).toBe(8)
  while (names().length > 0) {
    end()
    await settle()
  }
  await Promise.all(all)
})

describe('what an sshd that is far counts', () => {
  const host = (name: string, address: string) => ({ name, address })
  const middle = host('middle', '203.0.113.20')
  const tunnel = (client: string, far: string, forward: Tunnel['forward'] = 'remote') =>
    asSingle({
      name: client,
      forward,
      client: host(client, client === 'one' ? '198.51.100.1' : '198.51.100.2'),
      server: middle,
      listen: '203.0.113.20:2222',
      far,
    })

  test('it holds against each host that dials it, and not against the others', () => {
    expect(sourceOf(tunnel('one', 'far:22'))).not.toBe(sourceOf(tunnel('two', 'far:22')))
    expect(sourceOf(tunnel('one', 'far:22', 'local'))).toBe(sourceOf(tunnel('two', 'far:22', 'local')))
  })

  test('far is one sshd for all who dial it, but localhost is another for each', () => {
    expect(sshdOf(tunnel('one', 'far:22'))).toBe(sshdOf(tunnel('two', 'far:22')))
    for (const far of ['localhost:22', '[fe80::1%eth0]:22'])
      expect(sshdOf(tunnel('one', far))).not.toBe(sshdOf(tunnel('two', far)))
  })
})

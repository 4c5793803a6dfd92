// A connection that is cut before and after every remote call of a change: done again it converges, and a removal leaves nothing.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { usePool } from '../../engine/host/pool'
import { forgetReadings } from '../../engine/proof/observe'
import type { Declared } from '../../engine/wish/declared'
import { type Break, breakingOff, callsOf, type Passed } from '../harness/break-off'
import { bytesOf, makeCompany, tellNobody, tunnelOf } from './company'

const owner = 'terraform'

function makeEstate() {
  const company = makeCompany()
  const { near, middle, world } = company
  const before = [bytesOf(near), bytesOf(middle)]
  const estate = (interval: number): Declared[] => [
    tunnelOf(near, middle, 't1', {
      owner,
      listen: '203.0.113.20:2101',
      allowFrom: ['203.0.113.20'],
      serverAlive: { interval, countMax: 3 },
    }),
    {
      type: 'middle',
      input: {
        name: 'middle',
        owner,
        host: middle.host,
        clientAliveInterval: interval,
        openPorts: [{ port: 9000 + interval }],
      },
    },
  ]
  /** Faults, in a run that is broken off at a place, or nowhere. */
  const run = async (
    verb: 'make' | 'remove',
    declared: readonly Declared[],
    at: Break | null,
    passed: Passed[] = [],
  ) => {
    usePool(breakingOff(world, at, passed))
    const work = declared.map(one => (verb === 'make' ? make(one, tellNobody) : remove(one, tellNobody)))
    const ended = await Promise.allSettled(work)
    // Another process comes after it.
    usePool(world)
    forgetReadings()
    return ended.flatMap(one => (one.status === 'rejected' ? [String(one.reason)] : []))
  }
  const plan = async (declared: readonly Declared[]) => {
    const { changes, troubles } = await planChanges({ owner, ownsAll: true, hosts: [near.host, middle.host], declared })
    return [...changes.filter(({ action }) => action !== 'none'), ...troubles]
  }
  return { before, bytes: () => [bytesOf(near), bytesOf(middle)], first: estate(30), second: estate(20), run, plan }
}

type Estate = ReturnType<typeof makeEstate>

/** Each change: what comes before it, it itself, and what is left to do after it is all there. */
const changes = {
  create: { prepare: async (_estate: Estate) => {}, verb: 'make', of: 'first' },
  update: { prepare: ({ run, first }: Estate) => run('make', first, null), verb: 'make', of: 'second' },
  destroy: { prepare: ({ run, first }: Estate) => run('make', first, null), verb: 'remove', of: 'first' },
} as const

const callAt = (passed: readonly Passed[], place: Break) =>
  'call' in place ? passed.filter(({ host }) => host === place.host)[place.call - 1]?.call : undefined

test.each(Object.entries(changes))('at every call of %s', async (_name, { prepare, verb, of }) => {
  const passed: Passed[] = []
  const whole = makeEstate()
  await prepare(whole)
  expect(await whole.run(verb, whole[of], null, passed)).toEqual([])
  const places = callsOf(passed)
  expect(places.length).toBeGreaterThan(6)
  for (const place of places) {
    const estate = makeEstate()
    await prepare(estate)
    const faults = await estate.run(verb, estate[of], place)
    const again = await estate.run(verb, estate[of], null)
    const left = verb === 'make' ? await estate.plan(estate[of]) : []
    if (verb === 'make') await estate.run('remove', estate[of], null)
    const seen = { place, again, left, bytes: estate.bytes() }
    expect(seen).toEqual({ place, again: [], left: [], bytes: estate.before })
    // A look or a proof may be had once more.
    if (callAt(passed, place) === 'batch') expect(faults.join('\n')).toContain('was lost while batch ran')
  }
})

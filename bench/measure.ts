// The clock: every contender's acts for every count, in turn (A B A B), with the floor before and after each.
import type { Lab } from '../lab'
import { type Act, acts, type Contender, type End, expectAll, expectClean, type Name, tunnelsOf } from './contender'

/** What an act has cost a host. */
export interface Cost {
  /** Of processor time. */
  readonly seconds: number
  /** Over its line, both ways. */
  readonly bytes: number
  /** Logins of root that its sshd has let in. */
  readonly logins: number
}

export interface Sample {
  readonly contender: Name
  readonly act: Act
  readonly count: number
  readonly seconds: number
  /** A plan that saw changes where there are none: its time is that of something else. */
  readonly wrong?: boolean
  readonly cost?: Readonly<Record<End, Cost>>
  /** The provider's most, in bytes. */
  readonly memory?: number
  /** From the controller to each host and back. */
  readonly rounds?: Readonly<Record<End, number>>
}

/** An act that ended with an error: the contender has no times of so many. */
export interface Failure {
  readonly contender: Name
  readonly count: number
}

/** Begins before an act; what it resolves to is called after it and says what it has seen. No clock runs meanwhile. */
export type Meter = (contender: Contender) => Promise<() => Promise<Partial<Sample>>>

export interface Order {
  readonly counts: readonly number[]
  /** How often each act is measured with so many tunnels. */
  readonly runsOf: (count: number) => number
  readonly wanted: readonly Act[]
  readonly meters?: readonly Meter[]
  /** Called, outside the clock, while the tunnels of a contender stand. */
  readonly standing?: (contender: Contender, count: number, run: number) => Promise<void>
  /** Makes the hosts ready again that a failure has left in disorder. */
  readonly mend: () => Promise<void>
}

export interface Measured {
  readonly samples: readonly Sample[]
  readonly failures: readonly Failure[]
}

const begun = performance.now()
/** What is under way, with the minutes since the program began. */
export const tell = (text: string) => console.error(`${((performance.now() - begun) / 60_000).toFixed(1)} min: ${text}`)

export async function measure(lab: Lab, contenders: readonly Contender[], order: Order): Promise<Measured> {
  const samples: Sample[] = []
  const failures: Failure[] = []
  for (const count of order.counts) {
    const turns = turnsOf(contenders.filter(({ atMost = count }) => count <= atMost))
    for (let run = 0; run < order.runsOf(count); run++) {
      for (const contender of turns) {
        try {
          samples.push(...(await takeTurn(lab, contender, count, run, order)))
          await expectClean(lab)
        } catch (fault) {
          tell(`${contender.name}, ${count} tunnels: ${(fault as Error).message}`)
          failures.push({ contender: contender.name, count })
          await order.mend()
        }
      }
    }
  }
  return { samples, failures }
}

async function takeTurn(lab: Lab, contender: Contender, count: number, run: number, order: Order) {
  await contender.prepare(tunnelsOf(count))
  try {
    return await take(lab, contender, count, run, order)
  } finally {
    await contender.tidy()
  }
}

/**
 * The floor is always the same work, so its spread tells whether the machine was as fast for one contender as for the other: a run of
 * Ansible takes minutes, in which somebody else's work may begin.
 */
function turnsOf(contenders: readonly Contender[]): readonly Contender[] {
  const floor = contenders.filter(({ name }) => name === 'floor')
  const others = contenders.filter(({ name }) => name !== 'floor')
  return others.length === 0 ? floor : [...others.flatMap(other => [...floor, other]), ...floor]
}

/** All acts of one contender. Deploy and destroy happen whether they are wanted or not. */
async function take(
  lab: Lab,
  contender: Contender,
  count: number,
  run: number,
  { wanted, meters = [], standing = async () => {} }: Order,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (const act of acts) {
    if (act === 'plan' && !wanted.includes(act)) continue
    if (act === 'destroy') await standing(contender, count, run)
    const perform = contender[act]
    if (perform === undefined) continue
    const { result, seconds, seen } = await timed(contender, perform, meters)
    const wrong = result === false
    tell(`${contender.name} ${act} ${count}: ${seconds.toFixed(2)} s${wrong ? ', sees changes that are none' : ''}`)
    const sample = { contender: contender.name, act, count, seconds, ...(wrong && { wrong }) }
    if (wanted.includes(act)) samples.push(Object.assign(sample, ...seen))
    if (act === 'deploy' && !contender.bare) await expectAll(lab, tunnelsOf(count))
  }
  return samples
}

/** The meters begin and end outside the clock, and end in any case. */
async function timed(contender: Contender, perform: () => Promise<unknown>, meters: readonly Meter[]) {
  const ends = await Promise.all(meters.map(meter => meter(contender)))
  const end = () => Promise.all(ends.map(one => one()))
  const start = performance.now()
  const result = await perform().catch(async fault => {
    await end()
    throw fault
  })
  const seconds = (performance.now() - start) / 1000
  return { result, seconds, seen: await end() }
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

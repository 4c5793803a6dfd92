// The clock: every contender's acts for every count, in turn (A B A B), with the floor before and after each.
import type { Lab } from '../lab'
import { type Act, acts, type Contender, expectAll, expectClean, type Name, tunnelsOf } from './contender'

export interface Sample {
  readonly contender: Name
  readonly act: Act
  readonly count: number
  readonly seconds: number
  /** A plan that saw changes where there are none: its time is that of something else. */
  readonly wrong?: boolean
}

export interface Order {
  readonly counts: readonly number[]
  /** How often each act is measured with so many tunnels. */
  readonly runsOf: (count: number) => number
  readonly wanted: readonly Act[]
}

/** @param standing called, outside the clock, while the tunnels of a contender stand */
export async function measure(
  lab: Lab,
  contenders: readonly Contender[],
  { counts, runsOf, wanted }: Order,
  standing: (contender: Contender, count: number, run: number) => Promise<void> = async () => {},
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (const count of counts) {
    const turns = turnsOf(contenders.filter(({ atMost = count }) => count <= atMost))
    for (let run = 0; run < runsOf(count); run++) {
      for (const contender of turns) {
        await contender.prepare(tunnelsOf(count))
        try {
          samples.push(...(await take(lab, contender, count, wanted, () => standing(contender, count, run))))
        } finally {
          await contender.tidy()
        }
        await expectClean(lab)
      }
    }
  }
  return samples
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
  wanted: readonly Act[],
  standing: () => Promise<void>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (const act of acts) {
    if (act === 'plan' && !wanted.includes(act)) continue
    if (act === 'destroy') await standing()
    const start = performance.now()
    const result = await contender[act]()
    const seconds = (performance.now() - start) / 1000
    const wrong = result === false
    const note = wrong ? ', sees changes that are none' : ''
    console.error(`${contender.name} ${act} ${count}: ${seconds.toFixed(2)} s${note}`)
    if (wanted.includes(act)) samples.push({ contender: contender.name, act, count, seconds, ...(wrong && { wrong }) })
    // Middle's firewall is closed to the floor's ports.
    if (act === 'deploy' && contender.name !== 'floor') await expectAll(lab, tunnelsOf(count))
  }
  return samples
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

// The clock: every contender's acts for every count, in turn (A B A B), so that what else the machine does hits all alike.
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
    const tunnels = tunnelsOf(count)
    const able = contenders.filter(({ atMost = count }) => count <= atMost)
    for (let run = 0; run < runsOf(count); run++) {
      for (const contender of able) {
        await contender.prepare(tunnels)
        try {
          for (const act of acts) {
            if (act === 'plan' && !wanted.includes(act)) continue
            const start = performance.now()
            const result = await contender[act]()
            const seconds = (performance.now() - start) / 1000
            const wrong = result === false
            console.error(
              `${contender.name} ${act} ${count}: ${seconds.toFixed(2)} s${wrong ? ', sees changes that are none' : ''}`,
            )
            if (wanted.includes(act))
              samples.push({ contender: contender.name, act, count, seconds, ...(wrong && { wrong }) })
            if (act === 'deploy' && contender.name !== 'floor') await expectAll(lab, tunnels)
            if (act === 'plan' || (act === 'deploy' && !wanted.includes('plan'))) await standing(contender, count, run)
          }
        } finally {
          await contender.tidy()
        }
        await expectClean(lab)
      }
    }
  }
  return samples
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

// How many round trips a deploy and a look without a change wait for: one tunnel over lines as they are and over long ones, in turn.
import { startLab } from '../lab'
import { makeContest, mender } from './acts'
import { type Act, ends, type Name, names } from './contender'
import { lengthen } from './long-lines'
import { describeRun } from './machine'
import { type Measured, measure, median, type Sample } from './measure'
import { type Asked, publish, type Section } from './section'
import { medianAndRange, rowName, table } from './tables'

const roundTripMs = 100
const wanted = ['deploy', 'plan'] as const satisfies readonly Act[]
/** Those for whom it says something. */
const whom: readonly Name[] = ['floor', 'script', 'command', 'terraform', 'pyinfra', 'ansible']

export interface Latency {
  readonly short: readonly Sample[]
  readonly long: readonly Sample[]
}

async function run(asked: Asked): Promise<void> {
  const who = asked.who.filter(name => whom.includes(name))
  const lab = await startLab()
  try {
    const contest = await makeContest(lab, who)
    const about = await describeRun(lab, asked.busy, contest.versions)
    const found: { short: Sample[]; long: Sample[] } = { short: [], long: [] }
    const order = { counts: [1], runsOf: () => 1, wanted, mend: mender(lab, contest) }
    for (let run = 0; run < (asked.runs ?? 3); run++) {
      const short: Measured = await measure(lab, contest.contenders, order)
      const lines = await lengthen(lab, roundTripMs)
      try {
        const long = await measure(lab, contest.contenders, { ...order, meters: [lines.meter] })
        found.short.push(...short.samples)
        found.long.push(...long.samples)
      } finally {
        await lines.stop()
      }
    }
    publish(asked, 'latency', latencyTable(found), about, found)
  } finally {
    await lab.stop()
  }
}

export function latencyTable({ short, long }: Latency): string {
  const rows = wanted.flatMap(act =>
    names
      .filter(name => long.some(sample => sample.contender === name && sample.act === act))
      .map(name => {
        const of = (from: readonly Sample[]) => from.filter(one => one.contender === name && one.act === act)
        const time = (from: readonly Sample[]) => median(of(from).map(({ seconds }) => seconds)) ?? Number.NaN
        const waited = ((time(long) - time(short)) * 1000) / roundTripMs
        const rounds = ends.map(end => median(of(long).flatMap(({ rounds }) => rounds?.[end] ?? [])) ?? Number.NaN)
        return [
          rowName(act, name),
          medianAndRange(of(short).map(({ seconds }) => seconds)),
          medianAndRange(of(long).map(({ seconds }) => seconds)),
          `**${waited.toFixed(1)}**`,
          ...rounds.map(String),
        ]
      }),
  )
  const head = [
    'one tunnel',
    'as they are',
    `${roundTripMs} ms longer`,
    'round trips waited for',
    ...ends.map(end => `to ${end}`),
  ]
  return table(head, rows)
}

export const latencySection: Section = { name: 'latency', words: ['latency'], run }

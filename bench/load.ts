// `make bench-load`: many tunnels over one middle with visitors and faults; writes docs/benchmarks.md. Fails where a visitor was lost with nothing wrong.
import { parseArgs } from 'node:util'
import { startLab } from '../lab'
import { kindsOfFault } from './load-faults'
import { type LoadReport, runLoad } from './load-run'
import { busyShare, describeRun } from './machine'
import { median } from './measure'
import { writeTable } from './page'
import { table } from './tables'

const usage = `usage: bench/load.ts [--tunnels N] [--minutes N] [--seed N]
  --tunnels  default: 200
  --minutes  for which faults come; default: 10
  --seed     of the faults' order and lengths; default: 1
`

async function main(): Promise<void> {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { tunnels: text, minutes: text, seed: text } })
  const [tunnels, minutes, seed] = [values.tunnels || 200, values.minutes || 10, values.seed || 1].map(Number)
  if (!(tunnels && Number.isInteger(tunnels) && minutes && minutes > 0 && Number.isInteger(seed)))
    throw new Error(usage)
  const busy = await busyShare()
  const lab = await startLab()
  try {
    const about = await describeRun(lab, busy, [])
    console.error(about)
    const report = await runLoad(lab, { tunnels, minutes, seed: seed ?? 1 }, line => console.error(line))
    const text = `${loadTable(report)}\n${summary(report, tunnels, minutes)} Seed ${seed}. ${about}\n`
    console.log(text)
    writeTable('load', text)
    if (report.lostOutside.length > 0) throw new Error(`lost with nothing wrong: ${JSON.stringify(report.lostOutside)}`)
  } finally {
    await lab.stop()
  }
}

function loadTable({ befallen }: LoadReport): string {
  const seconds = (ms: readonly number[]) =>
    ms.length === 0
      ? ''
      : `**${((median(ms) ?? 0) / 1000).toFixed(1)} s** (${ms.map(one => (one / 1000).toFixed(1)).join(', ')})`
  return table(
    ['fault', 'times', 'lasted', 'then until every tunnel had answered', 'visitors lost'],
    kindsOfFault.map(kind => {
      const those = befallen.filter(one => one.kind === kind)
      return [
        kind,
        `${those.length}`,
        seconds(those.map(({ began, over }) => over - began)),
        seconds(those.map(({ over, recovered }) => recovered - over)),
        `${those.reduce((sum, { lost }) => sum + lost, 0)}`,
      ]
    }),
  )
}

const summary = ({ visits, befallen, lostOutside }: LoadReport, tunnels: number, minutes: number) =>
  `${tunnels} tunnels, ${minutes} minutes: ${visits} visitors, of whom ${befallen.reduce((sum, { lost }) => sum + lost, 0)} were lost to a fault and ${lostOutside.length} with nothing wrong.`

main().catch(fault => {
  console.error((fault as Error).message)
  process.exitCode = 1
})

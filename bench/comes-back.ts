// `make bench-back`: how long until visitors are answered again after a killed ssh and a cut link, beside autossh; writes docs/benchmarks.md.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Lab, startLab } from '../lab'
import { type Back, backTable, type Fault } from './back-table'
import { busyShare, describeRun } from './machine'
import { writeTable } from './page'
import { type Standing, standUp } from './standing'
import { startVisitors, type Visitors } from './visitors'

/** The tables, and what stands in each. */
const groups: Readonly<Record<string, readonly Fault[]>> = { kill: ['kill'], cut: ['busy', 'idle', 'long'] }
/** ServerAliveInterval of all; after four of them ssh gives up, so that it lives through the shorter cut and not through the longer. */
const aliveMs = 30_000
const cutMs = { busy: 20_000, idle: 20_000, long: 150_000 }

const usage = `usage: bench/comes-back.ts [--only TABLES] [--runs N] [--json FILE]
  --only     of ${Object.keys(groups).join(', ')}; default: all of them
  --runs     of each; default: 3
  --json     writes every sample there
`

async function main(): Promise<void> {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { only: text, runs: text, json: text } })
  const only = values.only.split(/[ ,]+/).filter(Boolean)
  const runs = Number(values.runs || 3)
  if (!only.every(name => name in groups) || !(Number.isInteger(runs) && runs > 0)) throw new Error(usage)
  const wanted = Object.entries(groups).filter(([name]) => only.length === 0 || only.includes(name))

  const busy = await busyShare()
  const lab = await startLab()
  const visitors = startVisitors(lab)
  try {
    const tunnels = await standUp(lab)
    const about = await describeRun(lab, busy, [await lab.hosts.near.sh('autossh -V')])
    console.error(about)
    const backs: Back[] = []
    for (const [name, faults] of wanted) {
      for (let run = 0; run < runs; run++) {
        // Spread over the time between two keepalives.
        const quietMs = ((run + 0.5) / runs) * aliveMs
        for (const fault of faults) backs.push(...(await measureFault(lab, visitors, tunnels, fault, quietMs)))
      }
      const table = backTable(backs.filter(({ fault }) => faults.includes(fault)))
      console.log(table)
      writeTable(name, `${table}\n${about}\n`)
    }
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ about, backs }, null, 2)}\n`)
  } finally {
    visitors.stop()
    await lab.stop()
  }
}

/** A kill of one after the other, or a cut for all. */
async function measureFault(
  lab: Lab,
  visitors: Visitors,
  tunnels: readonly Standing[],
  fault: Fault,
  quietMs: number,
): Promise<readonly Back[]> {
  const backs: Back[] = []
  const note = ({ contender, forward }: Standing, ms: number) => {
    console.error(`${contender} ${forward}, ${fault}: ${(ms / 1000).toFixed(2)} s`)
    backs.push({ fault, contender, forward, seconds: ms / 1000 })
  }
  await beginAnew(lab, visitors, tunnels)
  if (fault === 'kill') {
    for (const tunnel of tunnels) note(tunnel, await afterKill(lab, visitors, tunnel))
  } else {
    const times = await afterCut(lab, visitors, tunnels, cutMs[fault], fault === 'idle' ? quietMs : undefined)
    for (const [tunnel, ms] of times) note(tunnel, ms)
  }
  return backs
}

/** All sessions are new, and all have answered; nobody comes any more. */
async function beginAnew(lab: Lab, visitors: Visitors, tunnels: readonly Standing[]): Promise<void> {
  await lab.hosts.near.sh(`systemctl restart ${tunnels.map(({ unit }) => unit).join(' ')}`)
  const begun = Date.now()
  visitors.visit(tunnels.map(({ url }) => url))
  await Promise.all(tunnels.map(({ url }) => visitors.firstAnswer(url, begun)))
  visitors.visit([])
}

async function afterKill(lab: Lab, visitors: Visitors, { account, url }: Standing): Promise<number> {
  const begun = Date.now()
  visitors.visit([url])
  await visitors.firstAnswer(url, begun)
  const killed = Number(await lab.hosts.near.sh(`pid=$(pgrep -x -u ${account} ssh); date +%s%3N; kill -9 "$pid"`))
  const answered = await visitors.firstAnswer(url, killed)
  visitors.visit([])
  return answered - killed
}

/** @param quietMs how long nobody has come when the cut begins, and till it ends; without it they come all the time */
async function afterCut(
  lab: Lab,
  visitors: Visitors,
  tunnels: readonly Standing[],
  lengthMs: number,
  quietMs?: number,
): Promise<readonly (readonly [Standing, number])[]> {
  const urls = tunnels.map(({ url }) => url)
  if (quietMs === undefined) visitors.visit(urls)
  await sleep(quietMs ?? 5_000)
  await cut(lab)
  const begun = Date.now()
  await sleep(lengthMs)
  await heal(lab)
  const healed = Date.now()
  visitors.visit(urls)
  const times = await Promise.all(
    tunnels.map(async tunnel => [tunnel, (await visitors.firstAnswer(tunnel.url, begun)) - healed] as const),
  )
  visitors.visit([])
  return times
}

/** What near and middle send to each other is lost on arrival: to the sender nothing seems wrong. Visitors reach both. */
async function cut(lab: Lab): Promise<void> {
  const { near, middle } = lab.hosts
  const lose = (from: string) =>
    `nft 'table inet cut { chain input { type filter hook input priority raw; ip saddr ${from} drop; }; }'`
  await Promise.all([near.sh(lose(middle.address)), middle.sh(lose(near.address))])
}

async function heal(lab: Lab): Promise<void> {
  const { near, middle } = lab.hosts
  await Promise.all([near, middle].map(host => host.sh('nft delete table inet cut')))
}

main().catch(fault => {
  console.error((fault as Error).message)
  process.exitCode = 1
})

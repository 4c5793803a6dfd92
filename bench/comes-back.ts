// `make bench-back`: how long until visitors are answered again after a killed ssh and a cut link, beside autossh; writes docs/benchmarks.md.
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Lab, startLab } from '../lab'
import { type Back, backTable, type Fault, faults } from './back-table'
import { busyShare, describeRun } from './machine'
import { writeTable } from './page'
import { type Standing, standUp } from './standing'
import { startVisitors, type Visitors } from './visitors'

const cutMs = 20_000
/** ServerAliveInterval of all. */
const aliveMs = 30_000

const usage = `usage: bench/comes-back.ts [--only FAULTS] [--runs N] [--json FILE]
  --only     of ${faults.join(', ')}; default: all. With some the table is printed and the page stays as it is
  --runs     of each; default: 5
  --json     writes every sample there
`

async function main(): Promise<void> {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { only: text, runs: text, json: text } })
  const asked = values.only.split(/[ ,]+/).filter(Boolean)
  const runs = Number(values.runs || 5)
  if (!asked.every(word => faults.some(fault => fault === word)) || !(Number.isInteger(runs) && runs > 0))
    throw new Error(usage)
  const wanted = faults.filter(fault => asked.length === 0 || asked.includes(fault))

  const busy = await busyShare()
  const lab = await startLab()
  const visitors = startVisitors(lab)
  try {
    const tunnels = await standUp(lab)
    const autossh = await lab.hosts.near.sh('autossh -V')
    const about = await describeRun(lab, busy, [autossh])
    console.error(about)
    const backs: Back[] = []
    for (let run = 0; run < runs; run++) {
      // Spread over the time between two keepalives.
      const quietMs = ((run + 0.5) / runs) * aliveMs
      const measures: Record<Fault, () => Promise<void>> = {
        kill: async () => {
          for (const tunnel of tunnels) note('kill', tunnel, await afterKill(lab, visitors, tunnel))
        },
        busy: () => afterCut('busy'),
        idle: () => afterCut('idle', quietMs),
      }
      const note = (fault: Fault, { contender, forward }: Standing, ms: number) => {
        console.error(`${contender} ${forward}, ${fault}: ${(ms / 1000).toFixed(2)} s`)
        backs.push({ fault, contender, forward, seconds: ms / 1000 })
      }
      const afterCut = async (fault: Fault, quiet?: number) => {
        const times = await cutAndHeal(lab, visitors, tunnels, quiet)
        for (const [tunnel, ms] of times) note(fault, tunnel, ms)
      }
      for (const fault of wanted) {
        await beginAnew(lab, visitors, tunnels)
        await measures[fault]()
      }
    }
    const table = backTable(backs)
    console.log(table)
    if (wanted.length === faults.length) writeTable('back', `${table}\n${about}\n`)
    if (values.json) writeFileSync(values.json, `${JSON.stringify({ about, backs }, null, 2)}\n`)
  } finally {
    visitors.stop()
    await lab.stop()
  }
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
async function cutAndHeal(
  lab: Lab,
  visitors: Visitors,
  tunnels: readonly Standing[],
  quietMs?: number,
): Promise<readonly (readonly [Standing, number])[]> {
  const urls = tunnels.map(({ url }) => url)
  if (quietMs === undefined) visitors.visit(urls)
  await sleep(quietMs ?? 5_000)
  await cut(lab)
  const begun = Date.now()
  await sleep(cutMs)
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

// How long until visitors are answered again after a killed ssh, a cut link, a reboot of the server and a session that keeps the port, beside autossh.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Lab, startLab } from '../lab'
import { type Back, backTable, type Fault, mostSeconds } from './back-table'
import { describeRun } from './machine'
import { type Asked, publish, type Section } from './section'
import { type Standing, standUp } from './standing'
import { startVisitors, type Visitors } from './visitors'

/** The tables, and what stands in each. */
const groups: Readonly<Record<string, readonly Fault[]>> = {
  kill: ['kill'],
  cut: ['busy', 'idle', 'long'],
  reboot: ['reboot'],
  stale: ['stale'],
}
/** ServerAliveInterval of all; after four of them ssh gives up, so that it lives through the shorter cut and not through the longer. */
const aliveMs = 30_000
const cutMs = { busy: 20_000, idle: 20_000, long: 150_000 } as const

async function run(asked: Asked): Promise<void> {
  const runs = asked.runs ?? 3
  const wanted = Object.entries(groups).filter(([name]) => asked.only.includes(name))
  const lab = await startLab()
  const visitors = startVisitors(lab)
  try {
    const tunnels = await standUp(lab)
    const about = await describeRun(lab, asked.busy, [await lab.hosts.near.sh('autossh -V')])
    console.error(about)
    for (const [name, faults] of wanted) {
      const backs: Back[] = []
      for (let run = 0; run < runs; run++) {
        // Spread over the time between two keepalives.
        const quietMs = ((run + 0.5) / runs) * aliveMs
        for (const fault of faults) backs.push(...(await measureFault(lab, visitors, tunnels, fault, quietMs)))
      }
      publish(asked, name, backTable(backs), about, backs)
    }
  } finally {
    visitors.stop()
    await lab.stop()
  }
}

export const backSection: Section = { name: 'recovery', words: Object.keys(groups), run }

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
  } else if (fault === 'stale') {
    // The port of a local forward is near's own, which ends with ssh.
    for (const tunnel of tunnels.filter(({ forward }) => forward === 'remote'))
      note(tunnel, await afterUnheardKill(lab, visitors, tunnel))
  } else if (fault === 'reboot') {
    for (const [tunnel, ms] of await afterReboot(lab, visitors, tunnels)) note(tunnel, ms)
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

/** Near's kernel says no goodbye either: what it has to say of that connection is lost, and what middle says. */
async function afterUnheardKill(lab: Lab, visitors: Visitors, { account, url }: Standing): Promise<number> {
  const { near, middle } = lab.hosts
  const begun = Date.now()
  visitors.visit([url])
  await visitors.firstAnswer(url, begun)
  const killed = Number(
    await near.sh(`pid=$(pgrep -x -u ${account} ssh)
      port=$(ss -Htnp "dport = :22" | sed -n "s/.*:\\([0-9]*\\) *[0-9.]*:22 .*pid=$pid,.*/\\1/p")
      nft "table inet unheard {
        chain input { type filter hook input priority raw; ip saddr ${middle.address} tcp dport $port drop; };
        chain output { type filter hook output priority raw; ip daddr ${middle.address} tcp sport $port drop; }; }"
      date +%s%3N; kill -9 "$pid"`),
  )
  const answered = await visitors.firstAnswer(url, killed, mostSeconds * 1000).catch(() => undefined)
  visitors.visit([])
  await middle.exec(`pkill -KILL -u ${account}`)
  await near.sh('nft delete table inet unheard')
  return answered === undefined ? mostSeconds * 1000 : answered - killed
}

async function afterReboot(lab: Lab, visitors: Visitors, tunnels: readonly Standing[]) {
  const { middle } = lab.hosts
  visitors.visit(tunnels.map(({ url }) => url))
  await middle.reboot()
  const [listened = 0, up = 0] = (
    await middle.sh("systemctl show --property=ActiveEnterTimestampMonotonic --value ssh; cut -d' ' -f1 /proc/uptime")
  )
    .split('\n')
    .map(Number)
  const listens = Date.now() - (up * 1000 - listened / 1000)
  const times = await Promise.all(
    tunnels.map(async tunnel => [tunnel, (await visitors.firstAnswer(tunnel.url, listens)) - listens] as const),
  )
  visitors.visit([])
  return times
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

// Many tunnels over one middle with visitors and faults: which visitors were answered, and which were not while nothing was wrong.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab'
import { makeCommandLine } from '../test/lab/command-line'
import { far } from './contender'
import { faultsFrom } from './load-faults'
import { startVisitors, type Visit } from './visitors'

export interface Load {
  readonly tunnels: number
  readonly minutes: number
  readonly seed: number
}

/** Times in milliseconds, as Date.now(). */
export interface Befallen {
  readonly kind: string
  readonly began: number
  readonly over: number
  /** When each tunnel had answered somebody who came after it was over. */
  readonly recovered: number
  readonly lost: number
}

export interface LoadReport {
  readonly visits: number
  readonly befallen: readonly Befallen[]
  /** Who came and left without an answer while no fault lasted, and all had recovered from the last. */
  readonly lostOutside: readonly Visit[]
}

/** How often somebody comes to each tunnel, and for how long he waits: on a busy machine slow is not lost. */
const everyMs = 2_000
const patienceMs = 10_000
/** With nothing wrong, between two faults. */
const calmMs = 10_000

export async function runLoad(
  lab: Lab,
  { tunnels, minutes, seed }: Load,
  log: (line: string) => void,
): Promise<LoadReport> {
  const started = Date.now()
  const { units, urls } = await deploy(lab, tunnels)
  log(`${tunnels} tunnels deployed in ${seconds(Date.now() - started)}`)
  const visitors = startVisitors(lab, { everyMs, patienceMs })
  try {
    const begun = Date.now()
    visitors.visit(urls)
    const allAnswered = async (after: number) =>
      Math.max(...(await Promise.all(urls.map(url => visitors.firstAnswer(url, after)))))
    await allAnswered(begun)
    const faults = faultsFrom(seed, units)
    const befallen: Omit<Befallen, 'lost'>[] = []
    const end = Date.now() + minutes * 60_000
    await sleep(calmMs)
    while (Date.now() < end) {
      const { kind, strike } = faults.next().value
      const began = Date.now()
      await strike(lab)
      const over = Date.now()
      const recovered = await allAnswered(over)
      log(`${kind}: lasted ${seconds(over - began)}, then ${seconds(recovered - over)} until all had answered`)
      befallen.push({ kind, began, over, recovered })
      await sleep(calmMs)
    }
    visitors.visit([])
    await sleep(patienceMs + 1_000)
    const lost = visitors.visits().filter(({ answered }) => !answered)
    const isOf = (visit: Visit, { began, recovered }: Omit<Befallen, 'lost'>) =>
      visit.came <= recovered && visit.at >= began
    return {
      visits: visitors.visits().length,
      befallen: befallen.map(one => ({ ...one, lost: lost.filter(visit => isOf(visit, one)).length })),
      lostOutside: lost.filter(visit => !befallen.some(one => isOf(visit, one))),
    }
  } finally {
    visitors.stop()
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Half of them remote, half local, from near to middle. */
async function deploy(
  lab: Lab,
  count: number,
): Promise<{ readonly units: readonly string[]; readonly urls: readonly string[] }> {
  const { near, middle } = lab.hosts
  const all = [...Array(count).keys()].map(at => {
    const forward = at % 2 === 0 ? 'remote' : 'local'
    return { name: `load-${at}`, forward, listen: `${(forward === 'remote' ? middle : near).address}:${20_000 + at}` }
  })
  const command = makeCommandLine(lab, 600_000)
  try {
    command.write('tunnels.yaml', {
      owner: 'load',
      hosts: { near: command.hostOf('near'), middle: command.hostOf('middle') },
      tunnels: Object.fromEntries(
        all.map(({ name, forward, listen }) => [name, { client: 'near', server: 'middle', forward, listen, far }]),
      ),
    })
    const { code, said } = await command.runTunnels('apply')
    if (code !== 0) throw new Error(`ssh-tunnels apply: exit status ${code}\n${said}`)
  } finally {
    command.remove()
  }
  return { units: all.map(({ name }) => `tunnel-${name}`), urls: all.map(({ listen }) => `http://${listen}/`) }
}

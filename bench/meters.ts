// What an act costs beside time: processor and bytes of the hosts, logins that their sshd has let in, the provider's memory.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { type End, ends } from './contender'
import type { Cost, Meter, Sample } from './measure'

/** Of each host, from before an act till after it. */
export function costMeter(lab: Lab): Meter {
  return async () => {
    const [before, since] = await Promise.all([counters(lab), lab.hosts.near.sh('date +%s.%N')])
    return async () => {
      const after = await counters(lab)
      const all = await Promise.all(
        ends.map(async end => {
          const logins = await loginsSince(lab, end, since)
          const seconds = after[end].seconds - before[end].seconds
          return [end, { seconds, bytes: after[end].bytes - before[end].bytes, logins }] as const
        }),
      )
      return { cost: Object.fromEntries(all) as Record<End, Cost> }
    }
  }
}

type Counters = Readonly<Record<End, { readonly seconds: number; readonly bytes: number }>>

async function counters(lab: Lab): Promise<Counters> {
  // By the router's end of each host's line.
  const text = await lab.onRouter(
    `for host in ${ends.join(' ')}; do cat /sys/class/net/$host/statistics/rx_bytes /sys/class/net/$host/statistics/tx_bytes; done`,
  )
  const bytes = text.split('\n').map(Number)
  const all = ends.map((end, at) => {
    const usage = /^usage_usec (\d+)$/m.exec(readFileSync(join(lab.controlGroup(end), 'cpu.stat'), 'utf8'))?.[1]
    if (usage === undefined) throw new Error(`no processor time is told for ${end}`)
    return [end, { seconds: Number(usage) / 1e6, bytes: (bytes[2 * at] ?? 0) + (bytes[2 * at + 1] ?? 0) }] as const
  })
  return Object.fromEntries(all) as Counters
}

/** @param since as `date +%s.%N` */
export async function loginsSince(lab: Lab, end: End, since: string): Promise<number> {
  const journal = await lab.hosts[end].sh(`journalctl -u ssh --since=@${since} --output=cat`)
  return journal.match(/^Accepted publickey for root /gm)?.length ?? 0
}

/** The most that a process of this program has had in memory in the controller while an act lasted; nothing where there was none. */
export async function memoryMeter(lab: Lab, program: string, everyMs = 200) {
  // As the kernel calls it: other labs may be at work on this machine.
  const netns = (await must(lab.argvIn('controller', ['readlink', '/proc/self/ns/net']))).trim()
  return async (): Promise<() => Promise<Pick<Sample, 'memory'>>> => {
    const others = new Set<string>()
    let most = 0
    const look = () => {
      for (const pid of readdirSync('/proc')) {
        if (!/^\d+$/.test(pid) || others.has(pid)) continue
        const argv = quietly(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        const isHere = quietly(() => readlinkSync(`/proc/${pid}/ns/net`)) === netns
        // Between fork and execve a process is still Terraform's.
        if (!isHere || !argv.includes('terraform')) others.add(pid)
        else if (argv.includes(program)) most = Math.max(most, highWater(pid))
      }
    }
    const timer = setInterval(look, everyMs)
    return async () => {
      clearInterval(timer)
      return most > 0 ? { memory: most } : {}
    }
  }
}

/** Bytes: VmHWM of proc(5). */
function highWater(pid: string): number {
  const status = quietly(() => readFileSync(`/proc/${pid}/status`, 'utf8'))
  return 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0)
}

/** A process may end while it is looked at. */
function quietly(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

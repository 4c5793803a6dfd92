// `status`: how tunnels are, as a table, a live screen, JSON or metrics.
import { isAsWanted, readStatus } from '../../engine'
import { hostsOfTunnel } from '../../schemas/jumps'
import { isOurs } from '../../schemas/machine'
import { plain } from '../../schemas/plain'
import { isNamed } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'
import { type Command, WrongWords } from '../command'
import { json } from '../options'
import { reading, waitingFor } from '../progress'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderStatusJson } from '../status/document'
import { refuseUnwritable, renderMetrics, Unwritable, writeMetrics } from '../status/metrics'
import { renderStatusTable } from '../status/table'
import { watch } from '../status/watch'
import { canDraw, takesColour } from '../terminal'

export const status: Command = {
  name: 'status',
  takes: [{ name: 'SPEC' }, { name: 'TUNNEL', optional: true, many: true }],
  says: 'which tunnels are up, since when, who is connected, and what is wrong with the others',
  example: 'ssh-tunnels status tunnels.yaml --watch',
  more: `up: far has answered through the public port. degraded: ssh runs and listens, and far has not answered. down: it does not listen.
disabled: it does not run, and is not to (enabled: false). unknown: nobody can tell, because the host that listens could not be read, or far cannot be asked from anywhere; it is never taken for up.
Each host is asked once. One that is away costs the rows of its own tunnels, and after 25 seconds nobody waits for it.
SINCE is the age of the ssh that runs, RECONNECTS how often systemd has begun it anew by itself, OPEN the connections through the public
port at the moment, BYTES what its connection to the server has carried, LATENCY the time from dialling the public port to far's first word.
Exit status 0 when all are up or disabled, 3 when one is not.`,
  options: {
    json,
    watch: {
      usage: '--watch',
      short: 'w',
      says: 'kept up to date on the terminal; keys restart a tunnel, show its log and its chain',
    },
    metrics: {
      usage: '--metrics FILE',
      says: "Prometheus' text format into FILE, at once and whole, as for the folder of node exporter's textfile collector; - for standard output",
      takesValue: true,
    },
  },
  async run(words) {
    const [spec, names, metrics] = [words.argument('SPEC'), words.argumentsOf('TUNNEL'), words.valueOf('metrics')]
    if (['json', 'watch', 'metrics'].filter(words.has).length > 1)
      throw new WrongWords('--json, --watch and --metrics are three ways to show it; choose one')
    if (words.has('watch') && !(canDraw(process.stdout) && process.stdin.isTTY))
      throw new WrongWords('--watch wants a terminal that can be drawn on (TERM); without one, --json or --metrics')
    const estate = readOrSay('status', spec, words.has('json'), () => readEstate(spec, names))
    if (!estate) return 1
    const { declared, owner, formerOwner } = estate
    const tunnels = declared.flatMap(({ type, input }) =>
      type === 'tunnel' && (names.length === 0 || isNamed(input as Tunnel, names)) ? [input as Tunnel] : [],
    )
    const isColoured = takesColour(process.stdout)
    if (words.has('watch')) return watch({ spec, tunnels, owner, formerOwner, named: names }, isColoured)
    if (metrics !== undefined && metrics !== '-' && !isDone(() => refuseUnwritable(metrics))) return 1
    const all = await waitingFor(reading(tunnels.flatMap(hostsOfTunnel).filter(isOurs)), () =>
      readStatus({ tunnels, owner, formerOwner, named: names }),
    )
    const now = Date.now()
    if (metrics !== undefined && metrics !== '-') {
      if (!isDone(() => writeMetrics(metrics, renderMetrics(all, owner, now)))) return 1
    } else if (metrics === '-') process.stdout.write(renderMetrics(all, owner, now))
    else if (words.has('json')) process.stdout.write(renderStatusJson(spec, all))
    else
      process.stdout.write(
        renderStatusTable(all, { columns: process.stdout.isTTY ? process.stdout.columns : null, isColoured, now }),
      )
    return all.every(isAsWanted) ? 0 : 3
  },
}

/** false: it has been said why not. */
function isDone(write: () => void): boolean {
  try {
    write()
    return true
  } catch (why) {
    if (!(why instanceof Unwritable)) throw why
    process.stderr.write(`${plain(why.message)}\n`)
    return false
  }
}

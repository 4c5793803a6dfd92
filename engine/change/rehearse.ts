// A rehearsal of the guard: a change that harms nobody is armed and never confirmed, and the host has to take it back by itself.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import type { Reach } from '../host'
import { limitOf } from '../host/limit'
import { connect } from '../host/pool'
import { isStopped, unlessStopped } from '../host/stop'
import { scripts } from '../remote/texts'
import { armLine, asUnable, newRun, windowOf } from './guard'
import { lockedByAnother } from './rounds'

export interface Rehearsal {
  /** Who has undone it: a timer of systemd's, or a process of its own. */
  readonly by: 'timer' | 'process'
  /** Whether a boot would have undone it too. */
  readonly atBoot: boolean
  /** Seconds from the end of the change until it was taken back. */
  readonly seconds: number
  /** Seconds that a change waits to be confirmed there, which the rehearsal does not. */
  readonly window: number
}

/** Seconds that it waits to be confirmed. */
export const rehearsalWindow = 5
/** Seconds after that in which a host that has much to do may take it back. */
const patience = 60

/** Resolves when the host has taken it back; `begin` is called once we are there, before anything is changed. Throws a Fault: `cannot-undo`, `stopped`, or what is on the way to the host. */
export async function rehearse(
  host: Host,
  tell: (what: string) => void,
  begin: () => void = () => {},
): Promise<Rehearsal> {
  if (host.local) {
    throw fault(host, `${host.name} is this machine, to which nobody logs in`, 'it is changed without a guard')
  }
  const reach = await connect(host)
  begin()
  const run = newRun()
  const steps = ['rehearse', 'end', ''].join('\n')
  const limit = limitOf(steps)
  const ran = await reach.run(scripts.batch, [], `${armLine(run, limit, rehearsalWindow)}\n${steps}`, limit)
  const unable = asUnable(host, ran)
  if (unable) throw unable
  if (ran.code === lockedByAnother) throw busy(host, ran.stderr.trim())
  if (ran.code !== 0) throw fault(host, `the rehearsal could not begin on ${host.name}`, ran.stderr.trim())
  const own = `${rehearsalWindow} s, not the ${windowOf(host)} s of guard.window`
  tell(`${host.name}: a file was made, and nobody confirms it; in ${own}, it has to go by itself`)
  try {
    return await watch(host, reach, run)
  } finally {
    // Undone it is forgotten; else it goes now.
    await reach.run(scripts.confirm, [run, 'undo']).catch(() => {})
  }
}

async function watch(host: Host, reach: Reach, run: string): Promise<Rehearsal> {
  const began = Date.now()
  const elapsed = () => (Date.now() - began) / 1000
  let wasAtBoot = false
  while (elapsed() < rehearsalWindow + patience) {
    await unlessStopped(sleep(1000))
    if (isStopped()) {
      throw new Fault({
        code: 'stopped',
        host: host.name,
        what: `the rehearsal on ${host.name} was stopped, and undone`,
      })
    }
    const [state, by, atBoot, stands] = (await reach.run(scripts.rehearsed, [run])).stdout.trim().split(' ')
    // Undone it waits for no boot any more.
    wasAtBoot ||= atBoot === 'yes'
    if (state === 'armed' || state === 'undoing') continue
    // Who has cleared that away may have undone it too.
    if (state === 'gone' && stands === 'no') throw busy(host, 'what the rehearsal has left was cleared away by it')
    if (state !== 'undone' || stands !== 'no') break
    const seconds = Math.round(elapsed())
    return { by: by === 'process' ? 'process' : 'timer', atBoot: wasAtBoot, seconds, window: windowOf(host) }
  }
  const after = `${Math.round(elapsed())} s after a change that nobody confirmed it still stands there`
  throw fault(host, `${host.name} does not undo a change by itself`, `${after}; it was taken back by hand now`)
}

const busy = (host: Host, happened: string): Fault =>
  new Fault({
    code: 'host-busy',
    host: host.name,
    what: `${host.name} is busy with another run, so the rehearsal has shown nothing`,
    happened,
    cure: 'run it again when that one has ended',
  })

const fault = (host: Host, what: string, happened: string): Fault =>
  new Fault({
    code: 'cannot-undo',
    host: host.name,
    what,
    happened,
    cure: `see that timers or processes that we start go on when we are gone (systemd-run, setsid) on ${host.name}`,
  })

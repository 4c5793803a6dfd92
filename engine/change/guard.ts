// The guard of a batch that changes sshd or the firewall: the host takes that back by itself, unless a fresh login confirms the run.
// Fresh: a new connection over all hops, for the one that is open lives on whatever sshd and the firewall say to others.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../schemas/types'
import { Fault, type FaultCode } from '../fault'
import type { Ran, Reach } from '../host'
import { connect, connectAfresh } from '../host/pool'
import { encode } from '../host/quote'
import { divider } from '../look/requests'
import type { Step } from '../parts/part'
import { scripts } from '../remote/texts'
import { lineOf, orderLines } from './order-lines'

/** Seconds from the end of its batch in which a run is to be confirmed, where the host does not say it. */
const usualWindow = 60

/** Milliseconds that one fresh login may take at each hop: to connect, and to log in. */
const mostAHop = 30_000

/** Milliseconds before each try of a fresh login: a few, for sshd counts those that fail. */
const soon = [0, 3_000, 4_000]
/** Where nobody has answered it may be a limit on new connections (`ufw limit`), which lets us in again a little later. */
const later = [12_000, 20_000]
const unanswered: ReadonlySet<FaultCode> = new Set(['host-unreachable', 'connection-dropped', 'connection-not-allowed'])

/** Milliseconds between two looks at a host that is undoing a run. */
const betweenMs = 3_000

/** Whether a step can cut off who comes by ssh. */
export const isRisky = ({ phase, cutsOff }: Step): boolean => phase === 'sshd' || phase === 'firewall' || !!cutsOff

/** A connection to who was there a moment ago, and comes back when the tunnel does by which it is reached. */
export async function connectAgain(host: Host): Promise<Reach> {
  for (const until = Date.now() + (host.guardWindow ?? usualWindow) * 1000; ; ) {
    try {
      return await connect(host)
    } catch (why) {
      if (!(why instanceof Fault && unanswered.has(why.code)) || Date.now() > until) throw why
      await sleep(betweenMs)
    }
  }
}

export interface Guard {
  readonly run: string
  /** Seconds. */
  readonly window: number
  /** The line of a batch that arms it, before all steps; `limit`: seconds that the batch may take. */
  arm(limit: number): string
}

/** Exit status of a batch that is not begun on a host which could not undo it (remote/rehearsal.sh). */
const cannotUndo = 77

/** Null for a batch that was begun, however it ended. */
export const asUnable = (host: Host, { code, stdout, stderr }: Ran): Fault | null =>
  code === cannotUndo && /^failed 0$/m.test(stdout)
    ? new Fault({
        code: 'cannot-undo',
        host: host.name,
        what: `${host.name} could not undo a change by itself, so nothing was changed`,
        happened: stderr.trim(),
        cure: `mend that on ${host.name}: a change of sshd or the firewall may lock us out`,
      })
    : null

/** The line of a batch that arms it; `rules`: the steps that bring back the firewall's, as a batch reads them. */
export const armLine = (run: string, limit: number, seconds: number, rules = 'end\n'): string =>
  ['guard_arm', run, `${limit}:${seconds}`, encode(rules)].join(divider)

export const newRun = (): string => randomBytes(8).toString('hex')

/** Null where nothing is risky, and for this machine: nobody logs in to it. */
export function makeGuard(host: Host, steps: readonly Step[]): Guard | null {
  if (host.local || !steps.some(isRisky)) return null
  const run = newRun()
  const window = host.guardWindow ?? usualWindow
  const back = orderLines(steps.flatMap(({ undo = [] }) => undo).map(step => ({ owner: null, step })))
  const rules = [...back.map(({ step }) => lineOf(step)), 'end', ''].join('\n')
  return { run, window, arm: limit => armLine(run, limit, window, rules) }
}

/**
 * After the batch: null when the host is as the batch has left it, else why it is as it was before. Of a batch that was killed on its way nobody
 * knows what it has done: it is undone, whatever a login would say.
 */
export async function conclude(host: Host, guard: Guard, open: Reach, { code, stdout }: Ran): Promise<Fault | null> {
  // One that was refused before its first step is not armed.
  if (!stdout.split('\n').includes(`armed ${guard.run}`)) return null
  if (code !== 0 && !/^failed \d+$/m.test(stdout)) {
    await undo(guard, open)
    return null
  }
  return confirm(host, guard, open)
}

/**
 * Confirms by a fresh login. Where there is none, the host undoes the run: at once, if the connection that is still open lets us ask for
 * it, else when its time is over. Null when the run is confirmed; else the fault `undone` or `undoing-unknown`.
 */
async function confirm(host: Host, { run, window }: Guard, open: Reach): Promise<Fault | null> {
  let until = Date.now() + window * 1000
  const aTry = mostAHop * (1 + (host.via ?? []).length)
  let why: unknown
  let tries = 0
  for (const wait of waits(until)) {
    const isPatient = tries >= soon.length
    if (isPatient && !(why instanceof Fault && unanswered.has(why.code))) break
    // As long as we are there and try, it is not taken back in the middle of that; the host says when it is enough.
    const enough = Math.max(window * 1000, wait + aTry)
    if (Date.now() + wait + aTry > until && (await extend(open, run, enough / 1000))) until = Date.now() + enough
    if (isPatient && Date.now() + 2 * wait >= until) break
    await sleep(wait)
    tries++
    const said = await askAfresh(host, run).catch(reason => {
      why = reason
      return null
    })
    // The answer to the confirmation may have been lost, and what it confirmed is gone with it.
    if (said === 'confirmed' || (said === 'gone' && isLost(why))) return null
    if (said !== null) return undone(host, said, why, tries)
  }
  const atOnce = await ask(open, run, 'undo').catch(() => null)
  if (atOnce !== null) return undone(host, atOnce, why, tries)
  for (let waits = 0; waits < 10; waits++) {
    await sleep(Math.max(until - Date.now(), betweenMs))
    const said = await askAfresh(host, run).catch(() => null)
    if (said !== null) return undone(host, said, why, tries)
  }
  return undoingUnknown(host, run, why)
}

const undoingUnknown = (host: Host, run: string, why: unknown): Fault =>
  new Fault(
    {
      code: 'undoing-unknown',
      host: host.name,
      what: `after the change nobody could log in to ${host.name}, and whether it has undone it is not known`,
      happened: wordsOf(why),
      cure: `see what ${host.name} says on its console; sh /var/lib/ssh-tunnels/undo-${run}/undo undoes it there`,
    },
    { cause: why },
  )

/**
 * After a connection that was lost while a batch ran that can end it: null where a fresh login finds all steps done, and confirms them. Else why
 * it is as it was before; `lost` where nothing was armed.
 */
export async function concludeLost(host: Host, guard: Guard, lost: unknown): Promise<unknown> {
  const until = Date.now() + guard.window * 1000
  let why = lost
  for (let tries = 1; ; tries++) {
    const said = await askAfresh(host, guard.run, 'lost').catch(reason => {
      why = reason
      return null
    })
    if (said === 'confirmed') return null
    if (said === 'gone') return lost
    if (said !== null)
      return undone(host, said, why, tries, `the change has cut off its own connection to ${host.name}`)
    // By then the host has undone it, and is reached as before.
    if (Date.now() > until + 10 * betweenMs) return undoingUnknown(host, guard.run, why)
    await sleep(betweenMs)
  }
}

/** Milliseconds before each try; a longer window has more of them. */
function* waits(until: number): Generator<number> {
  yield* soon
  yield* later
  const last = later[later.length - 1] ?? 0
  while (Date.now() + 2 * last < until) yield last
}

/** A connection that is cut on the way may say nothing for long. */
const patienceMs = 10_000

const extend = async (open: Reach, run: string, seconds: number): Promise<boolean> =>
  (await Promise.race([
    ask(open, run, 'extend', String(Math.ceil(seconds))).catch(() => null),
    sleep(patienceMs, null, { ref: false }),
  ])) === 'extended'

/** Takes it back at once. Where that fails too, the host does it when the time is over. */
export async function undo({ run }: Guard, open: Reach): Promise<void> {
  await ask(open, run, 'undo').catch(() => {})
}

const isLost = (why: unknown): boolean =>
  why instanceof Fault && (why.code === 'connection-lost' || why.code === 'took-too-long')

async function askAfresh(host: Host, run: string, ...more: readonly string[]): Promise<string> {
  const reach = await connectAfresh(host)
  try {
    return await ask(reach, run, ...more)
  } finally {
    reach.close()
  }
}

/** What it says: `confirmed`, `undone` and what went wrong with that, or `gone`. */
async function ask(reach: Reach, run: string, ...more: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await reach.run(scripts.confirm, [run, ...more])
  if (code !== 0) throw new Error(`${stdout}${stderr}`.trim())
  return stdout.trim()
}

function undone(host: Host, said: string, why: unknown, tries: number, what?: string): Fault {
  const [end, ...wrong] = said.split('\n')
  if (end !== 'undone') wrong.push(`what it has kept for that is ${end}`)
  const user = host.user ?? 'root'
  return new Fault(
    {
      code: 'undone',
      host: host.name,
      what: `undone: ${what ?? `after the change nobody could log in to ${host.name} as ${user}`}`,
      happened: [
        `a fresh login as ${user}@${host.address ?? host.name} failed, ${tries === 1 ? 'once' : `${tries} tries`}: ${wordsOf(why)}`,
        ...(wrong.length > 0
          ? [`${host.name} has tried to put everything back; ${wrong.join(', ')}`]
          : [`${host.name} has put everything back: its sshd and its firewall are as before`]),
      ].join('\n'),
      cure: `see to it that the change lets ${user} in, as ${host.name} is reached from here`,
    },
    { cause: why },
  )
}

const wordsOf = (why: unknown): string =>
  why instanceof Fault ? (why.happened ?? why.what) : why instanceof Error ? why.message : 'it took too long'

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
import { describeTried, undoneFault, wordsOf } from './undone'

/** Seconds from the end of its batch in which a run is to be confirmed. */
const window = 60

/** Milliseconds before each try of a fresh login: a few, for sshd counts those that fail. */
const soon = [0, 3_000, 4_000]
/** Where nobody has answered it may be a limit on new connections (`ufw limit`), which lets us in again a little later. */
const later = [12_000, 20_000]
/** Milliseconds before each look whether we get in again: it may be that the logins that failed are held against us for some seconds. */
const again = [0, 3_000, 15_000]
const enoughMs = 10_000
const unanswered: ReadonlySet<FaultCode> = new Set(['host-unreachable', 'connection-dropped', 'connection-not-allowed'])

/** Milliseconds that a fresh login may take to say something. */
const freshMs = 20_000

/** What the host itself has said of our login; it says it again. */
const judged: ReadonlySet<FaultCode> = new Set([
  'login-refused',
  'handshake-failed',
  'program-not-started',
  'session-refused',
  'become-refused',
  'took-too-long',
  'dial-prohibited',
])

/** Milliseconds between two looks at a host that is undoing a run. */
const betweenMs = 3_000

/** Whether a step can cut off who comes by ssh. */
export const isRisky = ({ phase }: Step): boolean => phase === 'sshd' || phase === 'firewall'

export interface Guard {
  readonly run: string
  /** What could cut us off, in words. */
  readonly tried: string
  /** The line of a batch that arms it, before all steps; `limit`: seconds that the batch may take. */
  arm(limit: number): string
}

/** Null where nothing is risky, and for this machine: nobody logs in to it. */
export function makeGuard(host: Host, steps: readonly Step[]): Guard | null {
  if (host.local || !steps.some(isRisky)) return null
  const run = randomBytes(8).toString('hex')
  const back = orderLines(steps.flatMap(({ undo = [] }) => undo).map(step => ({ owner: null, step })))
  const rules = [...back.map(({ step }) => lineOf(step)), 'end', ''].join('\n')
  const tried = describeTried(steps.filter(isRisky))
  return { run, tried, arm: limit => ['guard_arm', run, `${limit}:${window}`, encode(rules)].join(divider) }
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
async function confirm(host: Host, { run, tried }: Guard, open: Reach): Promise<Fault | null> {
  const began = Date.now()
  const until = began + window * 1000
  let why: unknown
  let tries = 0
  let last = began
  for (const wait of [...soon, ...later]) {
    const isPatient = tries >= soon.length
    if (isPatient && !(isSilent(why) && Date.now() + 2 * wait < until)) break
    // Each login that fails may count against us.
    if (tries >= 2 && isJudged(why)) break
    await sleep(wait)
    tries++
    const said = await askAfresh(host, run).catch(reason => {
      why = reason
      return null
    })
    last = Date.now()
    // The answer to the confirmation may have been lost, and what it confirmed is gone with it.
    if (said === 'confirmed' || (said === 'gone' && isLost(why))) return null
    if (said !== null) return undone(said, null)
  }
  const atOnce = await ask(open, run, 'undo').catch(() => null)
  if (atOnce !== null) return undone(atOnce, await whyStillOut(host, run))
  for (let waits = 0; waits < 10; waits++) {
    await sleep(Math.max(until - Date.now(), betweenMs))
    const said = await askAfresh(host, run).catch(() => null)
    if (said !== null) return undone(said, null)
  }
  return new Fault(
    {
      code: 'undoing-unknown',
      host: host.name,
      what: `after the change nobody could log in to ${host.name}, and whether it has undone it is not known`,
      tried,
      happened: wordsOf(why),
      cure: `see what ${host.name} says on its console; sh /var/lib/ssh-tunnels/undo-${run}/undo undoes it there`,
    },
    { cause: why },
  )

  function undone(said: string, still: unknown): Fault {
    const [end = '', ...rest] = said.split('\n')
    const others = rest.filter(line => line.startsWith(byOthers)).map(line => line.slice(byOthers.length))
    const wrong = rest.filter(line => !line.startsWith(byOthers))
    if (end !== 'undone') wrong.push(`what it has kept for that is ${end}`)
    const seconds = Math.round((last - began) / 1000)
    return undoneFault(host, { tried, why, tries, seconds, wrong, still, others })
  }
}

/** Begins a line of what somebody else has changed. */
const byOthers = 'other: '

/** Null when a fresh login works again. */
async function whyStillOut(host: Host, run: string): Promise<unknown> {
  const began = Date.now()
  let why: unknown = null
  for (const wait of again) {
    // Where nobody answers each try is long.
    if (Date.now() - began > enoughMs) break
    await sleep(wait)
    try {
      await askAfresh(host, run)
      return null
    } catch (reason) {
      why = reason
    }
  }
  return why
}

const isSilent = (why: unknown): boolean => why instanceof Fault && unanswered.has(why.code)
const isJudged = (why: unknown): boolean => why instanceof Fault && judged.has(why.code)

/** Takes it back at once; whether it has. Where that fails too, the host does it when the time is over. */
async function undo({ run }: Guard, open: Reach): Promise<boolean> {
  return ask(open, run, 'undo').then(
    said => /^(undone$|gone$)/.test(said),
    () => false,
  )
}

/** The connection was lost while the batch ran, and nobody knows what has become of it: why, and how it stands. */
export async function giveUp(host: Host, guard: Guard, limit: number, why: unknown): Promise<unknown> {
  const isBack = await connect(host).then(
    reach => undo(guard, reach),
    () => false,
  )
  if (!(why instanceof Fault)) return why
  const now = isBack
    ? `${host.name} has put back what was changed of its sshd and its firewall`
    : `what was changed of its sshd and its firewall ${host.name} puts back by itself, in ${limit + window} s at most`
  return new Fault({ ...why, code: why.code, host: why.host, what: why.what, tried: guard.tried, now }, { cause: why })
}

const isLost = (why: unknown): boolean =>
  why instanceof Fault && (why.code === 'connection-lost' || why.code === 'took-too-long')

async function askAfresh(host: Host, run: string): Promise<string> {
  const reach = await connectAfresh(host)
  // It may come into a program that never ends (ForceCommand), while the host's time to undo runs.
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    reach.close()
  }, freshMs)
  try {
    return await ask(reach, run)
  } catch (why) {
    if (!isLate) throw why
    const what = `the login to ${host.name} works, but what runs then says nothing for ${freshMs / 1000} s`
    throw new Fault({ code: 'took-too-long', host: host.name, what }, { cause: why })
  } finally {
    clearTimeout(late)
    reach.close()
  }
}

/** What it says: `confirmed`, `undone` and what went wrong with that, or `gone`. */
async function ask(reach: Reach, run: string, ...more: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await reach.run(scripts.confirm, [run, ...more])
  if (code !== 0) throw new Error(`${stdout}${stderr}`.trim())
  return stdout.trim()
}

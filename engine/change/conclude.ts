// The end of an armed run: confirmed by a fresh login, or undone. Fresh: a new connection over all hops, for the one that is open lives on whatever
// sshd and the firewall say to others.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from '../../schemas/types'
import { Fault, type FaultCode } from '../fault'
import type { Ran, Reach } from '../host'
import { knownWay } from '../host/hop'
import { connect, connectAfresh } from '../host/pool'
import { scripts } from '../remote/texts'
import { type Guard, windowOf } from './guard'
import { undoingUnknown, undoneFault } from './undone'

/** Milliseconds that one fresh login may take at each hop: to connect, and to log in. */
const mostAHop = 30_000

/** Milliseconds before each try of a fresh login: a few, for sshd counts those that fail. */
const soon = [0, 3_000, 4_000]
/** Where nobody has answered it may be a limit on new connections (`ufw limit`), which lets us in again a little later. */
const later = [12_000, 20_000]
/** Milliseconds before each look whether we get in again: it may be that the logins that failed are held against us for some seconds. */
const again = [0, 3_000, 15_000]
const enoughMs = 10_000
/** Milliseconds between two looks at a host that is undoing a run. */
const betweenMs = 3_000

/** Milliseconds that a fresh login may take to say something. */
const freshMs = 20_000

const unanswered: ReadonlySet<FaultCode> = new Set([
  'host-unreachable',
  'name-unresolved',
  'proxy-command-failed',
  'connection-dropped',
  'connection-not-allowed',
])

/** What the host itself has said of our login; it says it again. */
const judged: ReadonlySet<FaultCode> = new Set([
  'login-refused',
  'handshake-failed',
  'program-not-started',
  'session-refused',
  'become-refused',
  'dial-prohibited',
])

const isOneOf = (codes: ReadonlySet<FaultCode>, why: unknown): boolean => why instanceof Fault && codes.has(why.code)
const isLost = (why: unknown): boolean => isOneOf(new Set(['connection-lost', 'took-too-long']), why)

/** A connection to who was there a moment ago, and comes back when the tunnel does by which it is reached. */
export async function connectAgain(host: Host): Promise<Reach> {
  for (const until = Date.now() + windowOf(host) * 1000; ; ) {
    try {
      return await connect(host)
    } catch (why) {
      if (!isOneOf(unanswered, why) || Date.now() > until) throw why
      await sleep(betweenMs)
    }
  }
}

/**
 * After the batch: null when the host is as the batch has left it, `unheard` when only another look tells, else why it is as it was before. Of a batch that was killed on its way nobody
 * knows what it has done: it is undone, whatever a login would say.
 */
export async function conclude(
  host: Host,
  guard: Guard,
  open: Reach,
  { code, stdout }: Ran,
): Promise<Fault | 'unheard' | null> {
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
async function confirm(host: Host, guard: Guard, open: Reach): Promise<Fault | 'unheard' | null> {
  const { run, window } = guard
  const began = Date.now()
  let until = began + window * 1000
  const aTry = mostAHop * knownWay(host).length
  let why: unknown
  let tries = 0
  let last = began
  const undone = (said: string, still: unknown) =>
    undoneFault(host, { tried: guard.tried, why, tries, seconds: Math.round((last - began) / 1000), said, still })
  for (const wait of waits(until)) {
    const isPatient = tries >= soon.length
    if (isPatient && !isOneOf(unanswered, why)) break
    // Each login that fails may count against us.
    if (tries >= 2 && isOneOf(judged, why)) break
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
    last = Date.now()
    if (stateOf(said) === 'confirmed') return null
    // The answer to the confirmation may have been lost, and what it confirmed is gone with it; or what was undone.
    if (stateOf(said) === 'gone' && isLost(why)) return 'unheard'
    if (said !== null) return undone(said, null)
  }
  const atOnce = await ask(open, run, 'undo').catch(() => null)
  if (atOnce !== null) return undone(atOnce, await whyStillOut(host, run))
  for (let looks = 0; looks < 10; looks++) {
    await sleep(Math.max(until - Date.now(), betweenMs))
    const said = await askAfresh(host, run).catch(() => null)
    if (said !== null) return undone(said, null)
  }
  return undoingUnknown(host, guard, why)
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
  stateOf(
    await Promise.race([
      ask(open, run, 'extend', String(Math.ceil(seconds))).catch(() => null),
      sleep(patienceMs, null, { ref: false }),
    ]),
  ) === 'extended'

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

/**
 * The connection was lost while the batch ran, and nobody knows what has become of it. Null where its own steps have cut it, and a fresh login
 * finds all of them done, and confirms them. Else it is taken back: why it was lost, and how it stands.
 */
export function concludeLost(host: Host, guard: Guard, limit: number, lost: unknown): Promise<unknown> {
  return guard.cutsOff ? confirmLost(host, guard, lost) : giveUp(host, guard, limit, lost)
}

async function confirmLost(host: Host, guard: Guard, lost: unknown): Promise<unknown> {
  const began = Date.now()
  let why = lost
  for (let tries = 1; ; tries++) {
    const said = await askAfter(host, guard.run).catch(reason => {
      why = reason
      return null
    })
    if (stateOf(said) === 'confirmed') return null
    if (stateOf(said) === 'gone') return lost
    const seconds = Math.round((Date.now() - began) / 1000)
    if (said !== null) return undoneFault(host, { tried: guard.tried, why, tries, seconds, said, still: null })
    // By then the host has undone it, and is reached as before.
    if (seconds * 1000 > guard.window * 1000 + 10 * betweenMs) return undoingUnknown(host, guard, why)
    await sleep(betweenMs)
  }
}

async function giveUp(host: Host, guard: Guard, limit: number, why: unknown): Promise<unknown> {
  const isBack = await connect(host).then(
    reach => undo(guard, reach),
    () => false,
  )
  if (!(why instanceof Fault)) return why
  const now = isBack
    ? `${host.name} has put back what was changed of its sshd and its firewall`
    : `what was changed of its sshd and its firewall ${host.name} puts back by itself, in ${limit + guard.window} s at most`
  return new Fault({ ...why, code: why.code, host: why.host, what: why.what, tried: guard.tried, now }, { cause: why })
}

/** Takes it back at once; whether it has. Where that fails too, the host does it when the time is over. */
async function undo({ run }: Guard, open: Reach): Promise<boolean> {
  return ask(open, run, 'undo').then(
    said => ['undone', 'gone'].includes(stateOf(said) ?? '') && !said.includes('not all could be put back'),
    () => false,
  )
}

/** What a login shell says behind it, such as a trap of its profile's, does not count. */
const stateOf = (said: string | null): string | undefined => said?.split('\n')[0]

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

/** By a fresh login too, which waits for the end of the batch. */
async function askAfter(host: Host, run: string): Promise<string> {
  const reach = await connectAfresh(host)
  try {
    return await ask(reach, run, 'lost')
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

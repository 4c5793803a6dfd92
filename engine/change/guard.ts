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

/** Seconds from the end of its batch in which a run is to be confirmed. */
const window = 60

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
  for (const until = Date.now() + window * 1000; ; ) {
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
  /** The line of a batch that arms it, before all steps; `limit`: seconds that the batch may take. */
  arm(limit: number): string
}

/** Null where nothing is risky, and for this machine: nobody logs in to it. */
export function makeGuard(host: Host, steps: readonly Step[]): Guard | null {
  if (host.local || !steps.some(isRisky)) return null
  const run = randomBytes(8).toString('hex')
  const back = orderLines(steps.flatMap(({ undo = [] }) => undo).map(step => ({ owner: null, step })))
  const rules = [...back.map(({ step }) => lineOf(step)), 'end', ''].join('\n')
  return { run, arm: limit => ['guard_arm', run, `${limit}:${window}`, encode(rules)].join(divider) }
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
async function confirm(host: Host, { run }: Guard, open: Reach): Promise<Fault | null> {
  const until = Date.now() + window * 1000
  let why: unknown
  let tries = 0
  for (const wait of [...soon, ...later]) {
    const isPatient = tries >= soon.length
    if (isPatient && !(why instanceof Fault && unanswered.has(why.code) && Date.now() + 2 * wait < until)) break
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
  const until = Date.now() + window * 1000
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

// Changing a host: the steps of everybody who waits go in one run, which then shows the host as it has become; who arrives while it
// runs joins the next.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { limitOf } from '../host/limit'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { trustsDropIns } from '../look/effective'
import { parseRecords } from '../look/records'
import { linesOf, type Requests } from '../look/requests'
import { isWholeLook, parseSnapshot } from '../look/snapshot'
import type { Step } from '../parts/part'
import type { Snapshot } from '../parts/snapshot'
import { forgetReadings } from '../proof/observe'
import { scripts } from '../remote/texts'
import { conclude, concludeLost, connectAgain } from './conclude'
import { asUnable, isRisky, makeGuard } from './guard'
import { type Line, lineOf, orderLines } from './order-lines'

/** What one who waits wants of a host: steps, each with whose they are, and a look at the end. */
export interface Order<Owner> {
  readonly steps: readonly { readonly owner: Owner; readonly step: Step }[]
  /** What is looked at in the end. */
  readonly requests: { readonly names: readonly string[]; readonly questions?: Requests['questions'] }
  /** Taking back goes on after a stop. */
  readonly evenIfStopped?: boolean
}

export interface Outcome<Owner> {
  /** The host after it, as far as the order asked; null when nobody could look. */
  readonly snapshot: Snapshot | null
  /** Why it is not all done; null when it is. */
  readonly fault: Fault | null
  /** Whose step it was that failed, each with its own fault; empty when it was somebody else's. */
  readonly guilty: ReadonlyMap<Owner, Fault>
}

interface Waiting {
  readonly order: Order<unknown>
  readonly done: (outcome: Outcome<unknown>) => void
  readonly fail: (why: unknown) => void
}

const queues = new Map<string, { waiting: Waiting[]; running: boolean }>()

/** Rejects with a Fault when the host cannot be reached, when the connection is lost, and after a stop. */
export function runSteps<Owner>(host: Host, order: Order<Owner>): Promise<Outcome<Owner>> {
  // Before it waits with others: it must not fail their batch.
  const odd = order.steps.flatMap(({ step }) => [step.verb, ...step.args]).find(field => /\p{Cc}/u.test(field))
  if (odd !== undefined) {
    return Promise.reject(new Error(`a step may not carry control characters: ${JSON.stringify(odd)}`))
  }
  const id = loginId(host)
  const queue = queues.get(id) ?? { waiting: [], running: false }
  queues.set(id, queue)
  return new Promise<Outcome<Owner>>((done, fail) => {
    queue.waiting.push({ order, done: done as Waiting['done'], fail })
    if (!queue.running) void drain(host, queue)
  })
}

async function drain(host: Host, queue: { waiting: Waiting[]; running: boolean }): Promise<void> {
  queue.running = true
  while (queue.waiting.length > 0) {
    const batch = queue.waiting.splice(0)
    const refused = batch.filter(({ order }) => isStopped() && !order.evenIfStopped)
    for (const { fail } of refused) {
      fail(new Fault({ code: 'stopped', host: host.name, what: `stopped before changing ${host.name} any further` }))
    }
    const wanted = batch.filter(one => !refused.includes(one))
    if (wanted.length > 0) await runBatch(host, wanted)
  }
  queue.running = false
}

async function runBatch(host: Host, batch: readonly Waiting[]): Promise<void> {
  forgetReadings()
  const lines = orderLines(batch.flatMap(({ order }) => order.steps))
  const names = [...new Set(batch.flatMap(({ order }) => order.requests.names))]
  const questions = batch.flatMap(({ order }) => order.requests.questions ?? [])
  const guard = makeGuard(
    host,
    lines.map(({ step }) => step),
  )
  const steps = lines.map(({ step }) => lineOf(step))
  const limit = limitOf(steps.join('\n'))
  let begun = false
  try {
    const reach = await (guard?.cutsOff ? connectAgain(host) : connect(host))
    begun = true
    // What is cut off on its way lacks the end, and is not begun.
    const text = [...linesOf({ names, questions }), ...(guard ? [guard.arm(limit)] : []), ...steps, 'end', ''].join(
      '\n',
    )
    const ran = await reach.run(scripts.batch, [], text, limit)
    const { code, stdout, stderr } = ran
    const cutOff = guard && (await conclude(host, guard, reach, ran))
    if (cutOff instanceof Fault) {
      for (const { order, done } of batch) {
        const blamed = order.steps.filter(({ step }) => isRisky(step)).map(({ owner }) => [owner, cutOff] as const)
        done({ snapshot: null, fault: cutOff, guilty: new Map(blamed) })
      }
      return
    }
    const snapshot = cutOff !== 'unheard' && canTell(stdout) ? parseSnapshot(stdout, reach.hostKey) : null
    const failed = code === 0 ? undefined : lines[Number(/^failed (\d+)$/m.exec(stdout)?.[1] ?? 0) - 1]
    const fault = code === 0 ? null : (asUnable(host, ran) ?? stepFailed(host, failed, code, stderr))
    const refused = code === 0 ? [] : refusedOf(stdout, lines)
    for (const { order, done } of batch) {
      const own = new Set(order.steps.map(({ owner }) => owner))
      // Where no step is to blame, the whole batch is.
      const owners = failed ? failed.owners : [...own]
      const blamed =
        refused.length > 0
          ? refused.flatMap(({ line, words }) =>
              line.owners.map(owner => [owner, stepFailed(host, line, code, words)] as const),
            )
          : owners.flatMap(owner => (fault ? [[owner, fault] as const] : []))
      done({ snapshot, fault, guilty: new Map(blamed.filter(([owner]) => own.has(owner))) })
    }
  } catch (lost) {
    const why = guard && begun ? await concludeLost(host, guard, limit, lost) : lost
    for (const { done, fail } of batch) {
      // The way to the host has come back, and all is done there.
      if (why === null) done({ snapshot: null, fault: null, guilty: new Map() })
      else fail(why)
    }
  } finally {
    forgetReadings()
  }
}

/** What a check of many steps at once did not let pass, each with the checker's words. */
const refusedOf = (stdout: string, lines: readonly Line[]): { line: Line; words: string }[] =>
  parseRecords(stdout)
    .all('refused')
    .flatMap(({ name, value }) => {
      const line = lines[Number(name) - 1]
      return line ? [{ line, words: value }] : []
    })

/** Where sshd contradicts the drop-in that stands for all, only another look tells, which asks about each. */
const canTell = (stdout: string): boolean => isWholeLook(stdout) && trustsDropIns(parseRecords(stdout))

const stepFailed = (host: Host, failed: Line | undefined, code: number, stderr: string): Fault =>
  new Fault({
    code: 'step-failed',
    host: host.name,
    what: failed ? `on ${host.name}: could not ${failed.step.why}` : `could not change ${host.name}`,
    script: failed ? failed.step.verb : 'batch',
    exitStatus: code,
    stderr,
  })

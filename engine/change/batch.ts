// Changing a host: the steps of everybody who waits go in one run; who arrives while it runs joins the next.

import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { isStopped } from '../host/stop'
import { forgetSnapshot } from '../look/snapshot'
import { phases, type Step } from '../parts/part'
import { scripts } from '../remote/texts'

interface Waiting {
  readonly steps: readonly Step[]
  /** Taking back goes on after a stop. */
  readonly evenIfStopped: boolean
  readonly done: () => void
  readonly fail: (why: unknown) => void
}

/** Somebody else's step failed in the same batch: observe and plan again. */
export class Interrupted extends Error {}

const queues = new Map<string, { waiting: Waiting[]; running: boolean }>()

/** Runs the steps on the host. Throws a Fault when one of them fails, Interrupted when somebody else's did. */
export function runSteps(host: Host, steps: readonly Step[], { evenIfStopped = false } = {}): Promise<void> {
  if (steps.length === 0) return Promise.resolve()
  // Before it waits with others: it must not fail their batch.
  const odd = steps.flatMap(fieldsOf).find(field => /\p{Cc}/u.test(field))
  if (odd !== undefined) {
    return Promise.reject(new Error(`a step may not carry control characters: ${JSON.stringify(odd)}`))
  }
  const id = loginId(host)
  const queue = queues.get(id) ?? { waiting: [], running: false }
  queues.set(id, queue)
  return new Promise((done, fail) => {
    queue.waiting.push({ steps, evenIfStopped, done, fail })
    if (!queue.running) void drain(host, queue)
  })
}

const refused = (one: Waiting) => isStopped() && !one.evenIfStopped

async function drain(host: Host, queue: { waiting: Waiting[]; running: boolean }): Promise<void> {
  queue.running = true
  while (queue.waiting.length > 0) {
    const batch = queue.waiting.splice(0)
    for (const one of batch.filter(refused)) {
      one.fail(
        new Fault({ code: 'stopped', host: host.name, what: `stopped before changing ${host.name} any further` }),
      )
    }
    const wanted = batch.filter(one => !refused(one))
    if (wanted.length > 0) await runBatch(host, wanted)
  }
  queue.running = false
}

interface Line {
  /** Those whose step, or whose phase, this is. */
  readonly owners: readonly Waiting[]
  readonly step: Step
}

/** What closes a phase, once for all its steps. */
const commits: readonly { after: Step['phase']; verbs: RegExp; verb: string; why: string }[] = [
  { after: 'sshd', verbs: /^sshd_/, verb: 'sshd_commit', why: 'check sshd and let it reload' },
  { after: 'firewall', verbs: /^firewall_/, verb: 'firewall_commit', why: 'load the firewall rules' },
  { after: 'units', verbs: /^unit_(put|remove)$/, verb: 'units_reload', why: 'let systemd read the units' },
]

/** All steps in the order of phases, each phase closed by its commit. */
export function orderLines(batch: readonly Waiting[]): Line[] {
  const all = batch.flatMap(waiting => waiting.steps.map(step => ({ owners: [waiting], step })))
  return phases.flatMap(phase => {
    const commit = commits.find(one => one.after === phase)
    const owners = commit ? batch.filter(({ steps }) => steps.some(step => commit.verbs.test(step.verb))) : []
    const close =
      commit && owners.length > 0 ? [{ owners, step: { why: commit.why, phase, verb: commit.verb, args: [] } }] : []
    return [...all.filter(({ step }) => step.phase === phase), ...close]
  })
}

function fieldsOf({ verb, args, content }: Step): string[] {
  return [verb, ...args, ...(content === undefined ? [] : [Buffer.from(content).toString('base64')])]
}

async function runBatch(host: Host, batch: readonly Waiting[]): Promise<void> {
  const lines = orderLines(batch)
  try {
    const reach = await connect(host)
    const text = lines.map(({ step }) => `${fieldsOf(step).join('\x1f')}\n`).join('')
    // What is cut off on its way lacks the end, and is not begun.
    const ran = await reach.run(scripts.batch, [], `${text}end\n`)
    forgetSnapshot(host)
    if (ran.code === 0) {
      for (const one of batch) one.done()
      return
    }
    const failed = lines[Number(/^failed (\d+)$/m.exec(ran.stdout)?.[1] ?? 0) - 1]
    const fault = new Fault({
      code: 'step-failed',
      host: host.name,
      what: failed ? `on ${host.name}: could not ${failed.step.why}` : `could not change ${host.name}`,
      script: failed ? failed.step.verb : 'batch',
      exitStatus: ran.code,
      stderr: ran.stderr,
    })
    for (const one of batch) one.fail(!failed || failed.owners.includes(one) ? fault : new Interrupted(fault.message))
  } catch (why) {
    forgetSnapshot(host)
    for (const one of batch) one.fail(why)
  }
}

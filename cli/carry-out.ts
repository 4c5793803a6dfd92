// Carrying out a plan: what goes before what comes, a host's settings before its tunnels, all at once; one failure stops no other.
import {
  type Change,
  endSessions,
  Fault,
  hostsOf,
  make,
  type Observed,
  type Replaced,
  removeLeftovers,
} from '../engine'
import { loginId } from '../schemas/machine'
import type { Proof } from '../schemas/types'
import { depths } from '../spec/order'
import { type ForwardSeen, forwardsSeen } from './forwards-seen'
import type { Progress } from './progress'
import { hostsOfNamed, titleOfChange } from './render-plan'

export interface Result {
  readonly type: Change['type']
  readonly name: string
  /** Of a shared connection: which it is, for people. */
  readonly title?: string
  readonly action: Change['action']
  /** partly: removed, but not from a host that could not be reached; stopped: begun, and ended by Ctrl-C; skipped: not begun. */
  readonly status: 'unchanged' | 'done' | 'partly' | 'failed' | 'stopped' | 'skipped'
  readonly endpoint: string | null
  readonly farAnswered: string | null
  /** Of a tunnel that was asked. */
  readonly proof?: Proof
  /** Of each of several forwards. */
  readonly forwards?: readonly ForwardSeen[]
  /** What is so although it is done. */
  readonly warnings?: readonly string[]
  /** Why it is not done; null when it is. */
  readonly why: unknown
}

/** What makes way for a tunnel, by its name; and which tunnels must be up before it. */
export interface How {
  readonly replaced: ReadonlyMap<string, Replaced>
  readonly dependsOn: Readonly<Record<string, readonly string[]>>
}

export async function carryOut(
  changes: readonly Change[],
  progress: Progress,
  isStopped: () => boolean,
  { replaced, dependsOn }: How,
): Promise<Result[]> {
  const results = new Map<Change, Result>(
    changes.flatMap(change => (change.action === 'none' ? [[change, resultOf(change, 'unchanged', change.seen)]] : [])),
  )
  const stage = async (wanted: (change: Change) => boolean, work: (change: Change) => Promise<Observed | null>) => {
    const due = changes.filter(change => !results.has(change) && wanted(change))
    // All at once: the engine lets them travel together.
    const all = due.map(async change => {
      if (isStopped()) {
        results.set(change, resultOf(change, 'skipped', null))
        return
      }
      try {
        const seen = await work(change)
        if (!seen && change.declared) return
        const rest = describeRest(change)
        results.set(change, resultOf(change, rest ? 'partly' : 'done', seen, rest && new Error(rest)))
        progress.say(`${change.name}: ${rest ?? (change.declared ? 'done' : 'removed')}`)
      } catch (why) {
        const status = why instanceof Fault && isEarlier(why.code) ? why.code : 'failed'
        results.set(change, resultOf(change, status, null, why))
        progress.say(`${change.name}: ${status}`)
      }
    })
    await Promise.all(all)
  }
  const tell =
    ({ name }: Change): Parameters<typeof make>[1] =>
    (what, at) =>
      progress.tell(name, what, at)
  const clear = async (change: Change) => {
    await removeLeftovers(change.leftovers, tell(change))
    if (change.declared) await endSessions(change.declared)
    return null
  }
  const failedMiddle = (change: Change) =>
    [...results.values()].find(
      ({ type, status, name }) =>
        type === 'middle' &&
        !['done', 'unchanged'].includes(status) &&
        change.declared &&
        hostsOf(change.declared).some(host => middleHosts.get(name)?.includes(loginId(host))),
    )
  const depthOf = depths(dependsOn)
  /** Of those that must be up before it one that is not; what was not asked for is not looked at. */
  const missingBefore = ({ name }: Change) =>
    dependsOn[name]?.find(other =>
      [...results.values()].some(
        one => one.type === 'tunnel' && one.name === other && !['done', 'unchanged'].includes(one.status),
      ),
    )
  const middleHosts = new Map(
    changes.flatMap(({ type, name, declared }) =>
      type === 'middle' && declared ? [[name, hostsOf(declared).map(loginId)]] : [],
    ),
  )
  const build = async (change: Change) => {
    if (!change.declared) return null
    const replaces = change.type === 'tunnel' ? replaced.get(change.name) : undefined
    // What serves several makes way for all of them or for none.
    const together = replaces ? changes.filter(one => replaced.get(one.name) === replaces) : [change]
    const before = together.map(failedMiddle).find(Boolean)
    if (before)
      throw new Fault({
        code: 'skipped',
        host: before.name,
        what: `the settings of ${before.name} come first`,
      })
    const missing = change.type === 'tunnel' ? missingBefore(change) : undefined
    if (missing !== undefined)
      throw new Fault({ code: 'skipped', host: change.name, what: `tunnel ${missing} comes first` })
    return make(change.declared, tell(change), {
      ...(replaces && { replaces }),
      ...(change.rotates && { rotates: true }),
    })
  }
  const tunnels = changes.filter(({ type }) => type === 'tunnel')
  const levels = [...new Set(tunnels.map(({ name }) => depthOf(name)))].sort((a, b) => a - b)
  for (const level of [...levels].reverse()) {
    await stage(
      ({ type, leftovers, name }) => type === 'tunnel' && leftovers.length > 0 && depthOf(name) === level,
      clear,
    )
  }
  await stage(({ type, leftovers }) => type === 'middle' && leftovers.length > 0, clear)
  await stage(({ type }) => type === 'middle', build)
  for (const level of levels) await stage(({ type, name }) => type === 'tunnel' && depthOf(name) === level, build)
  return changes.flatMap(change => results.get(change) ?? [])
}

/** What was removed and what may not be; null when nothing is left. */
function describeRest({ leftovers, unreached }: Change): string | null {
  if (unreached.length === 0) return null
  return `removed from ${hostsOfNamed({ leftovers }).join(', ')}; ${unreached.join(', ')} could not be reached, what is there stays`
}

const isEarlier = (code: string): code is 'stopped' | 'skipped' => code === 'stopped' || code === 'skipped'

function resultOf(change: Change, status: Result['status'], seen: Observed | null, why: unknown = null): Result {
  const { type, name, action } = change
  const [endpoint = null, farAnswered = null] = [seen?.outputs.endpoint, seen?.proof?.farAnswered]
  const forwards = forwardsSeen(change.declared, seen)
  const told = {
    ...(seen?.proof && { proof: seen.proof }),
    ...(forwards.length > 1 && { forwards }),
    ...(change.declared?.type === 'tunnel' && change.declared.input.shared && { title: titleOfChange(change) }),
    ...(seen?.warnings.length && { warnings: seen.warnings }),
  }
  return { type, name, action, status, endpoint, farAnswered, ...told, why }
}

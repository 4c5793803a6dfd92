// One run of the engine in a process of its own, which a break may kill: reads an Order from standard input, prints a Report.
import { readFileSync } from 'node:fs'
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { Fault } from '../../engine/fault'
import { closeAll, makePool, usePool } from '../../engine/host/pool'
import { type Declared, hostsOf } from '../../engine/wish/declared'
import { type Break, breakingOff, type Passed } from './break-off'

export interface Order {
  readonly verbs: readonly ('make' | 'remove' | 'plan')[]
  readonly declared: readonly Declared[]
  readonly owner: string
  readonly at: Break | null
}

export interface Report {
  /** Why it failed, by name; the first line of each is what happened. */
  readonly faults: readonly string[]
  readonly passed: readonly Passed[]
  /** What a plan would still do, and what it cannot know. */
  readonly changes: readonly string[]
}

const order = JSON.parse(readFileSync(0, 'utf8')) as Order
const { owner, declared } = order
const passed: Passed[] = []
usePool(breakingOff(makePool(), order.at, passed))

async function work(verb: Order['verbs'][number]): Promise<Partial<Report>> {
  if (verb === 'plan') {
    const hosts = declared.flatMap(hostsOf)
    const { changes, troubles } = await planChanges({ owner, ownsAll: true, hosts, declared })
    const differing = changes.filter(({ action }) => action !== 'none')
    return { changes: [...differing.map(one => JSON.stringify(one)), ...troubles.map(({ why }) => told(why))] }
  }
  const ended = await Promise.allSettled(
    declared.map(one => (verb === 'make' ? make(one, () => {}) : remove(one, () => {}))),
  )
  return { faults: ended.flatMap(one => (one.status === 'rejected' ? [told(one.reason)] : [])) }
}

const told = (why: unknown): string =>
  why instanceof Fault ? `${why.code} on ${why.host}: ${why.message}` : `${(why as Error).stack}`

async function main(): Promise<void> {
  const done: Partial<Report>[] = []
  for (const verb of order.verbs) done.push(await work(verb))
  const faults = done.flatMap(one => one.faults ?? [])
  const changes = done.flatMap(one => one.changes ?? [])
  closeAll()
  process.stdout.write(JSON.stringify({ faults, passed, changes } satisfies Report), () => process.exit(0))
}

void main()

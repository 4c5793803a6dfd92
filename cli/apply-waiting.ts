// Tunnels of which nothing could be told while those that they depend on were not up: their host is reached through one of these.
import { type Change, hostsOf, planChanges, type Trouble } from '../engine'
import { type Applied, applyPlanned, type Planned } from './apply-planned'
import type { SpecEstate } from './read-estate'
import type { Stop } from './stop'

interface Begun {
  readonly planned: Planned
  readonly applied: Applied
  readonly estate: SpecEstate
  readonly stop: Stop
  readonly show: (next: Planned) => void
}

/** All that was changed, and what came of it. */
export interface Whole {
  readonly changes: readonly Change[]
  readonly applied: Applied
  /** Those of the plans. */
  readonly troublesBefore: readonly Trouble[]
}

/** Plans and applies them one after the other, as long as one has come up that others wait for. */
export async function applyWaiting({ planned, applied, estate, stop, show }: Begun): Promise<Whole> {
  let whole: Whole = { changes: planned.changes, applied, troublesBefore: planned.troubles }
  for (let names = waiting(whole, estate); names.length > 0 && !stop.isAsked(); names = waiting(whole, estate)) {
    const declared = estate.declared.filter(({ type, input }) => type === 'tunnel' && names.includes(input.name))
    const hosts = declared.flatMap(hostsOf)
    const next = await planChanges({ ...estate, hosts, declared, only: names })
    show(next)
    const { results, troubles } = await applyPlanned(next, stop, { dependsOn: estate.dependsOn })
    // What was wrong with their hosts is told anew where it still is.
    const isToldAnew = ({ about }: Trouble) => hosts.some(({ name }) => about === `host ${name}`)
    const missing = names.filter(name => !next.changes.some(change => change.name === name))
    whole = {
      changes: [...whole.changes, ...next.changes],
      applied: {
        results: [...whole.applied.results, ...results],
        troubles: [...whole.applied.troubles.filter(one => !isToldAnew(one)), ...troubles],
      },
      troublesBefore: [...whole.troublesBefore.filter(one => !isToldAnew(one)), ...next.troubles],
    }
    if (missing.length === names.length) break
  }
  return whole
}

function waiting({ changes, applied: { results } }: Whole, { declared, dependsOn }: SpecEstate): string[] {
  const isPlanned = (name: string) => changes.some(change => change.type === 'tunnel' && change.name === name)
  const statusOf = (name: string) => results.find(one => one.type === 'tunnel' && one.name === name)?.status
  return declared.flatMap(({ type, input: { name } }) => {
    const before = type === 'tunnel' && Object.hasOwn(dependsOn, name) ? (dependsOn[name] ?? []) : []
    if (isPlanned(name) || !before.some(one => statusOf(one) === 'done')) return []
    return before.every(one => ['done', 'unchanged'].includes(statusOf(one) ?? 'unchanged')) ? [name] : []
  })
}

// A job: one tunnel or middle on its way to be made or removed, among others that travel with it.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type Look, questionsFor, type Seen, see } from '../look/look'
import { readHost } from '../look/snapshot'
import type { Snapshot } from '../parts/snapshot'
import { type Declared, hostsOf, nameOf } from '../wish/declared'
import type { Round } from '../wish/placed'

/** Called with a sentence for each thing done, and where: for a step, its host and round. */
export type Tell = (what: string, at?: { readonly host: string; readonly round: Round }) => void

export interface Job {
  readonly declared: Declared
  readonly tell: Tell
  /** Why it goes no further, by login of the host where it failed. */
  readonly failed: Map<string, unknown>
}

/** What is known of the hosts: first by a look, then by what each batch has printed. */
export interface Known extends Seen {
  readonly snapshots: Map<string, Snapshot>
  readonly away: Map<string, unknown>
}

export const asKnown = ({ snapshots, away }: Seen): Known => ({ snapshots: new Map(snapshots), away: new Map(away) })

export const lookOf = ({ declared }: Job, known: Known): Look => see(declared, known)

export const isOn = (host: Host, { declared }: Job): boolean =>
  hostsOf(declared).some(one => loginId(one) === loginId(host))

/** What a look has to show of all that travel together, so that nobody's look forgets the others. */
export function requestsOn(host: Host, jobs: readonly Job[]) {
  const declared = jobs.filter(job => isOn(host, job)).map(job => job.declared)
  return { names: [...new Set(declared.map(nameOf))], questions: questionsFor(host, declared) }
}

/** Looks at the host again, for all of them. Throws a Fault. */
export async function lookAgain(
  host: Host,
  jobs: readonly Job[],
  known: Known,
  more: Partial<Parameters<typeof readHost>[1]> = {},
): Promise<void> {
  known.snapshots.set(loginId(host), await readHost(host, { ...requestsOn(host, jobs), ...more }))
}

/** By what a job meets others on its way. */
export const loginsOf = ({ declared }: Pick<Job, 'declared'>): string[] => hostsOf(declared).map(loginId)

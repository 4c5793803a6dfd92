// The walk along the chain: checks in its order, and of what comes after the first that stops it nobody judges. Pure, and of any tunnel.
import { wayIn } from '../look/checks'
import { type Check, inChainOrder, links } from '../parts/check'

export type Verdict = 'ok' | 'fail' | 'unknown'

/** A check where the walk has come to it; `not judged` behind the first failure that stops it, or where nobody has asked. */
export interface Walked extends Omit<Check, 'status'> {
  readonly status: Check['status'] | 'not judged'
}

/** What one tunnel has come to, whoever made it. */
export interface Diagnosis {
  readonly name: string
  /** The chain in words: where it listens, by whom, and where it leads. */
  readonly chain: {
    readonly client: string
    /** Where it goes over any. */
    readonly jumps?: readonly string[]
    readonly server: string
    readonly listen: string
    readonly far: string
  }
  readonly verdict: Verdict
  /** The first thing that is wrong, or else not known; null when all is well. */
  readonly first: Walked | null
  readonly checks: readonly Walked[]
  /** Of a tunnel of ours, where it has any. */
  readonly labels?: Readonly<Record<string, string>>
}

/** The way into one host stands together, before that into the next. */
export function walk(checks: readonly Check[]): Walked[] {
  const isWayIn = ({ link }: Check) => (wayIn as readonly string[]).includes(link)
  const ordered = inChainOrder(checks)
  const hosts = [...new Set(ordered.filter(isWayIn).map(({ host }) => host))]
  const ways = hosts.flatMap(host => ordered.filter(one => one.host === host && isWayIn(one)))
  const others = links.flatMap(link =>
    ordered
      .filter(one => one.link === link && !isWayIn(one))
      .sort((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host)),
  )
  const all = [...ways, ...others]
  const stop = all.findIndex(({ status, goesOn }) => status === 'fail' && !goesOn)
  return all.map((check, at) => (stop >= 0 && at > stop ? { ...check, status: 'not judged' } : check))
}

export function conclude(name: string, chain: Diagnosis['chain'], checks: readonly Walked[]): Diagnosis {
  const first =
    checks.find(({ status }) => status === 'fail') ?? checks.find(({ status }) => status === 'unknown') ?? null
  return { name, chain, verdict: first === null ? 'ok' : first.status === 'fail' ? 'fail' : 'unknown', first, checks }
}

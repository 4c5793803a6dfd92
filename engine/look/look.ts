// What the hosts show of what a user declares: the one look that planning, changing and proving go by.
import { eachLogin, loginId } from '../../schemas/machine'
import { brief } from '../../schemas/plain'
import type { Host, Proof } from '../../schemas/types'
import { keepPasswords } from '../host/become-password'
import { encode } from '../host/quote'
import { parts } from '../parts'
import type { Check } from '../parts/check'
import { questionsOf as questionsOfFirewall } from '../parts/firewall'
import { knownAfterApply, type Part, type Step, type stranger, type Wanted } from '../parts/part'
import type { Snapshot } from '../parts/snapshot'
import { questionsOf } from '../parts/sshd-own'
import { whoWins } from '../parts/sshd-wrong'
import { attributesOf } from '../wish/attributes'
import { type Declared, derive, hostsOf, nameOf } from '../wish/declared'
import type { Derived, Outputs, Placed, SocketAsked } from '../wish/placed'
import { type Difference, differences } from './differ'
import { learn } from './learn'
import { type Proven, provenBy } from './proven'
import type { Requests } from './requests'
import { readHost } from './snapshot'
import { tellWatched } from './watched'

export type State = Readonly<Record<string, unknown>>

/** Of each forward in their order; null for one that is not asked. */
export type Proofs = readonly (Proof | null)[]

/** What the hosts show: the state of each part by attribute, null for none, and of each jump host those of its parts; the proofs of a tunnel. */
export interface Observed extends Proven {
  readonly parts: Readonly<Record<string, State | null | readonly object[]>>
  readonly outputs: Outputs
  /** What the user should know beyond the values: which foreign line wins over ours, why far does not answer. */
  readonly warnings: readonly string[]
}

/** Several hosts as they were when they were read, by login. */
export interface Seen {
  readonly snapshots: ReadonlyMap<string, Snapshot>
  /** Why a host could not be read. */
  readonly away: ReadonlyMap<string, unknown>
  /** Of those that are away the ones whose sshd has shown the host key that it should. */
  readonly greeted?: ReadonlySet<string>
}

/** What is declared, as its hosts show it. */
export interface Look {
  readonly declared: Declared
  /** On a host that could not be read nothing is placed. */
  readonly derived: Derived
  readonly snapshotOf: (host: Host) => Snapshot
  /** By login why one of its hosts could not be read. */
  readonly away: ReadonlyMap<string, unknown>
  readonly greeted?: ReadonlySet<string>
}

/** One read of each host that any of them is about, all at the same time; of what is asked about alone, or of everything of ours there. */
export async function lookAt(all: readonly Declared[], how: 'asked' | 'whole' = 'asked'): Promise<Seen> {
  const names = new Map<string, Set<string>>()
  for (const declared of all) {
    for (const host of hostsOf(declared)) {
      const id = loginId(host)
      names.set(id, (names.get(id) ?? new Set()).add(nameOf(declared)))
    }
  }
  return readHosts(eachLogin(all.flatMap(hostsOf)), host => ({
    names: how === 'whole' ? 'whole' : [...(names.get(loginId(host)) ?? [])],
    questions: questionsFor(host, all),
  }))
}

/** What a look at the host has to ask beyond names. */
export const questionsFor = (host: Host, all: readonly Declared[]): (readonly string[])[] =>
  all
    .filter(declared => hostsOf(declared).some(one => loginId(one) === loginId(host)))
    .flatMap(declared => {
      const { placed, sockets } = derive(declared, {})
      const asked = sockets.filter(one => loginId(one.host) === loginId(host))
      return [...placed.flatMap(questionsOfPart), ...asked.map(questionOfSocket)]
    })

export const questionOfSocket = ({ verb, account, path }: SocketAsked): readonly string[] => [
  'look_socket',
  verb,
  account,
  path,
]

const questionsOfPart = ({ kind, at, want }: Placed): (readonly string[])[] => {
  if (want === null) return kind === 'sshd' && at.own ? questionsOf(at.own) : []
  if (kind === 'firewall')
    return questionsOfFirewall(at).map(([verb, table, content]) => [verb, table, encode(content)])
  if (kind !== 'sshd') return []
  return [
    ...(at.own ? questionsOf(at.own) : []),
    ...(at.admin === undefined ? [] : [['look_admin', at.admin, at.dropIn, encode(at.text)]]),
  ]
}

const met = new Map<string, Host>()

/** All that this process has looked at: what one deploy changes, others of it may be reached through. */
export const hostsMet = (): readonly Host[] => [...met.values()]

/** Never throws: who cannot be read is away. */
export async function readHosts(hosts: readonly Host[], requestsFor: (host: Host) => Requests): Promise<Seen> {
  keepPasswords(hosts)
  for (const host of hosts) met.set(loginId(host), host)
  const snapshots = new Map<string, Snapshot>()
  const away = new Map<string, unknown>()
  await Promise.all(
    hosts.map(async host => {
      try {
        snapshots.set(loginId(host), await readHost(host, requestsFor(host)))
      } catch (why) {
        away.set(loginId(host), why)
      }
    }),
  )
  return { snapshots, away }
}

/** Pure. */
export function see(declared: Declared, { snapshots, away, greeted }: Seen): Look {
  const derived = derive(declared, learn(declared, snapshots))
  const snapshotOf = (host: Host): Snapshot => {
    const snapshot = snapshots.get(loginId(host))
    if (!snapshot) throw new Error(`nobody has looked at ${host.name}`)
    return snapshot
  }
  const isSeen = ({ host }: Placed) => snapshots.has(loginId(host))
  const own = hostsOf(declared).flatMap(host => {
    const id = loginId(host)
    return away.has(id) ? [[id, away.get(id)] as const] : []
  })
  const placed = derived.placed.filter(isSeen)
  return { declared, derived: { ...derived, placed }, snapshotOf, away: new Map(own), greeted }
}

/** The types of `kind`, `at` and `want` of one placed part belong together; across the union TypeScript cannot see that. */
export const partOf = (placed: Placed) => parts[placed.kind] as unknown as Part<State, Placed['at']>

/** A part that should not be, and of which nothing is there, shows as null. */
export function observePart(placed: Placed, snapshotOf: Look['snapshotOf']): State | null {
  const have = partOf(placed).observe(snapshotOf(placed.host), placed.at)
  return placed.want === null && planPart(placed, true, snapshotOf).length === 0 ? null : have
}

/** What is wanted of a part, with what the host tells of it before an apply. */
export const wantOf = (placed: Placed, snapshotOf: Look['snapshotOf']): Placed['want'] =>
  placed.want && { ...placed.want, ...partOf(placed).told?.(snapshotOf(placed.host), placed.at) }

/** The steps that make the part what it should be, or remove it. */
export function planPart(placed: Placed, remove: boolean, snapshotOf: Look['snapshotOf']): Step[] {
  const snapshot = snapshotOf(placed.host)
  const part = partOf(placed)
  const want = remove ? null : (placed.want as State | null)
  const [first, ...rest] = part.plan(want, part.observe(snapshot, placed.at), snapshot, placed.at)
  return first ? [{ ...first, undo: part.inverse?.(snapshot, placed.at) }, ...rest] : []
}

/** What another owner has made under the same name since is not ours to remove. */
export const planRemoval = (placed: Placed, seen: Look): Step[] =>
  findOtherOwner(seen, placed) === null ? planPart(placed, true, seen.snapshotOf) : []

/** Whether something is wanted and nothing of it is on its hosts. */
export const isAbsent = (seen: Look): boolean =>
  seen.derived.placed.every(one => planRemoval(one, seen).every(({ isTrace }) => isTrace)) &&
  seen.derived.placed.some(one => planPart(one, false, seen.snapshotOf).length > 0)

export interface OtherOwner {
  readonly owner: string | typeof stranger
  /** What tells that: the path of a file, or the like. */
  readonly by: string
}

/** The other owner of a tunnel's name, or of a middle's settings, on the part's host; null when it is ours, or nobody's. */
export function findOtherOwner({ derived, snapshotOf }: Look, { host }: Placed): OtherOwner | null {
  const there = derived.placed.filter(one => snapshotOf(one.host) === snapshotOf(host))
  const owners = there.flatMap((one): OtherOwner[] => {
    const part = partOf(one)
    const theirs = part.owner(snapshotOf(host), one.at)
    const ours = 'owner' in one.at ? one.at.owner : null
    return theirs === null || theirs === ours
      ? []
      : [{ owner: theirs, by: part.ownedBy?.(snapshotOf(host), one.at) ?? one.kind }]
  })
  // A first line that somebody edited is a drift as any other, as long as the account says whose the tunnel is.
  const isOurName = there.some(
    one => one.kind === 'account' && partOf(one).owner(snapshotOf(host), one.at) === one.at.owner,
  )
  return owners.find(({ owner }) => typeof owner === 'string' || !isOurName) ?? null
}

/** What differs of what is wanted, part by part. */
export const findWrong = ({ derived, snapshotOf }: Look): (Difference & { readonly placed: Placed })[] =>
  derived.placed.flatMap(placed =>
    placed.want === null
      ? []
      : differences(placed.want, observePart(placed, snapshotOf)).map(difference => ({ placed, ...difference })),
  )

/** Files may hold anything, and Terraform keeps and shows what it is given. */
const asText = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value), (_key, one) => (typeof one === 'string' ? brief(one) : one))

/** What is there of each part, and what is known of the outputs. */
export function observeParts({ derived, snapshotOf }: Look): Pick<Observed, 'parts' | 'outputs'> {
  const outputs = Object.entries(derived.outputs).filter(([, value]) => value !== knownAfterApply)
  const jumps = derived.jumps?.map(one => ({ ...one, hostKey: one.hostKey === knownAfterApply ? '' : one.hostKey }))
  const known = { ...derived, jumps }
  return {
    parts: attributesOf(known, placed => asText(observePart(placed, snapshotOf))),
    outputs: Object.fromEntries(outputs),
  }
}

/** The same without asking far; with what speaks against it. */
export const observeUnproved = (seen: Look): Observed => observeProved(seen, [])

/** With the proofs that were asked for, of each forward in their order. */
export const observeProved = (seen: Look, proofs: Proofs): Observed => ({
  ...observeParts(seen),
  ...provenBy(proofs),
  warnings: [
    ...findWinners(seen),
    ...findDoubts(seen, proofs),
    ...tellWatched(seen.declared.input.name, seen),
    ...hostsOf(seen.declared).flatMap(host => tellLeft(host, seen.snapshotOf(host))),
  ],
})

const isOwn = (placed: Placed): boolean => placed.kind === 'sshd' && placed.at.own !== undefined

/** What a look does not tell of a part; a rule that waits for chance, for example. */
export const doubtsAbout = (placed: Placed, snapshotOf: Look['snapshotOf']): Check[] =>
  placed.want === null
    ? []
    : partOf(placed)
        .checks(placed.want as Wanted<State>, snapshotOf(placed.host), placed.at, placed.host.name)
        .filter(
          ({ link, code, status }) =>
            status === 'unknown' && (link === 'firewall lets it' || code === 'sshd-unknown' || isOwn(placed)),
        )

/** The same in words, unless far has answered through the firewall; whoever has answered has come in. */
export const findDoubts = ({ derived, snapshotOf }: Look, proofs: Proofs = []): string[] =>
  derived.placed
    .flatMap(placed => {
      const { host } = placed
      const answers = (those: Proofs) => those.length > 0 && those.every(proof => proof?.answered)
      const listened = proofs.filter((_, index) => derived.listening[index]?.host === host)
      const isProved = answers(listened) && !host.local && listened.every(proof => proof?.from !== host.name)
      return doubtsAbout(placed, snapshotOf).filter(
        ({ code }) => !(isProved && code === 'firewall-unknown') && !(answers(proofs) && code === 'sshd-unknown'),
      )
    })
    .map(({ what, evidence, cure }) => `${what}\n${evidence ?? cure ?? ''}`)

/** A change that was not confirmed by a fresh login, by its folder and state (remote/guard.sh). */
function tellRun(host: string, run: string): string {
  const folder = run.replace(/ \(.*/, '')
  if (run.endsWith('(unconfirmed)'))
    return `a change of ${host} waits for a login to confirm it; without one ${host} undoes it when its time is over, or before the next change there`
  if (run.endsWith('(undone)'))
    return `${host} has undone a change that no login had confirmed; the next change there clears ${folder}, where it had kept what was before`
  return `${host} could not put back all of a change that no login had confirmed: what was before is in ${folder}/log, and what it says in ${folder}/said; when that is mended sh ${folder}/undo tries it again, or remove that folder`
}

/** What killed programs have left on a host. */
export function tellLeft(host: Host, { left, othersLeft }: Snapshot): string[] {
  const groups = othersLeft.flatMap(one => /^group (.*)/.exec(one)?.[1] ?? [])
  const runs = [...left, ...othersLeft].filter(one => / \((unconfirmed|undone|undone in part)\)$/.test(one))
  const rest = left.filter(one => !runs.includes(one))
  const files = othersLeft.filter(one => !runs.includes(one) && !one.startsWith('group '))
  return [
    ...runs.map(run => tellRun(host.name, run)),
    ...(rest.length > 0
      ? [`a killed program of ours has left ${rest.join(', ')} on ${host.name}; the next change there clears it`]
      : []),
    ...(files.length > 0
      ? [
          `a killed program, useradd or the like, has left ${files.join(', ')} on ${host.name}; when nobody changes accounts there, remove that`,
        ]
      : []),
    ...groups.map(
      group =>
        `group ${group} on ${host.name} has no account and no members; groupdel ${group} removes it, if it is nobody’s`,
    ),
  ]
}

/** Foreign lines that win over our drop-in although it is there. */
const findWinners = (seen: Look): string[] => {
  const wrong = findWrong(seen)
  return wrong.flatMap(({ placed, name, have }) => {
    // Our drop-in says something else itself: nobody has to win over it.
    if (wrong.some(one => one.placed === placed && one.name === 'dropInSha256')) return []
    const winner = winnerOver(placed, name, have, seen)
    return winner ? [`${name} on ${placed.host.name} is ${JSON.stringify(have)}: ${winner} wins`] : []
  })
}

/** Where a foreign line sets what sshd should not have; null when none is found. */
export const winnerOver = (placed: Placed, name: string, have: unknown, { snapshotOf }: Look): string | null =>
  placed.kind === 'sshd' && have !== null ? whoWins(snapshotOf(placed.host), placed.at, name, have) : null

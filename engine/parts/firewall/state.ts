// What a firewall lets in for us, whoever makes its rules, and the steps to what is wanted. Pure.
import type { Firewall } from '../../../schemas/types'
import { ownerOfRules, readRuleMark } from '../mark'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import { type Ask, describeAsk, type FirewallAt } from './ask'
import { fence, hasMore, placeFence, chainOf as tableOf } from './fence'
import { firewalld } from './firewalld'
import { iptables } from './iptables'
import { chainsNeeding, type Obstacle, obstaclesFor, unenforced } from './judge'
import { knownRuleset } from './known'
import type { Loaded, Manager, Placed } from './manager'
import { nftables } from './nftables'
import { describe, exprOf, openingsFor, same } from './opening'
import { ownState } from './own-table'
import { remember } from './remember'
import { type Chain, isIn, type Ruleset, withFirst } from './ruleset'
import { ufw } from './ufw'

/** The first that owns a chain makes its rules. */
const managers: readonly Manager[] = [fence, firewalld, ufw, iptables, nftables]

interface Wanted extends Placed {
  readonly manager: Manager
}

interface Seen {
  readonly placed: readonly Wanted[]
  readonly loaded: readonly Loaded[]
  /** Whoever has something to open, or something of ours. */
  readonly each: readonly {
    readonly manager: Manager
    readonly placed: readonly Placed[]
    readonly loaded: readonly Loaded[]
    /** Whether anything of ours is loaded. */
    readonly stands: boolean
    /** Whether something of ours is to be there. */
    readonly isWanted: boolean
  }[]
}

const seenOn = remember((on: Snapshot) => remember((at: FirewallAt) => see(on, at)))
export const seeFirewall = (on: Snapshot, at: FirewallAt): Seen => seenOn(on)(at)

function see(on: Snapshot, at: FirewallAt): Seen {
  const ruleset = knownRuleset(on)
  const needs = at.asks.map(ask => ({ ask, chains: chainsNeeding(on, ask) }))
  const all = ruleset.bases.flatMap(chain =>
    needs
      .filter(({ chains }) => chains.some(one => isIn(one, chain)))
      .flatMap(({ ask }) => openingsFor(ask, chain.family).map(opening => ({ chain, opening }))),
  )
  const managerOf = (chain: Chain) => managers.find(one => one.owns(chain, ruleset))
  const placedBy = (manager: Manager) => all.filter(({ chain }) => managerOf(chain) === manager)
  // Without nft nobody can make one: the checks refuse.
  const fenced = on.nft === null ? [] : placeFence(at, asksForFence(on, at))
  const each = managers
    .map(manager => {
      const placed = manager === fence ? fenced : (manager.needed?.(on, placedBy(manager)) ?? placedBy(manager))
      const loaded = manager.loaded(on, at)
      const stands = loaded.length > 0 || manager.stands?.(on, at) === true
      const isWanted = placed.length > 0 || (manager === fence && on.nft !== null && hasMore(at))
      return { manager, placed, loaded, stands, isWanted }
    })
    .filter(one => one.isWanted || one.stands || one.manager.hasKept(on, at))
  return {
    placed: each.flatMap(({ manager, placed }) => placed.map(one => ({ ...one, manager }))),
    loaded: each.flatMap(({ loaded }) => loaded),
    each,
  }
}

/** The port behind a redirect is for those alone who come by it. */
function asksForFence(on: Snapshot, at: FirewallAt): Ask[] {
  const open = unenforced(on, at.asks)
  return at.asks.filter(ask => ask.visited !== undefined || open.includes(ask))
}

/** What the input chains do with an ask, and whether more than they may stand in the way: then nobody can tell. */
function judge(on: Snapshot, ask: Ask, { placed, loaded }: Seen) {
  const isThere = ({ chain, opening, manager }: Wanted) =>
    loaded.some(one => one.opening !== null && same(one.opening, opening) && serves(manager, one.chain, chain))
  const own = placed.filter(
    ({ chain, opening }) => opening.port === ask.port && openingsFor(ask, chain.family).some(one => same(one, opening)),
  )
  const obstacles = obstaclesFor(on, ask)
  const isOwn = ({ finding }: Obstacle) => own.some(({ chain }) => isIn(chain, finding.chain))
  return {
    ask,
    letsIn: on.filter === 'known' && own.every(isThere) && !obstacles.some(one => one.sure || isOwn(one)),
    isUnsure:
      on.filter === 'known' &&
      obstacles.some(one => !one.sure && !isOwn(one)) &&
      !obstacles.some(one => one.sure && !isOwn(one)),
  }
}

const closersOf = ({ each }: Seen) => each.filter(({ placed }) => placed.length > 0)
const namesOf = (some: Seen['each']): string =>
  [...new Set(some.map(({ manager }) => manager.name))].join(' and ') || 'none'

/** Null where nobody can tell. */
function isKept(on: Snapshot, at: FirewallAt, some: Seen['each']): boolean | null {
  const each = some.map(({ manager, placed }) => manager.keeps(on, at, placed))
  return each.includes(false) ? false : each.includes(null) ? null : true
}

/** Chains that somebody else has to open than the manager who is named for the host, and whether that one makes any at all. */
export function besideNamed(on: Snapshot, at: FirewallAt, named: string) {
  const ruleset = knownRuleset(on)
  const makers = ruleset.bases
    .filter(({ hook }) => hook === 'input')
    .flatMap(chain => managers.find(one => one.owns(chain, ruleset)) ?? [])
    .filter(one => one !== fence)
    .map(({ name }) => name)
  // A table of our own keeps others out, and opens nothing that they make.
  const others = seeFirewall(on, at).placed.filter(({ manager }) => manager !== fence && manager.name !== named)
  return { others, makers: [...new Set(makers)] }
}

/** Who makes the rules that close what is asked for. */
export const told = (on: Snapshot, at: FirewallAt): Pick<Firewall, 'manager'> => ({
  manager: namesOf(closersOf(seeFirewall(on, at))),
})

/** Of rules under the tunnel's name, loaded or kept. */
export function ownerOf(on: Snapshot, at: FirewallAt): string | null {
  const { name } = readRuleMark(at.tag) ?? {}
  const kept = ownerOfRules(on.files[at.file]?.text ?? '')
  if (kept !== undefined) return kept
  const marks = knownRuleset(on).rules.map(({ comment = '' }) => readRuleMark(comment))
  return marks.find(mark => mark?.name === name)?.owner ?? null
}

/** Whether a rule in `chain` is for those who come to `base`. */
const serves = (manager: Manager, chain: Chain, base: Chain): boolean =>
  isIn(chain, base) || (manager.headOf !== undefined && isIn({ ...chain, chain: '' }, { ...base, chain: '' }))

const openedOn = remember((on: Snapshot) =>
  remember((at: FirewallAt) =>
    withFirst(
      knownRuleset(on),
      seeFirewall(on, at).placed.map(({ manager, chain, opening }) => ({
        ...(manager.headOf?.(chain) ?? chain),
        handle: null,
        expr: exprOf(opening),
        dport: opening.port,
      })),
    ),
  ),
)

/** The ruleset as it will be with all that is wanted. */
export const opened = (on: Snapshot, at: FirewallAt): Ruleset => openedOn(on)(at)

const observedOn = remember((on: Snapshot) => remember((at: FirewallAt) => observeNow(on, at)))

/** Null where nothing of ours is there and something should be. */
export const observe = (on: Snapshot, at: FirewallAt): Firewall | null => observedOn(on)(at)

function observeNow(on: Snapshot, at: FirewallAt): Firewall | null {
  const seen = seeFirewall(on, at)
  const { placed, loaded, each } = seen
  const hasKept = each.some(({ manager }) => manager.hasKept(on, at))
  if (!each.some(({ stands }) => stands) && !hasKept && each.some(({ isWanted }) => isWanted)) return null
  const judged = at.asks.map(ask => judge(on, ask, seen))
  const fenced = placed.filter(({ manager }) => manager === fence)
  const toAll = fence.isWhole(on, at, fenced) ? [] : unenforced(on, at.asks)
  const asked = [...at.asks.flatMap(ask => openingsFor(ask, 'inet')), ...fenced.map(({ opening }) => opening)]
  const asksFor = { redirects: (at.redirects ?? []).length > 0, limits: at.limits !== undefined }
  const own = ownState(knownRuleset(on), at, tableOf(at))
  const strange = loaded
    .map(({ opening }) => opening)
    .filter(found => !found || !asked.some(opening => same(found, opening)))
    .map(found => (found ? describe(found) : 'a rule of another form'))
    // Of what is not asked for an attribute tells nothing.
    .concat(asksFor.redirects ? [] : (own.redirects ?? []), asksFor.limits ? [] : (own.limits ?? []))
  return {
    manager: namesOf(closersOf(seen)),
    opens: [
      ...judged
        .filter(({ letsIn }) => letsIn)
        .map(({ ask }) => describeAsk(toAll.includes(ask) ? { ...ask, from: null } : ask)),
      ...new Set(strange),
    ],
    // An apply that makes the missing rules leaves nobody the wiser of the rest.
    open: judged.some(({ isUnsure }) => isUnsure) ? null : judged.every(({ letsIn }) => letsIn),
    persistent: isKept(
      on,
      at,
      each.filter(({ isWanted }) => isWanted),
    ),
    ...(asksFor.redirects && own.redirects && { redirects: [...own.redirects] }),
    ...(asksFor.limits && own.limits && { limits: [...own.limits] }),
  }
}

/** From have to want, loaded and kept; want null removes. */
export function plan(want: Firewall | null, have: Firewall | null, on: Snapshot, at: FirewallAt): Step[] {
  const { each } = seeFirewall(on, at)
  const remove = ({ manager, stands }: Seen['each'][number]) => [
    ...(stands ? manager.close(at) : []),
    ...(manager.hasKept(on, at) ? manager.forget(on, at) : []),
  ]
  if (!want || (at.asks.length === 0 && !hasMore(at))) return each.flatMap(remove)
  const stale = each.filter(one => one.manager === fence && !one.isWanted)
  const unfence = stale.flatMap(remove)
  // Nothing closes ports at present; what is kept is for when the ruleset is back.
  if (!each.some(({ isWanted }) => isWanted)) return unfence
  const right = have && have.open !== false && have.opens.join('; ') === want.opens.join('; ')
  const why = `let in ${want.opens.join('; ')}`
  const isAlike = (one: 'redirects' | 'limits') => (have?.[one] ?? []).join('; ') === (want[one] ?? []).join('; ')
  const rightMore = isAlike('redirects') && isAlike('limits')
  const rest = each.filter(one => !stale.includes(one))
  const steps = rest.flatMap(({ manager, placed: wanted, stands, isWanted }) => {
    const isRight = right && (manager !== fence || rightMore)
    return [
      ...(isRight || !stands ? [] : manager.close(at)),
      ...(isRight || !isWanted
        ? []
        : manager.open(at, wanted).map(step => (manager === fence ? step : { ...step, why }))),
      ...(!isWanted || manager.keeps(on, at, wanted) !== false ? [] : manager.keep(on, at, wanted)),
    ]
  })
  return [...unfence, ...steps]
}

/** The steps that bring back what this snapshot shows of ours, after whatever plan of ours has run. */
export function inverse(on: Snapshot, at: FirewallAt): Step[] {
  return seeFirewall(on, at).each.flatMap(({ manager, loaded, stands }) => {
    const back = loaded.flatMap(({ chain, opening }) => (opening ? [{ chain, opening }] : []))
    return [
      ...manager.close(at),
      // Each rule goes in before the last one.
      ...(stands ? (manager.openAgain?.(on, at) ?? (back.length > 0 ? manager.open(at, back.reverse()) : [])) : []),
      ...(manager.hasKept(on, at) ? manager.keepAgain(on, at) : manager.forget(on, at)),
    ]
  })
}

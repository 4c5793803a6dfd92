// Plain nftables: a rule of ours at the head of every input chain that closes ports, and a file that brings it back.
import type { FaultCode } from '../../fault'
import type { Check } from '../check'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import { type Ask, describeAsk, type FirewallAt } from './ask'
import { chainsNeeding, type Obstacle, obstaclesFor, unenforced } from './judge'
import type { Manager } from './manager'
import { chainLines, describe, type Opening, openingOf, openingsFor, ruleLine, same } from './opening'
import { type Chain, findManager, isIn, readRuleset } from './ruleset'
import { describeRule } from './words'

const nftablesConf = '/etc/nftables.conf'
/** The line that remote/firewall.sh adds to nftables.conf. */
const includeLine = /^include "\/etc\/ssh-tunnels\/\*\/firewall\.nft" # ssh-tunnels/m

interface Placed {
  readonly chain: Chain
  readonly opening: Opening
}

function readFirewall(on: Snapshot, at: FirewallAt) {
  const { bases, rules } = readRuleset(on.nft)
  const ours = rules.filter(rule => rule.comment === at.tag)
  const needs = at.asks.map(ask => ({ ask, chains: chainsNeeding(on, ask) }))
  const placed = bases.flatMap(chain =>
    needs
      .filter(({ chains }) => chains.some(one => isIn(one, chain)))
      .flatMap(({ ask }) => openingsFor(ask, chain.family).map(opening => ({ chain, opening }))),
  )
  const lines = bases
    .map(chain => ({ chain, rules: placed.filter(one => one.chain === chain) }))
    .filter(({ rules }) => rules.length > 0)
    .map(
      ({ chain, rules }) => chainLines(chain) + rules.map(({ opening }) => ruleLine(chain, opening, at.tag)).join(''),
    )
    .join('')
  const kept = on.files[at.file]?.text ?? null
  return { placed, ours, lines, kept }
}

/** What the input chains do with an ask, and whether more than they may stand in the way: then nobody can tell. */
function judge(on: Snapshot, ask: Ask, { placed, ours }: Pick<ReturnType<typeof readFirewall>, 'placed' | 'ours'>) {
  const isThere = ({ chain, opening }: Placed) =>
    ours.some(rule => {
      const found = isIn(rule, chain) ? openingOf(rule) : null
      return found !== null && same(found, opening)
    })
  const own = placed.filter(({ chain, opening }) => openingsFor(ask, chain.family).some(one => same(one, opening)))
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

const closeStep = ({ tag }: FirewallAt): Step => ({
  why: `remove the rules "${tag}"`,
  phase: 'firewall',
  verb: 'firewall_close',
  args: [tag],
})
const openStep = (lines: string, why: string): Step => ({
  why,
  phase: 'firewall',
  verb: 'firewall_open',
  args: [],
  content: lines,
})
const keepStep = ({ file }: FirewallAt, lines: string): Step => ({
  why: `keep that in ${file}`,
  phase: 'firewall',
  verb: 'firewall_keep',
  args: [file],
  content: lines,
})
const forgetStep = ({ file }: FirewallAt): Step => ({
  why: `remove ${file}`,
  phase: 'firewall',
  verb: 'firewall_forget',
  args: [file],
})

export const nftables: Manager = {
  name: 'nftables',
  unenforced,

  observe(on, at) {
    const read = readFirewall(on, at)
    const { ours, lines, kept } = read
    if (ours.length === 0 && kept === null && lines !== '') return null
    const judged = at.asks.map(ask => judge(on, ask, read))
    const toAll = unenforced(on, at.asks)
    const asked = at.asks.flatMap(ask => openingsFor(ask, 'inet'))
    const strange = ours
      .map(openingOf)
      .filter(found => !found || !asked.some(opening => same(found, opening)))
      .map(found => (found ? describe(found) : 'a rule of another form'))
    return {
      opens: [
        ...judged
          .filter(({ letsIn }) => letsIn)
          .map(({ ask }) => describeAsk(toAll.includes(ask) ? { ...ask, from: null } : ask)),
        ...new Set(strange),
      ],
      // An apply that makes the missing rules leaves nobody the wiser of the rest.
      open: judged.some(({ isUnsure }) => isUnsure) ? null : judged.every(({ letsIn }) => letsIn),
      persistent: lines === '' || (lines === kept && includeLine.test(on.files[nftablesConf]?.text ?? '')),
    }
  },

  plan(want, have, on, at) {
    const { ours, lines, kept } = readFirewall(on, at)
    const forget: Step[] = kept === null ? [] : [forgetStep(at)]
    const close: Step[] = ours.length === 0 ? [] : [closeStep(at)]
    if (!want || at.asks.length === 0) return [...close, ...forget]
    // Nothing closes ports at present; what is kept is for when the ruleset is back.
    if (lines === '') return []
    const right = have && have.open !== false && have.opens.join('; ') === want.opens.join('; ')
    return [
      ...(right ? [] : [...close, openStep(lines, `let in ${want.opens.join('; ')}`)]),
      ...(have?.persistent ? [] : [keepStep(at, lines)]),
    ]
  },

  inverse(on, at) {
    const { ours, kept } = readFirewall(on, at)
    const lines = ours.flatMap(rule => {
      const opening = openingOf(rule)
      return opening ? [chainLines(rule) + ruleLine(rule, opening, at.tag)] : []
    })
    return [
      // Where there is no nft, no plan has loaded anything.
      ...(on.nft === null ? [] : [closeStep(at)]),
      ...(lines.length > 0 ? [openStep(lines.reverse().join(''), 'bring back what was let in')] : []),
      kept === null ? forgetStep(at) : keepStep(at, kept),
    ]
  },

  checks(on, at, host) {
    const not = (code: FaultCode, what: string, cure: string, evidence?: string): Check[] => [
      { link: 'firewall lets it', host, status: 'fail', code, what, evidence, cure },
    ]
    const { placed } = readFirewall(on, at)
    const manager = findManager(on.nft)
    if (placed.length > 0 && manager !== 'nftables') {
      return not(
        'firewall-manager',
        `the firewall of ${host} is managed by ${manager}, which this version does not change`,
        'listen on a loopback address, or use plain nftables there',
      )
    }
    if (placed.length > 0 && !on.files[nftablesConf]) {
      return not(
        'firewall-not-kept',
        `${host} closes ports with nftables but has no ${nftablesConf}, so an opening would not survive a reboot`,
        'keep the rules of that host in /etc/nftables.conf',
      )
    }
    return at.asks.flatMap(ask => obstructed(on, ask, host)).slice(0, 1)
  },
}

/** What no rule of ours can open, and what nobody can judge. */
function obstructed(on: Snapshot, ask: Ask, host: string): Check[] {
  const ours = chainsNeeding(on, ask)
  const obstacle = obstaclesFor(on, ask).find(({ finding }) => !ours.some(chain => isIn(chain, finding.chain)))
  if (!obstacle) return []
  const asked = { link: 'firewall lets it', host, evidence: describeObstacle(obstacle) } as const
  if (!obstacle.sure) {
    return [
      {
        ...asked,
        status: 'unknown',
        code: 'firewall-unknown',
        what: `whether the firewall of ${host} lets in ${describeAsk(ask)} cannot be told beforehand`,
        cure: 'a proof through the port tells; with probe: none nobody does',
      },
    ]
  }
  return [
    {
      ...asked,
      status: 'fail',
      code: 'firewall-closed',
      what: `the firewall of ${host} closes ${describeAsk(ask)} where no rule of ours can open it`,
      cure: `take that rule away on ${host}, or let it spare the port`,
    },
  ]
}

function describeObstacle({ finding: { chain, closer, doubt } }: Obstacle): string {
  const { family, table, hook } = chain
  const rule = closer?.rule ?? doubt?.rule
  const where = rule ? describeRule(rule) : `policy drop of ${family} ${table} ${chain.chain}`
  const how = doubt ? doubt.why : (closer?.how ?? 'drops it')
  return `${where} (hook ${hook}): ${how}`
}

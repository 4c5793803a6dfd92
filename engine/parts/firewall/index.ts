// Ports that the listening host's firewall lets in for us, by whoever makes its rules there.

import { privileged } from '../../../schemas/redirect'
import type { Firewall } from '../../../schemas/types'
import { type Check, ok } from '../check'
import { knownAfterApply, type Part, type Wanted } from '../part'
import type { Snapshot } from '../snapshot'
import { type Ask, describeAsk, describeLimited, type FirewallAt } from './ask'
import { cutsOff } from './cut-off'
import { explainFirewall } from './explain'
import { hasMore, linesOfMore, tableOf } from './fence'
import { type Obstacle, obstaclesFor, unenforced } from './judge'
import { describeRedirect } from './own-table'
import { besideNamed, inverse, observe, opened, ownerOf, plan, seeFirewall, told } from './state'
import { describeRule } from './words'

export { type Ask, describeAsk, type FirewallAt, type Limited, type Redirect } from './ask'
export { type Saved, withIptables } from './iptables-tables'
export { inverse } from './state'

/** Whether nft would load what only it can do. */
export const questionsOf = (at: FirewallAt): (readonly [verb: string, table: string, content: string])[] =>
  hasMore(at) ? [['look_rules', tableOf(at), linesOfMore(at)]] : []

/** Whose rules they will be is the host's to tell. */
export const wantFirewall = ({
  asks,
  redirects = [],
  limits,
}: Pick<FirewallAt, 'asks' | 'redirects' | 'limits'>): Wanted<Firewall> => ({
  manager: knownAfterApply,
  opens: asks.map(describeAsk),
  open: true,
  persistent: true,
  ...(redirects.length > 0 && { redirects: redirects.map(describeRedirect) }),
  ...(limits && { limits: describeLimited(limits) }),
})

export const firewall: Part<Firewall, FirewallAt> = {
  kind: 'firewall',
  needs: [],
  observe,
  plan,
  inverse,
  told,
  owner: ownerOf,
  ownedBy: (on, { file }) => (on.files[file] ? file : 'a rule of the firewall'),

  checks(_want, on, at, host) {
    const link = 'firewall lets it'
    if (on.filter === 'unknown') {
      return [
        {
          link,
          host,
          status: 'fail',
          code: 'firewall-unknown',
          what: `what the firewall of ${host} lets in cannot be told`,
          evidence: on.filterReason ?? undefined,
          cure: 'install the program that it names, or listen on a loopback address',
        },
      ]
    }
    const found = [
      ...notNamed(on, at, host),
      ...withoutTable(on, at, host),
      ...unfenced(on, at, host),
      ...cutsOff(on, at, host),
      ...seeFirewall(on, at).each.flatMap(({ manager, placed }) => manager.checks(on, at, placed, host)),
      ...at.asks.flatMap(ask => obstructed(on, at, ask, host)),
    ]
    const failed = found.find(({ status }) => status === 'fail')
    if (failed) {
      const now = failed.code === 'firewall-not-kept' && !observe(on, at)?.open ? closes(on, at) : null
      return [now === null ? failed : { ...failed, evidence: [failed.evidence, now].filter(Boolean).join('\n') }]
    }
    if (found.some(({ code }) => code === 'firewall-unknown')) return found
    const changed = changedTable(on, at, host)
    if (changed) return [...found, changed]
    return [
      ...found,
      observe(on, at)?.open ? ok({ link, host }, `the firewall of ${host} lets it in`) : closed(on, at, host),
    ]
  },

  explain: (_want, at) => explainFirewall(at),
}

/** Never a silent other choice: who names a manager is told where it is another. */
function notNamed(on: Snapshot, at: FirewallAt, host: string): Check[] {
  const { named } = at
  if (named === undefined) return []
  const { others, makers } = besideNamed(on, at, named)
  const [other] = others
  if (!other && makers.includes(named)) return []
  const failed = { link: 'firewall lets it', host, status: 'fail', code: 'firewall-manager' } as const
  if (!other) {
    const who = makers.length > 0 ? `${makers.join(' and ')} does` : 'nobody does'
    return [
      {
        ...failed,
        what: `${named}, which is named for the firewall of ${host}, makes no rules there`,
        evidence: `of chains at hook input, ${who}`,
        cure: `start ${named} on ${host}, or name another, or nobody: then whoever makes a chain opens it`,
      },
    ]
  }
  const { manager, chain, opening } = other
  return [
    {
      ...failed,
      what: `${manager.name} makes the rules that close port ${opening.port} of ${host}, and not ${named}, which is named for its firewall`,
      evidence: `chain ${chain.chain} of table ${chain.family} ${chain.table} closes it`,
      cure: `name ${manager.name} as the manager, or nobody, or let ${named} make that chain's rules`,
    },
  ]
}

/** An accepting rule keeps nobody out, and only nft has what does. */
function unfenced(on: Snapshot, { asks }: FirewallAt, host: string): Check[] {
  const [ask] = on.nft === null ? unenforced(on, asks) : []
  if (!ask) return []
  return [
    {
      link: 'firewall lets it',
      host,
      status: 'fail',
      code: 'allow-from-unenforced',
      what: `nothing on ${host} keeps others than ${ask.from?.join(', ')} from port ${ask.port}, and it has no nft to make what does`,
      cure: `install nftables on ${host}, or leave allowFrom out: then everybody is let in`,
    },
  ]
}

/** Redirects and limits are nft's, whoever makes the rules of that host. */
function withoutTable(on: Snapshot, at: FirewallAt, host: string): Check[] {
  const what = describeMore(at)
  if (what === null) return []
  const complaint = on.rulesRefused[tableOf(at)]
  if (on.nft !== null && complaint === undefined) return []
  const asked = { link: 'firewall lets it', host, status: 'fail', code: 'needs-nft' } as const
  if (complaint !== undefined) {
    return [
      {
        ...asked,
        what: `nft of ${host} cannot ${what}`,
        evidence: complaint,
        cure: `a newer kernel or nft on ${host}, or its modules for that; or leave the limits out, and listen on a port from ${privileged}`,
      },
    ]
  }
  return [
    {
      ...asked,
      what: `${host} has no nft, without which nothing there can ${what}`,
      cure: `install nftables on ${host}: its table stands beside whatever firewall is there; or leave the limits out, and listen on a port from ${privileged}`,
    },
  ]
}

/** Somebody has taken away or changed what redirects and limits. */
function changedTable(on: Snapshot, at: FirewallAt, host: string): Check | null {
  const what = describeMore(at)
  const want = wantFirewall(at)
  const have = observe(on, at)
  const isAsWanted = (one: 'redirects' | 'limits') =>
    JSON.stringify(have?.[one] ?? null) === JSON.stringify(want[one] ?? null)
  if (what === null || (isAsWanted('redirects') && isAsWanted('limits'))) return null
  const found = [...(have?.redirects ?? []), ...(have?.limits ?? [])]
  return {
    link: 'firewall lets it',
    host,
    status: 'fail',
    code: 'table-changed',
    what: `the table of our own on ${host} does not ${what}`,
    evidence: found.length > 0 ? `it has: ${found.join('; ')}` : 'it is not there',
    cure: 'deploy',
    mends: true,
  }
}

/** What the table is for beside keeping others out; null for nothing. */
function describeMore({ redirects = [], limits }: FirewallAt): string | null {
  const words = [
    ...redirects.map(one => `lead ${describeRedirect(one)}`),
    ...(limits ? [`let in ${describeLimited(limits).join(', ')}`] : []),
  ]
  return words.length > 0 ? words.join('; ') : null
}

/** What no rule of ours can open, and what nobody can judge. */
function obstructed(on: Snapshot, at: FirewallAt, ask: Ask, host: string): Check[] {
  const [obstacle] = obstaclesFor(on, ask, opened(on, at))
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

/** Which rule closes what, as the rules are now; null for none. */
function closes(on: Snapshot, at: FirewallAt): string | null {
  const [first] = at.asks.flatMap(ask => obstaclesFor(on, ask).map(obstacle => ({ ask, obstacle })))
  return first ? `${describeObstacle(first.obstacle)}; no rule before it accepts ${describeAsk(first.ask)}` : null
}

/** A rule of ours is missing, or stands behind what closes the port. */
function closed(on: Snapshot, at: FirewallAt, host: string): Check {
  const ports = [...new Set(at.asks.map(({ port }) => port))].join(', ')
  return {
    link: 'firewall lets it',
    host,
    status: 'fail',
    code: 'far-silent',
    what: `the firewall of ${host} (${told(on, at).manager}) closes port ${ports}`,
    evidence: closes(on, at) ?? undefined,
    cure: 'deploy',
    mends: true,
  }
}

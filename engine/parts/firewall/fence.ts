// A table of our own around one port: whoever is not allowed is dropped, whatever others let in. A drop ends every way, an accept only its own.

import type { Check } from '../check'
import type { Line } from '../explained'
import { readRuleMark } from '../mark'
import type { Snapshot } from '../snapshot'
import { type Ask, describeLimited, type FirewallAt } from './ask'
import { knownRuleset } from './known'
import type { Loaded, Manager, Placed } from './manager'
import { type Opening, openingOf, openingsFor, ruleWords, same } from './opening'
import { describeRedirect, type OwnChain, ownChains } from './own-table'
import { ruleText } from './rule-text'
import { type BaseChain, type Chain, isIn } from './ruleset'

/** nft takes no hyphen in a name, and a tunnel's has no underscore. */
export const tableOf = ({ tag }: FirewallAt): string =>
  `ssh_tunnels_${readRuleMark(tag)?.name.replace(/-/g, '_') ?? ''}`
export const chainOf = (at: FirewallAt): Chain => ({
  family: 'inet',
  table: tableOf(at),
  chain: 'input',
  by: 'nftables',
})
const fileOf = ({ file }: FirewallAt): string => file.replace(/[^/]*$/, 'fence.nft')
const bootUnit = 'ssh-tunnels-fence.service'

/** What is allowed, as what stands in the table. */
export const placeFence = (at: FirewallAt, asks: readonly Ask[]): Placed[] =>
  asks.flatMap(ask =>
    openingsFor(ask, 'inet').map(opening => ({ chain: chainOf(at), opening: { ...opening, ...visitedOf(ask) } })),
  )

const visitedOf = ({ visited }: Ask) => (visited === undefined ? {} : { visited })

/** Whether there is more for the table than to keep others out. */
export const hasMore = (at: FirewallAt): boolean => ownChains(at).length > 0

const closedBy = (placed: readonly Placed[]): Opening[] =>
  placed
    .map(({ opening: { source: _, visited: __, ...opening } }) => ({ ...opening, source: null }))
    .filter((one, index, all) => all.findIndex(other => same(one, other)) === index)

/** Each with its reason. */
const passes = {
  'iif "lo" accept': "visits from the host itself are nobody else's",
  'ct state established accept': 'who has come in stays, whom a change of allowFrom would keep out now',
} as const
const passing = Object.keys(passes)

function chainsOf(at: FirewallAt, placed: readonly Placed[]): OwnChain[] {
  const comment = `comment "${at.tag}"`
  const input: OwnChain = {
    name: 'input',
    type: 'filter',
    hook: 'input',
    prio: -5,
    rules: [
      ...passing,
      ...placed.map(({ opening }) => `${ruleWords(opening)} accept ${comment}`),
      ...closedBy(placed).map(opening => `${ruleWords(opening)} drop ${comment}`),
    ],
  }
  const more = ownChains(at).map(one => ({ ...one, rules: one.rules.map(rule => `${rule} ${comment}`) }))
  return [...(placed.length > 0 ? [input] : []), ...more]
}

function linesOf(at: FirewallAt, chains: readonly OwnChain[]): string {
  const { family, table } = chainOf(at)
  return [
    // Loaded twice it is the same.
    `add table ${family} ${table}`,
    `delete table ${family} ${table}`,
    `add table ${family} ${table}`,
    ...chains.flatMap(({ name, type, hook, prio, rules }) => [
      `add chain ${family} ${table} ${name} { type ${type} hook ${hook} priority ${prio}; policy accept; }`,
      ...rules.map(rule => `add rule ${family} ${table} ${name} ${rule}`),
    ]),
    '',
  ].join('\n')
}

const textOf = (at: FirewallAt, placed: readonly Placed[]) => linesOf(at, chainsOf(at, placed))

/** Of what only nft can do. */
export const linesOfMore = (at: FirewallAt): string => linesOf(at, ownChains(at))

const basesOf = (on: Snapshot, at: FirewallAt): BaseChain[] =>
  knownRuleset(on).bases.filter(one => isIn({ ...one, chain: 'input' }, chainOf(at)))

/** The table as it is there, whatever should be. */
function loadedText(on: Snapshot, at: FirewallAt): string {
  const { rulesIn } = knownRuleset(on)
  const chains = basesOf(on, at).map(base => ({
    name: base.chain,
    type: base.type,
    hook: base.hook,
    prio: base.prio,
    rules: rulesIn(base).map(rule => ruleText(rule) + (rule.comment ? ` comment "${rule.comment}"` : '')),
  }))
  return linesOf(at, chains)
}

/** As the rules of an nft listing that stand for it. */
const shown = (on: Snapshot, at: FirewallAt) =>
  knownRuleset(on)
    .rulesIn(chainOf(at))
    .map(rule => ({ accepts: openingOf(rule), drops: openingOf(rule, 'drop') }))

function isWhole(on: Snapshot, at: FirewallAt, placed: readonly Placed[]): boolean {
  const ports = closedBy(placed)
  const passes = knownRuleset(on).rulesIn(chainOf(at)).slice(0, passing.length).map(ruleText)
  const rules = shown(on, at).slice(passing.length)
  const base = knownRuleset(on).bases.find(chain => isIn(chain, chainOf(at)))
  return (
    base?.hook === 'input' &&
    passes.join('\n') === passing.join('\n') &&
    rules.length === placed.length + ports.length &&
    // In which order senders are accepted is all the same, as long as the others are dropped behind them.
    placed.every(({ opening }) =>
      rules.slice(0, placed.length).some(({ accepts }) => accepts !== null && same(accepts, opening)),
    ) &&
    ports.every(opening => rules.slice(placed.length).some(({ drops }) => drops !== null && same(drops, opening)))
  )
}

const sourcesOf = (placed: readonly Placed[]) => [...new Set(placed.map(({ opening }) => opening.source))].join(', ')
const portsOf = (placed: readonly Placed[]) =>
  [...new Set(placed.map(({ opening }) => `tcp/${opening.port}`))].join(', ')

/** What the table does, in words that follow `to`. */
function purposesOf(at: FirewallAt, placed: readonly Placed[]): string[] {
  const fenced = placed.filter(({ opening }) => opening.source !== null)
  return [
    ...(fenced.length > 0 ? [`keep others than ${sourcesOf(fenced)} from ${portsOf(fenced)}`] : []),
    ...(at.redirects ?? []).map(one => `lead ${describeRedirect(one)}`),
    ...(at.limits ? [`let in ${describeLimited(at.limits).join(', ')}`] : []),
  ]
}

const keepText = (at: FirewallAt, content: string) => ({
  why: `keep that in ${fileOf(at)}`,
  phase: 'firewall' as const,
  verb: 'fence_keep',
  args: [fileOf(at)],
  content,
})

const reasons: Readonly<Record<string, string>> = {
  redirects:
    'sshd listens as the tunnel’s account, which may have no port below 1024: so it listens on this one, and visitors are led there',
  own_redirects: 'the same for programs of the host itself',
  limits_in:
    'the tunnel’s limits, for what comes; the burst, which comes to what a second lets through, has room for a packet before it is cut up',
  limits_out: 'the same for what goes back',
}

/** What goes by whatever the fence says, where there is one. */
export const explainPassing = (at: FirewallAt): Line[] =>
  Object.entries(passes).map(([rule, why]) => ({ text: `table inet ${tableOf(at)}: ${rule}`, why, page: 'nft(8)' }))

/** What the table has beside the fence. */
export function explainMore(at: FirewallAt): Line[] {
  const only = (at.asks ?? [])
    .filter(({ visited }) => visited !== undefined)
    .flatMap(ask => openingsFor({ ...ask, from: null }, 'inet').map(one => ({ ...one, ...visitedOf(ask) })))
    .map(one => ({
      text: `table inet ${tableOf(at)}: ${ruleWords(one)} accept; ${ruleWords({ ...one, visited: undefined })} drop`,
      why: 'the port behind is for those alone who came to the public one',
      page: 'nft(8)',
    }))
  const rules = ownChains(at).flatMap(({ name, rules }) =>
    rules.map(rule => ({
      text: `table inet ${tableOf(at)}: ${rule}`,
      why: reasons[name] ?? name,
      page: 'nft(8)',
    })),
  )
  return [...only, ...rules]
}

const openWith = (why: string, content: string) => ({
  why,
  phase: 'firewall' as const,
  verb: 'fence_open',
  args: [],
  content,
})

export const fence: Manager & { isWhole: typeof isWhole } = {
  name: 'nftables',
  isWhole,
  // It is for no chain of others.
  owns: () => false,

  stands: (on, at) => basesOf(on, at).length > 0,

  loaded(on, at): Loaded[] {
    const accepted = shown(on, at).flatMap(({ accepts }) => (accepts ? [{ chain: chainOf(at), opening: accepts }] : []))
    const isThere = basesOf(on, at).some(one => isIn(one, chainOf(at)))
    return accepted.length > 0 || !isThere ? accepted : [{ chain: chainOf(at), opening: null }]
  },

  hasKept: (on, at) => on.files[fileOf(at)] !== undefined,
  keeps: (on, at, placed) => on.files[fileOf(at)]?.text === textOf(at, placed) && on.wantedUnits.includes(bootUnit),
  close: at => [
    { why: `remove the table ${tableOf(at)}`, phase: 'firewall', verb: 'fence_close', args: [tableOf(at)] },
  ],
  open: (at, placed) => [openWith(purposesOf(at, placed).join('; '), textOf(at, placed))],
  openAgain: (on, at) => [openWith(`bring back the table ${tableOf(at)}`, loadedText(on, at))],
  keep: (_on, at, placed) => [keepText(at, textOf(at, placed))],
  forget: (_on, at) => [{ why: `remove ${fileOf(at)}`, phase: 'firewall', verb: 'fence_forget', args: [fileOf(at)] }],
  keepAgain(on, at) {
    const kept = on.files[fileOf(at)]?.text
    return kept === undefined ? [] : [keepText(at, kept)]
  },

  checks(on, at, placed, host): Check[] {
    const purposes = purposesOf(at, placed)
    if (purposes.length === 0 || !on.missing.includes('systemctl')) return []
    const others = hasMore(at)
      ? 'use systemd there, or leave the limits out and listen on a port from 1024'
      : `let the firewall of ${host} close ${portsOf(placed)} to everybody, or leave allowFrom out: then everybody is let in`
    return [
      {
        link: 'firewall lets it',
        host,
        status: 'fail',
        code: 'firewall-not-kept',
        what: `only a table of our own is to ${purposes.join('; ')} on ${host}, and it would not survive a reboot`,
        evidence: `${host} has no systemd, which loads that table at boot`,
        cure: others,
      },
    ]
  },

  explain: (at, openings) => [
    ...openings.map(one => ({
      text: `table inet ${tableOf(at)}: ${ruleWords(one)} accept`,
      why: 'whom allowFrom names',
      page: 'nft(8)',
    })),
    ...[...new Set(openings.map(one => ruleWords({ ...one, source: null })))].map(words => ({
      text: `table inet ${tableOf(at)}: ${words} drop`,
      why: `everybody else, whatever other chains accept: a drop is final; kept in ${fileOf(at)}, which ${bootUnit} loads`,
      page: 'nft(8)',
    })),
  ],
}

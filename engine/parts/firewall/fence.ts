// A table of our own around one port: whoever is not allowed is dropped, whatever others let in. A drop ends every way, an accept only its own.
import type { Check } from '../check'
import { readRuleMark } from '../mark'
import type { Snapshot } from '../snapshot'
import type { Ask, FirewallAt } from './ask'
import { knownRuleset } from './known'
import type { Loaded, Manager, Placed } from './manager'
import { openingOf, openingsFor, ruleWords, same } from './opening'
import { type Chain, isIn } from './ruleset'

/** nft takes no hyphen in a name, and a tunnel's has no underscore. */
const tableOf = ({ tag }: FirewallAt): string => `ssh_tunnels_${readRuleMark(tag)?.name.replace(/-/g, '_') ?? ''}`
const chainOf = (at: FirewallAt): Chain => ({ family: 'inet', table: tableOf(at), chain: 'input', by: 'nftables' })
const fileOf = ({ file }: FirewallAt): string => file.replace(/[^/]*$/, 'fence.nft')
const bootUnit = 'ssh-tunnels-fence.service'

/** What is allowed, as what stands in the table. */
export const placeFence = (at: FirewallAt, asks: readonly Ask[]): Placed[] =>
  asks.flatMap(ask => openingsFor(ask, 'inet')).map(opening => ({ chain: chainOf(at), opening }))

/** Visits from the host itself are nobody else's. */
function linesOf(at: FirewallAt, placed: readonly Placed[]): string {
  const { family, table, chain } = chainOf(at)
  const closed = placed
    .map(({ opening }) => ({ ...opening, source: null }))
    .filter((one, index, all) => all.findIndex(other => same(one, other)) === index)
  const rules = [
    'iif "lo" accept',
    ...placed.map(({ opening }) => `${ruleWords(opening)} accept comment "${at.tag}"`),
    ...closed.map(opening => `${ruleWords(opening)} drop comment "${at.tag}"`),
  ]
  return [
    // Loaded twice it is the same.
    `add table ${family} ${table}`,
    `delete table ${family} ${table}`,
    `add table ${family} ${table}`,
    `add chain ${family} ${table} ${chain} { type filter hook input priority -5; policy accept; }`,
    ...rules.map(rule => `add rule ${family} ${table} ${chain} ${rule}`),
    '',
  ].join('\n')
}

/** As the rules of an nft listing that stand for it. */
const shown = (on: Snapshot, at: FirewallAt) =>
  knownRuleset(on)
    .rules.filter(rule => isIn(rule, chainOf(at)))
    .map(rule => ({ accepts: openingOf(rule), drops: openingOf(rule, 'drop') }))

function isWhole(on: Snapshot, at: FirewallAt, placed: readonly Placed[]): boolean {
  const ports = placed.filter(
    ({ opening: a }, index) =>
      placed.findIndex(({ opening: b }) => a.address === b.address && a.port === b.port) === index,
  )
  const [first, ...rules] = shown(on, at)
  const base = knownRuleset(on).bases.find(chain => isIn(chain, chainOf(at)))
  return (
    base?.hook === 'input' &&
    first?.accepts === null &&
    rules.length === placed.length + ports.length &&
    // In which order senders are accepted is all the same, as long as the others are dropped behind them.
    placed.every(({ opening }) =>
      rules.slice(0, placed.length).some(({ accepts }) => accepts !== null && same(accepts, opening)),
    ) &&
    ports.every(({ opening }) =>
      rules.slice(placed.length).some(({ drops }) => drops !== null && same(drops, { ...opening, source: null })),
    )
  )
}

const sourcesOf = (placed: readonly Placed[]) => [...new Set(placed.map(({ opening }) => opening.source))].join(', ')
const portsOf = (placed: readonly Placed[]) =>
  [...new Set(placed.map(({ opening }) => `tcp/${opening.port}`))].join(', ')

const keepText = (at: FirewallAt, content: string) => ({
  why: `keep that in ${fileOf(at)}`,
  phase: 'firewall' as const,
  verb: 'fence_keep',
  args: [fileOf(at)],
  content,
})

export const fence: Manager & { isWhole: typeof isWhole } = {
  name: 'nftables',
  isWhole,
  // It is for no chain of others.
  owns: () => false,

  loaded(on, at): Loaded[] {
    if (!knownRuleset(on).bases.some(chain => isIn(chain, chainOf(at)))) return []
    const accepted = shown(on, at).flatMap(({ accepts }) => (accepts ? [{ chain: chainOf(at), opening: accepts }] : []))
    return accepted.length > 0 ? accepted : [{ chain: chainOf(at), opening: null }]
  },

  hasKept: (on, at) => on.files[fileOf(at)] !== undefined,
  keeps: (on, at, placed) => on.files[fileOf(at)]?.text === linesOf(at, placed) && on.wantedUnits.includes(bootUnit),
  close: at => [
    { why: `remove the table ${tableOf(at)}`, phase: 'firewall', verb: 'fence_close', args: [tableOf(at)] },
  ],
  open: (at, placed) => [
    {
      why: `keep others than ${sourcesOf(placed)} from ${portsOf(placed)}`,
      phase: 'firewall',
      verb: 'fence_open',
      args: [],
      content: linesOf(at, placed),
    },
  ],
  keep: (_on, at, placed) => [keepText(at, linesOf(at, placed))],
  forget: (_on, at) => [{ why: `remove ${fileOf(at)}`, phase: 'firewall', verb: 'fence_forget', args: [fileOf(at)] }],
  keepAgain(on, at) {
    const kept = on.files[fileOf(at)]?.text
    return kept === undefined ? [] : [keepText(at, kept)]
  },

  checks(on, _at, placed, host): Check[] {
    if (placed.length === 0 || !on.missing.includes('systemctl')) return []
    return [
      {
        link: 'firewall lets it',
        host,
        status: 'fail',
        code: 'firewall-not-kept',
        what: `only a table of our own keeps others than ${sourcesOf(placed)} from ${portsOf(placed)} of ${host}, and it would not survive a reboot`,
        evidence: `${host} has no systemd, which loads that table at boot`,
        cure: `let the firewall of ${host} close ${portsOf(placed)} to everybody, or leave allowFrom out: then everybody is let in`,
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

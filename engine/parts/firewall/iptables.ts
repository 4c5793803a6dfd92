// iptables, in nftables or beside it: a rule of ours at the head of every INPUT chain that closes ports, and in the file that the host loads.
import type { Check } from '../check'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import { itemsOf } from './iptables-tables'
import { loadedRules } from './known'
import type { Manager, Placed } from './manager'
import { type Opening, openingOf, openingsFor, same } from './opening'
import { type Chain, rulesetOf } from './ruleset'

/** What iptables-save printed once, by who loads it at boot: Debian's netfilter-persistent, Red Hat's, Alpine's and Arch's services. */
const keptFiles = {
  ip: ['/etc/iptables/rules.v4', '/etc/sysconfig/iptables', '/etc/iptables/rules-save', '/etc/iptables/iptables.rules'],
  ip6: [
    '/etc/iptables/rules.v6',
    '/etc/sysconfig/ip6tables',
    '/etc/iptables/rules6-save',
    '/etc/iptables/ip6tables.rules',
  ],
} as const

const families = ['ip', 'ip6'] as const
type Family = (typeof families)[number]

const keptFile = (on: Snapshot, family: Family): string | null => keptFiles[family].find(path => on.files[path]) ?? null

/** A rule in iptables' words, as iptables-save prints it behind `-A `. */
function wordsOf({ chain }: Chain, { address, device, port, source }: Opening, tag: string): string {
  const whole = (text: string) => (text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
  const words = [
    chain,
    source && `-s ${whole(source)}`,
    address && `-d ${whole(address)}`,
    device !== undefined && `-i ${device}`,
    `-p tcp -m tcp --dport ${port} -m comment --comment "${tag}" -j ACCEPT`,
  ]
  return words.filter(Boolean).join(' ')
}

/** For remote/iptables.sh: BACKEND FAMILY TABLE and the rule, a line each. */
const loadLines = (at: FirewallAt, placed: readonly Placed[]): string =>
  placed
    .map(({ chain, opening }) => {
      const backend = chain.by === 'iptables-legacy' ? 'legacy' : 'nft'
      return `${backend} ${chain.family} ${chain.table} -I ${wordsOf(chain, opening, at.tag)}\n`
    })
    .join('')

const ofFamily = (placed: readonly Placed[], family: Family) => placed.filter(({ chain }) => chain.family === family)

/** For the kept file: TABLE and the rule. */
const keepLines = (at: FirewallAt, placed: readonly Placed[]): string =>
  placed.map(({ chain, opening }) => `${chain.table} -A ${wordsOf(chain, opening, at.tag)}\n`).join('')

function keptIn(on: Snapshot, at: FirewallAt, family: Family): Placed[] {
  const path = keptFile(on, family)
  if (path === null) return []
  const items = itemsOf({ backend: 'nft', family, text: on.files[path]?.text ?? '' })
  return rulesetOf(items)
    .rules.filter(({ comment }) => comment === at.tag)
    .flatMap(rule => {
      const opening = openingOf(rule)
      return opening ? [{ chain: rule, opening }] : []
    })
}

/** Why it cannot be told whether a file is loaded at boot, and is what holds then; null where nothing speaks against it. */
function whyUnsure({ atBoot }: Snapshot, path: string): string | null {
  const loaders = Object.entries(atBoot)
  // Files of both families have one program that loads them.
  const other = loaders.find(([, files]) => files.length === 0)
  if (!loaders.some(([, files]) => files.includes(path))) return 'nothing that is seen to run at boot names it'
  return other ? `${other[0]} loads other rules at boot` : null
}

/** Of the files that these stand in. */
const unsureOf = (on: Snapshot, placed: readonly Placed[]) =>
  families.flatMap(family => {
    const path = ofFamily(placed, family).length > 0 ? keptFile(on, family) : null
    const why = path === null ? null : whyUnsure(on, path)
    return path === null || why === null ? [] : [{ path, why }]
  })

const sameAs = (a: Placed) => (b: Placed) =>
  a.chain.table === b.chain.table && a.chain.chain === b.chain.chain && same(a.opening, b.opening)
const equal = (some: readonly Placed[], others: readonly Placed[]): boolean =>
  some.length === others.length && some.every(one => others.some(sameAs(one)))

const keepStep = (on: Snapshot, at: FirewallAt, family: Family, content: string) => {
  const path = keptFile(on, family)
  if (path === null) return []
  return [
    {
      why: content === '' ? `take it out of ${path}` : `keep that in ${path}`,
      phase: 'firewall' as const,
      verb: 'iptables_keep',
      args: [path, at.tag],
      content,
    },
  ]
}

export const iptables: Manager = {
  name: 'iptables',
  owns: ({ by }) => by !== 'nftables',
  loaded: (on, at) => loadedRules(on, at, ({ by, chain }) => by !== 'nftables' && !/^ufw6?-/.test(chain)),
  hasKept: (on, at) =>
    families.some(family => on.files[keptFile(on, family) ?? '']?.text.includes(`--comment "${at.tag}"`) ?? false),
  keeps: (on, at, placed) =>
    families.every(family => equal(keptIn(on, at, family), ofFamily(placed, family))) &&
    (unsureOf(on, placed).length === 0 || null),

  close: ({ tag }) => [{ why: `remove the rules "${tag}"`, phase: 'firewall', verb: 'iptables_close', args: [tag] }],
  open: (at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'iptables_open', args: [], content: loadLines(at, placed) },
  ],
  keep: (on, at, placed) =>
    families
      .filter(family => !equal(keptIn(on, at, family), ofFamily(placed, family)))
      .flatMap(family => keepStep(on, at, family, keepLines(at, ofFamily(placed, family)))),
  forget: (on, at) => families.flatMap(family => keepStep(on, at, family, '')),
  keepAgain: (on, at) => families.flatMap(family => keepStep(on, at, family, keepLines(at, keptIn(on, at, family)))),

  checks(on, _at, placed, host): Check[] {
    const family = families.find(one => ofFamily(placed, one).length > 0 && keptFile(on, one) === null)
    if (!family)
      return unsureOf(on, placed)
        .slice(0, 1)
        .map(one => isUnsure(host, one))
    const path = keptFiles[family][0]
    return [
      {
        link: 'firewall lets it',
        host,
        status: 'fail',
        code: 'firewall-not-kept',
        what: `${host} closes ports with ${family}tables, and no file that is known here keeps its rules, so an opening would not survive a reboot`,
        evidence: `there is none of ${keptFiles[family].join(', ')}`,
        cure: `keep the rules of that host, for example with the package iptables-persistent: ${family}tables-save > ${path}`,
      },
    ]
  },

  explain: (at, openings) =>
    openings.map(one => {
      const family =
        openingsFor({ ...one, from: one.source === null ? null : [one.source] }, 'ip').length > 0 ? 'ip' : 'ip6'
      const both = one.address === null && one.source === null
      const chain = { family, table: 'filter', chain: 'INPUT', by: 'iptables-nft' } as const
      return {
        text: `iptables: ${family}tables -I ${wordsOf(chain, one, at.tag)}${both ? ', and the same of ip6tables' : ''}`,
        why: `first in the chain; kept in the file that the host loads at boot, such as ${keptFiles[family][0]}`,
        page: 'iptables(8)',
      }
    }),
}

const isUnsure = (host: string, { path, why }: { path: string; why: string }): Check => ({
  link: 'firewall lets it',
  host,
  status: 'unknown',
  code: 'firewall-not-kept',
  what: `whether ${path} is loaded after a reboot of ${host}, with our opening, cannot be told: ${why}`,
  cure: `let ${host} load that file at boot and no other rules, for example systemctl enable netfilter-persistent`,
})

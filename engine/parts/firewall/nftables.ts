// Plain nftables: a rule of ours at the head of every input chain that closes ports, and a file that brings it back.
import type { Check } from '../check'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import { loadedRules } from './known'
import type { Manager, Placed } from './manager'
import { chainLines, ruleLine, ruleWords } from './opening'
import { isIn } from './ruleset'

const nftablesConf = '/etc/nftables.conf'
/** The line that remote/firewall.sh adds to nftables.conf. */
const includeLine = /^include "\/etc\/ssh-tunnels\/\*\/firewall\.nft" # ssh-tunnels/m

const loadLines = ({ tag }: FirewallAt, placed: readonly Placed[]): string =>
  placed.map(({ chain, opening }) => ruleLine(chain, opening, tag)).join('')

const keepLines = ({ tag }: FirewallAt, placed: readonly Placed[]): string =>
  placed
    .map(({ chain, opening }, index) => {
      const isNew = index === 0 || !isIn(chain, placed[index - 1]?.chain ?? chain)
      return (isNew ? chainLines(chain) : '') + ruleLine(chain, opening, tag)
    })
    .join('')

const keepText = ({ file }: FirewallAt, content: string): Step => ({
  why: `keep that in ${file}`,
  phase: 'firewall',
  verb: 'firewall_keep',
  args: [file],
  content,
})

const keptText = (on: Snapshot, at: FirewallAt): string | null => on.files[at.file]?.text ?? null

/** Tables that others have, and the fence. */
const isOthers = (table: string) => table.startsWith('ssh_tunnels_') || table === 'firewalld'

/** Why it cannot be told whether nftables.conf brings it back; null where nothing speaks against it. */
function whyUnsure({ units, notMade, atBoot, missing }: Snapshot): string | null {
  if (!Object.values(atBoot).flat().includes(nftablesConf)) {
    // Debian's is off until somebody enables it.
    const isOff = ['disabled', 'masked'].includes(units['nftables.service']?.UnitFileState ?? '')
    if (isOff) return 'nftables.service is not enabled'
    if (missing.includes('systemctl')) return 'nothing that is seen to run at boot names it'
  }
  return notMade.includes('unknown') ? `${nftablesConf} takes too long to try` : null
}

export const nftables: Manager = {
  name: 'nftables',
  owns: ({ by }) => by === 'nftables',
  loaded: (on, at) => loadedRules(on, at, ({ by, table }) => by === 'nftables' && !isOthers(table)),
  hasKept: (on, at) => keptText(on, at) !== null,
  keeps: (on, at, placed) =>
    keptText(on, at) === keepLines(at, placed) &&
    includeLine.test(on.files[nftablesConf]?.text ?? '') &&
    (whyUnsure(on) === null || null),

  close: ({ tag }) => [{ why: `remove the rules "${tag}"`, phase: 'firewall', verb: 'firewall_close', args: [tag] }],
  open: (at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'firewall_open', args: [], content: loadLines(at, placed) },
  ],
  keep: (_on, at, placed) => [keepText(at, keepLines(at, placed))],
  forget: (_on, { file }) => [{ why: `remove ${file}`, phase: 'firewall', verb: 'firewall_forget', args: [file] }],
  keepAgain(on, at) {
    const kept = keptText(on, at)
    return kept === null ? [] : [keepText(at, kept)]
  },

  checks(on, _at, placed, host): Check[] {
    const asked = { link: 'firewall lets it', host, status: 'fail', code: 'firewall-not-kept' } as const
    const closes = `${host} closes ports with nftables`
    if (placed.length === 0) return []
    if (!on.files[nftablesConf]) {
      const what = `${closes} but has no ${nftablesConf}, so an opening would not survive a reboot`
      return [{ ...asked, what, cure: `keep the rules of that host in ${nftablesConf}` }]
    }
    const broken = on.notMade.find(line => line.startsWith('error '))
    if (broken) {
      const what = `${nftablesConf} of ${host} does not load, so an opening would not survive a reboot`
      return [{ ...asked, what, evidence: broken.slice('error '.length), cure: 'mend that file first' }]
    }
    const other = placed.find(({ chain }) => on.notMade.includes(`chain ${chain.family} ${chain.table} ${chain.chain}`))
    const unsure = whyUnsure(on)
    if (!other) return unsure === null ? [] : [isUnsure(host, unsure)]
    const { family, table, chain } = other.chain
    const what = `${closes} in chain ${family} ${table} ${chain}, which ${nftablesConf} does not make, so an opening would not survive a reboot`
    return [{ ...asked, what, cure: `keep the rules of that host in ${nftablesConf}` }]
  },

  explain: (at, openings) =>
    openings.map(one => ({
      text: `nftables: insert rule FAMILY TABLE CHAIN ${ruleWords(one)} accept comment "${at.tag}"`,
      why: `first in the chain, before what closes it; kept in ${at.file}, which ${nftablesConf} then includes`,
      page: 'nft(8)',
    })),
}

const isUnsure = (host: string, why: string): Check => ({
  link: 'firewall lets it',
  host,
  status: 'unknown',
  code: 'firewall-not-kept',
  what: `whether ${nftablesConf} is loaded after a reboot of ${host}, with our opening, cannot be told: ${why}`,
  cure: `systemctl enable nftables on ${host}, or see that something else loads that file`,
})

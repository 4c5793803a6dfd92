// Ports that the listening host's firewall lets in for us, by whoever makes its rules there.
import type { Firewall } from '../../../schemas/types'
import { type Check, ok } from '../check'
import { ownerOfRules } from '../mark'
import type { Part } from '../part'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import type { Manager } from './manager'
import { nftables } from './nftables'

export { type Ask, describeAsk, type FirewallAt } from './ask'
export { type Saved, withIptables } from './iptables-tables'

/** Chosen by looking; where no implementation knows the host's rules, the checks of this one say so. */
export const managerOf = (_on: Snapshot): Manager => nftables

export const firewall: Part<Firewall, FirewallAt> = {
  kind: 'firewall',
  needs: [],
  observe: (on, at) => managerOf(on).observe(on, at),
  plan: (want, have, on, at) => managerOf(on).plan(want, have, on, at),
  owner: (on, at) => ownerOfRules(on.files[at.file]?.text ?? '') ?? null,

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
          cure: 'use nftables there, with the nft program, or listen on a loopback address',
        },
      ]
    }
    const found = [...unenforced(on, at, host), ...managerOf(on).checks(on, at, host)]
    const isOpen = found.length > 0 ? null : managerOf(on).observe(on, at)?.open
    return found.length > 0 ? found : [isOpen ? ok({ link, host }, `the firewall of ${host} lets it in`) : closed(host)]
  },
}

/** An accepting rule keeps nobody out where nothing closes ports. */
function unenforced(on: Snapshot, { asks }: FirewallAt, host: string): Check[] {
  const [ask] = managerOf(on).unenforced(on, asks)
  if (!ask) return []
  return [
    {
      link: 'firewall lets it',
      host,
      status: 'fail',
      code: 'allow-from-unenforced',
      what: `${host} has no firewall that would keep others than ${ask.from?.join(', ')} from port ${ask.port}`,
      evidence: 'no nftables chain there drops or rejects what others send to it',
      cure: `give ${host} an input chain with policy drop, or leave allowFrom out: then everybody is let in`,
    },
  ]
}

const closed = (host: string): Check => ({
  link: 'firewall lets it',
  host,
  status: 'fail',
  code: 'far-silent',
  what: `the firewall of ${host} does not let it in`,
  cure: 'deploy',
  mends: true,
})

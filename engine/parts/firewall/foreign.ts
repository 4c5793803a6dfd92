// Programs whose rules this version reads and does not change.

import type { Manager } from './manager'
import type { Chain, Ruleset } from './ruleset'
import { isIn, isObject, text } from './ruleset'

const foreign = (name: string, owns: Manager['owns']): Manager => ({
  name,
  owns,
  loaded: () => [],
  hasKept: () => false,
  keeps: () => false,
  close: () => [],
  open: () => [],
  keep: () => [],
  forget: () => [],
  keepAgain: () => [],
  checks: (_on, _at, placed, host) =>
    placed.length === 0
      ? []
      : [
          {
            link: 'firewall lets it',
            host,
            status: 'fail',
            code: 'firewall-manager',
            what: `the firewall of ${host} is managed by ${name}, which this version does not change`,
            cure: 'listen on a loopback address, or use plain nftables or iptables there',
          },
        ],
})

/** Whether a chain leads to one of this name. */
const leadsTo = (chain: Chain, ruleset: Ruleset, name: RegExp): boolean =>
  ruleset.rulesIn(chain).some(
    rule =>
      isIn(rule, chain) &&
      rule.expr.some(({ jump, goto }) => {
        const to = jump ?? goto
        return isObject(to) && name.test(text(to.target))
      }),
  )

export const firewalld = foreign(
  'firewalld',
  (chain, ruleset) => chain.table === 'firewalld' || leadsTo(chain, ruleset, /^INPUT_ZONES/),
)
export const ufw = foreign('ufw', (chain, ruleset) => leadsTo(chain, ruleset, /^ufw6?-/))

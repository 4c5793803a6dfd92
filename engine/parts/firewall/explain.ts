// What will be said to a firewall, in the words of each manager: who makes the rules of a host only the host tells. Pure.
import type { Explained, Line } from '../explained'
import { describeAsk, type FirewallAt } from './ask'
import { explainMore, explainPassing, fence } from './fence'
import { firewalld } from './firewalld'
import { iptables } from './iptables'
import type { Manager } from './manager'
import { nftables } from './nftables'
import { openingsFor } from './opening'
import { ufw } from './ufw'

const makers: readonly Manager[] = [nftables, iptables, ufw, firewalld]

export function explainFirewall(at: FirewallAt): Explained {
  const more = explainMore(at)
  if (at.asks.length === 0) {
    const why = 'it listens on a loopback address, which no firewall stands before'
    return { what: more.length > 0 ? 'a table of our own' : 'no rule', why, lines: more }
  }
  const openings = at.asks.flatMap(ask => openingsFor(ask, 'inet'))
  const some = at.named === undefined ? makers : makers.filter(({ name }) => name === at.named)
  const isNarrow = at.asks.some(({ from }) => from !== null)
  const hasFence = isNarrow || at.asks.some(({ visited }) => visited !== undefined)
  const lines: Line[] = [
    ...some.flatMap(one => one.explain(at, openings)),
    ...(hasFence ? explainPassing(at) : []),
    ...(isNarrow ? fence.explain(at, openings) : []),
    ...more,
  ]
  return {
    what: at.asks.map(describeAsk).join('; '),
    why: 'a rule that accepts, in each chain that closes the port, or may: an accept ends only its own chain, a drop ends all',
    lines,
    onlyHostTells: [
      at.named === undefined
        ? 'who makes the rules of this firewall: each chain is opened by whoever makes its rules, so of these lines those stand that are his'
        : `whether ${at.named}, which is named for this firewall, makes the rules that close the port; where another does it is refused`,
      'none where nothing closes the port',
      ...(isNarrow ? ['the table of our own, where others than allowFrom names would get in'] : []),
    ].join('; '),
  }
}

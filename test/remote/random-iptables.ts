// Rules of iptables from a small grammar, about one port, as iptables-restore reads them.
import fc from 'fast-check'
import { pick, type Random } from './random-ruleset'

/** What may hold of a visitor's packets to port 110 and back, and what may not; NET and HOST are the visitor's and the host's. */
const conditions = [
  ...[
    '-p tcp --dport 110',
    '-p tcp --dport 22',
    '-p tcp ! --dport 22',
    '-p tcp --dport 100:120',
    '-p tcp --dport 111:',
  ],
  ...['-p tcp --sport 110', '-p tcp ! --sport 110', '-p tcp --sport 1024:', '-p udp --dport 110', '! -p tcp', '-p tcp'],
  ...[
    '-p tcp -m multiport --dports 22,105:110',
    '-p tcp -m multiport ! --dports 22,80',
    '-p tcp -m multiport --sports 110',
  ],
  ...['-p tcp --syn', '-p tcp ! --syn', '-p tcp --tcp-flags SYN,ACK SYN,ACK', '-p tcp --tcp-flags ALL NONE'],
  ...['-p tcp --tcp-flags PSH PSH --dport 110', '-p tcp -m multiport --ports 110'],
  ...['-m conntrack --ctstate NEW', '-m conntrack --ctstate RELATED,ESTABLISHED', '-m conntrack ! --ctstate NEW'],
  ...[
    '-m state --state NEW',
    '-m state --state INVALID',
    '-m conntrack --ctstate UNTRACKED,NEW',
    '-m conntrack --ctdir ORIGINAL',
  ],
  ...[
    '-m conntrack --ctstate DNAT',
    '-m conntrack --ctorigdstport 110',
    '-m mark --mark 1',
    '-m mark ! --mark 0x1/0x3',
  ],
  ...[
    '-m connmark --mark 3',
    '-m addrtype --dst-type LOCAL',
    '-m addrtype --src-type LOCAL',
    '-m addrtype ! --dst-type LOCAL',
  ],
  ...['-s NET', '! -s NET', '-s VISITOR', '! -s VISITOR', '-d HOST', '! -d HOST', '-d NET'],
  ...['-m iprange --src-range RANGE', '-m iprange ! --src-range RANGE', '-m iprange --dst-range RANGE'],
  ...['-m limit --limit 1/day --limit-burst 1', '-m length --length 1:', '-m pkttype --pkt-type unicast'],
  ...[
    '-m comment --comment "-j DROP \\"it\\"" -p tcp --dport 110',
    '-m comment --comment -x',
    '-m statistic --mode nth --every 1',
  ],
  '-m recent --rcheck --name other',
] as const
const incoming = ['-i lo', '! -i lo', '-i eth0', '-i e+', '! -i eth0']
const outgoing = ['-o eth0', '! -o eth0', '-o lo']

const hooks = [
  ...['filter INPUT', 'filter INPUT', 'filter INPUT', 'filter INPUT', 'filter OUTPUT', 'mangle PREROUTING'],
  ...['mangle INPUT', 'mangle OUTPUT', 'raw PREROUTING', 'security INPUT', 'nat PREROUTING'],
]

interface Texts {
  readonly ip: string
  readonly ip6: string
}

export const iptablesRules: fc.Arbitrary<Texts> = fc.noBias(
  fc.gen().map(gen => makeRules(below => gen(fc.nat, { max: below - 1 }))),
)

const tables = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'OUTPUT'],
  nat: ['PREROUTING'],
  filter: ['INPUT', 'OUTPUT'],
  security: ['INPUT'],
}

function makeRules(random: Random): Texts {
  const chosen = Array.from({ length: 1 + random(2) }, () => pick(hooks, random))
  const text = Object.entries(tables)
    .map(([table, chains]) => {
      const filled = chains.filter(chain => chosen.includes(`${table} ${chain}`))
      const policy = (chain: string) =>
        filled.includes(chain) && table !== 'nat' && random(4) === 0 ? 'DROP' : 'ACCEPT'
      const heads = [...chains.map(chain => `:${chain} ${policy(chain)} [0:0]`), ':s1 - [0:0]', ':s2 - [0:0]']
      const rules = [
        ...filled.flatMap(chain => lines(table, chain, ['s1', 's2'], random)),
        ...(filled.length > 0 ? [...lines(table, 's1', ['s2'], random), ...lines(table, 's2', [], random)] : []),
      ]
      return `*${table}\n${[...heads, ...rules].join('\n')}\nCOMMIT\n`
    })
    .join('')
  return { ip: fill(text, 4), ip6: fill(text, 6) }
}

const words = {
  4: { NET: '10.9.0.0/24', VISITOR: '10.9.0.2', HOST: '10.9.0.1', RANGE: '10.9.0.2-10.9.0.9' },
  6: { NET: 'fd09::/64', VISITOR: 'fd09::2', HOST: 'fd09::1', RANGE: 'fd09::2-fd09::9' },
} as const

const fill = (text: string, family: 4 | 6) =>
  Object.entries(words[family]).reduce((filled, [word, value]) => filled.replaceAll(word, value), text)

function lines(table: string, chain: string, targets: readonly string[], random: Random): string[] {
  return Array.from({ length: 1 + random(3) }, () => {
    // Users' chains stand behind any hook: interfaces are not for them.
    const sides = /INPUT|PREROUTING/.test(chain) ? incoming : chain === 'OUTPUT' ? outgoing : []
    const found = Array.from({ length: random(3) }, () => pick([...conditions, ...sides], random))
    // Two of one kind do not load.
    const kinds = found.map(one => one.split(' ').find(word => word !== '!'))
    const unique = found.filter((_, index) => kinds.indexOf(kinds[index]) === index)
    return [`-A ${chain}`, ...unique, action(table, targets, random)].join(' ')
  })
}

function action(table: string, targets: readonly string[], random: Random): string {
  const jump = targets.length > 0 ? pick(['-j', '-g'], random) : ''
  if (jump && random(4) === 0) return `${jump} ${pick(targets, random)}`
  if (table === 'nat')
    return pick(
      ['-j RETURN', '-j ACCEPT', '-p tcp -j REDIRECT --to-ports 22', '-p tcp -j REDIRECT --to-ports 110'],
      random,
    )
  const ends = ['-j ACCEPT', '-j DROP', '-j DROP', '-j RETURN', '-j LOG', '']
  const more = {
    raw: ['-j CT --notrack', '-j DROP'],
    mangle: ['-j MARK --set-mark 1', '-j MARK --or-mark 2', '-j CONNMARK --set-mark 3', '-j CONNMARK --restore-mark'],
    filter: ['-j REJECT'],
  }[table]
  return pick([...ends, ...(more ?? [])], random)
}

// Rulesets from a small grammar, for a walk and the kernel to agree on: whatever nft loads, about one port.
import fc from 'fast-check'

/** A whole number from 0, below this one. */
export type Random = (below: number) => number

export function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** What may hold of a visitor's packets to port 110 and back, and what may not. */
const conditions = [
  ...['tcp dport 110', 'tcp dport 22', 'tcp dport != 22', 'tcp dport 100-120', 'tcp dport { 22, 109-111 }'],
  ...[
    'tcp dport @ports',
    'tcp dport != @ports',
    'tcp dport >= 111',
    'tcp dport < 111',
    'th dport 110',
    'udp dport 110',
  ],
  ...['tcp sport 110', 'tcp sport != 110', 'tcp sport 1024-65535', 'tcp sport < 1024'],
  ...['ct state new', 'ct state established', 'ct state new,established', 'ct state != new', 'ct state invalid'],
  ...['ct state { established, related }', 'ct state untracked', 'ct direction original', 'ct mark 3', 'ct mark != 3'],
  ...[
    'tcp flags syn',
    'tcp flags & (fin|syn|rst|ack) == syn',
    'tcp flags == syn',
    'tcp flags != syn',
    'tcp flags ! syn',
  ],
  ...['tcp flags syn / syn,ack', 'tcp flags & (syn|ack) == (syn|ack)', 'tcp flags { syn, ack }', 'tcp flags psh'],
  ...[
    'meta l4proto tcp',
    'meta l4proto { icmp, udp }',
    'meta l4proto != tcp',
    'meta nfproto ipv4',
    'meta nfproto ipv6',
  ],
  ...['meta mark 1', 'meta mark != 1', 'meta mark & 0x3 == 1', 'meta mark and 0x2 != 0x2', 'meta mark { 1, 2 }'],
  ...[
    'iif lo',
    'iif != lo',
    'iifname "eth0"',
    'iifname "e*"',
    'iifname != { "eth0", "wg0" }',
    'iifname { "lo", "eth1" }',
  ],
  ...['ip saddr 10.9.0.2', 'ip saddr != 10.9.0.2', 'ip saddr 10.9.0.0/24', 'ip saddr { 10.0.0.0/9, 192.0.2.1 }'],
  ...[
    'ip saddr @senders',
    'ip saddr != @senders',
    'ip daddr 10.9.0.1',
    'ip daddr != 10.9.0.1',
    'ip daddr 10.9.0.0-10.9.0.1',
  ],
  ...['ip6 saddr fd09::/64', 'ip6 saddr != fd09::2', 'ip6 daddr fd09::1', 'ip6 nexthdr tcp', 'ip protocol tcp'],
  ...[
    'ip saddr . tcp dport @pairs',
    'ip saddr . tcp dport { 10.9.0.2 . 100-120, 10.9.0.3 . 1 }',
    'fib daddr type local',
  ],
  ...['fib saddr . iif oif missing', 'limit rate 1/day burst 1 packets', 'meta length > 1', 'ct count over 1000'],
  ...[
    'ct original proto-dst 110',
    'ether type ip',
    'meta protocol ip6',
    'meta pkttype host',
    'counter',
    'log prefix "x"',
  ],
] as const

const effects = [
  'meta mark set 1',
  'meta mark set meta mark or 0x2',
  'ct mark set 3',
  'counter',
  'ct mark set meta mark',
  'notrack',
]
const maps = [
  'tcp dport vmap { 22 : accept, 110 : VERDICT }',
  'tcp dport vmap @verdicts',
  'ct state vmap { established : VERDICT, invalid : drop, new : VERDICT }',
  'ip saddr vmap { 10.9.0.0/24 : VERDICT, 192.0.2.0/24 : drop }',
  'meta mark vmap { 0 : VERDICT, 1-7 : VERDICT }',
  'tcp dport . iifname vmap { 110 . "eth0" : VERDICT, 22 . "lo" : drop }',
]

const elements = {
  ports: 'type inet_service; flags interval; elements = { 22, 105-110 }',
  senders: 'type ipv4_addr; flags interval; elements = { 10.9.0.0/30, 192.0.2.0/24 }',
  pairs: 'type ipv4_addr . inet_service; elements = { 10.9.0.2 . 110, 10.9.0.9 . 22 }',
}

const hooks = [
  ...Array.from({ length: 5 }, () => 'filter hook input priority'),
  ...['filter hook prerouting priority', 'filter hook output priority', 'filter hook postrouting priority'],
  'filter hook ingress device "eth0" priority',
]

export const rulesets: fc.Arbitrary<string> = fc.noBias(
  fc.gen().map(gen => makeRuleset(below => gen(fc.nat, { max: below - 1 }))),
)

function makeRuleset(random: Random): string {
  const tables = Array.from({ length: 1 + random(2) }, (_, index) => table(`t${index}`, random))
  return tables.join('')
}

function table(name: string, random: Random): string {
  const chains = ['b1', 'b2', 'b3'].slice(0, 1 + random(3)).map(chain => {
    const hook = pick(hooks, random)
    const policy = random(4) === 0 && !hook.includes('ingress') ? 'drop' : 'accept'
    const head = `type ${hook} ${hook.includes('ingress') ? random(500) : random(600) - 400}; policy ${policy};`
    return [chain, head, rules(random, ['s1', 's2'], hook.includes('ingress'))] as const
  })
  // nft finds a chain only behind its own.
  const inner = [
    ['s2', '', rules(random, [], true)],
    ['s1', '', rules(random, ['s2'], true)],
  ] as const
  const sets = Object.entries(elements).map(([set, is]) => `\tset ${set} { ${is}; }\n`)
  const verdicts = `\tmap verdicts { type inet_service : verdict; elements = { 22 : accept, 110 : ${verdict(random, [])} }; }\n`
  const texts = [...inner, ...chains].map(([chain, head, body]) => `\tchain ${chain} {\n\t\t${head}\n${body}\t}\n`)
  return `table inet ${name} {\n${sets.join('')}${verdicts}${texts.join('')}}\n`
}

/** At ingress nothing asks conntrack. */
function rules(random: Random, targets: readonly string[], atIngress: boolean): string {
  const one = () => {
    const chosen = Array.from({ length: random(3) }, () => pick(conditions, random))
    const fits = chosen.filter(condition => !atIngress || !/\b(ct|fib)\b/.test(condition))
    const words = random(4) === 0 ? [...fits, pick(effects, random)] : fits
    const allowed = words.filter(word => !atIngress || !/ct |notrack/.test(word))
    if (random(6) === 0) return [...fits, map(random, targets, atIngress)].join(' ')
    return [...allowed, ...(random(8) === 0 ? [] : [verdict(random, targets)])].join(' ')
  }
  return Array.from({ length: 1 + random(4) }, one)
    .filter(Boolean)
    .map(rule => `\t\t${rule}\n`)
    .join('')
}

const map = (random: Random, targets: readonly string[], atIngress: boolean) =>
  pick(atIngress ? maps.filter(text => !text.startsWith('ct')) : maps, random).replace(/VERDICT/g, () =>
    verdict(random, targets),
  )

function verdict(random: Random, targets: readonly string[]): string {
  const jumps = targets.flatMap(target => [`jump ${target}`, `goto ${target}`])
  return pick(['accept', 'accept', 'accept', 'drop', 'return', 'continue', ...jumps, ...jumps], random)
}

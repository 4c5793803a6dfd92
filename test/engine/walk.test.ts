// The walk through a ruleset, rule by rule; whether the kernel does the same is asked in test/remote/firewall-walk.test.ts.
import { readNft } from '../../engine/look/nft'
import type { Connection } from '../../engine/parts/firewall/packet'
import { type Rule, readRuleset, without } from '../../engine/parts/firewall/ruleset'
import { walk } from '../../engine/parts/firewall/walk'
import { describeRule } from '../../engine/parts/firewall/words'
import { readCase } from './cases'

const connection: Connection = { family: 4, address: '203.0.113.20', port: 110, source: null, devices: null }

const all = readRuleset(readCase('rulesets', 'one-by-one'))
const only = (...left: readonly Rule[]) => without(all, rule => rule.chain === 'input' && !left.includes(rule))
const answer = (...left: readonly Rule[]) => {
  const findings = walk(only(...left), connection, { unlisted: true })
  if (findings.length === 0) return 'leaves'
  return findings.some(({ closes }) => closes === 'surely') ? 'blocks' : 'may'
}
const inInput = all.rules.filter(({ chain }) => chain === 'input')

test.each(inInput.map(rule => ({ rule, says: rule.comment, text: describeRule(rule) })))(
  'alone it $says: $text',
  ({ rule, says }) => {
    expect(answer(rule)).toBe(says)
  },
)

test('what an earlier rule accepts is not blocked by a later one', () => {
  const named = (says: string) => inInput.filter(({ comment }) => comment === says)
  const [accept, drop, perhaps] = [
    named('leaves').find(({ expr }) => expr.every(part => 'accept' in part)),
    named('blocks')[0],
    named('may')[0],
  ]
  if (!accept || !drop || !perhaps) throw new Error('the ruleset has no such rules')
  const inOrder = (...rules: Rule[]) => {
    const others = all.rules.filter(rule => rule.chain !== 'input')
    const lookUp = (chain: { chain: string }) => [...rules, ...others].filter(rule => rule.chain === chain.chain)
    return walk({ ...all, rulesIn: lookUp }, connection).map(({ closes }) => closes)
  }
  expect(inOrder(accept, drop)).toEqual([])
  expect(inOrder(drop, accept)).toEqual(['surely'])
  expect(inOrder(perhaps, accept)).toEqual(['maybe'])
  expect(inOrder(perhaps, drop)).toEqual(['surely'])
})

const ruleset = (rules: readonly object[], more: object = {}) => ({
  nftables: [
    { chain: { family: 'inet', table: 't', name: 'c', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
    ...rules.map(expr => ({ rule: { family: 'inet', table: 't', chain: 'c', handle: 1, expr } })),
  ],
  ...more,
})
const ask = (nft: unknown, unlisted = false) =>
  walk(readRuleset(nft), connection, { unlisted }).map(({ closes, doubt }) => [closes, doubt?.why])
const match = (protocol: string, field: string, right: unknown) => ({
  match: { op: '==', left: { payload: { protocol, field } }, right },
})

test('a set whose elements nobody has read, and what nft does not show, leave it open whether', () => {
  const rule = [match('tcp', 'dport', '@ports'), { drop: null }]
  const set = { set: { family: 'inet', table: 't', name: 'ports', type: 'inet_service' } }
  const text = JSON.stringify({ nftables: [...ruleset([rule]).nftables, set] })
  const elements = (elem: readonly unknown[]) => [JSON.stringify({ nftables: [{ set: { ...set.set, elem } }] })]
  expect(ask(readNft(text))).toEqual([['maybe', 'the elements of @ports are not known']])
  expect(ask(readNft(text, '', ['{"nftables": [{"set": {"fam']))).toEqual([
    ['maybe', 'the elements of @ports are not known'],
  ])
  expect(ask(readNft(text, '', elements([])))).toEqual([])
  expect(ask(readNft(text, '', elements([22])))).toEqual([])
  expect(ask(readNft(text, '', elements([22, { range: [100, 120] }])))).toEqual([['surely', undefined]])
  expect(ask(ruleset([[{ xt: { type: 'match', name: 'rt --rt-type' } }, { drop: null }]]))).toEqual([])
  expect(ask(ruleset([[{ xt: { type: 'match', name: 'multiport' } }, { drop: null }]]))).toMatchObject(
    [['maybe', /iptables/]].map(([a]) => [a, expect.any(String)]),
  )
  expect(ask(ruleset([[{ 'a new statement': {} }]]))).toMatchObject([
    ['maybe', expect.stringContaining('a new statement')],
  ])
})

test('who is on a list of senders is nobody in particular, unless each sender counts', () => {
  const from = (right: unknown) => ruleset([[match('ip', 'saddr', right), { drop: null }]])
  const network = { prefix: { addr: '198.51.100.0', len: 24 } }
  expect(ask(from(network), true)).toEqual([])
  expect(ask(from(network))).toEqual([['maybe', 'it depends on the sender']])
  expect(ask(from({ prefix: { addr: '0.0.0.0', len: 0 } }), true)).toEqual([['surely', undefined]])
  const halves = [0, 128].map(first => ({ prefix: { addr: `${first}.0.0.0`, len: 1 } }))
  expect(ask(from({ set: halves }), true)).toEqual([['surely', undefined]])
})

test('the devices of chains at ingress are read from what nft says in words', () => {
  const text = `table inet t {
	chain one {
		type filter hook ingress device "eth0" priority -500; policy accept;
	}
	chain several {
		type filter hook ingress devices = { eth1, "lo" } priority filter; policy accept;
	}
}
table netdev other {
	chain out {
		type filter hook egress device eth2 priority 0; policy accept;
	}
	chain in {
	}
}
`
  expect(readNft('{"nftables": []}', text)).toMatchObject({
    devices: { 'inet t one': ['eth0'], 'inet t several': ['eth1', 'lo'], 'netdev other out': ['eth2'] },
  })
})

test("a header that only IPv6 has is in none of a connection's packets", () => {
  const saved = (...rules: readonly string[]) => {
    const text = ['*filter', ':INPUT ACCEPT [0:0]', ...rules.map(rule => `-A INPUT ${rule}`), 'COMMIT', ''].join('\n')
    return readRuleset(readNft('{"nftables": []}', '', [], [{ backend: 'legacy', family: 'ip6', text }]))
  }
  const by6: Connection = { ...connection, family: 6, address: '2001:db8::20' }
  // The first is ufw's.
  for (const rule of ['-m rt --rt-type 0 -j DROP', '-m rt ! --rt-type 0 --rt-segsleft 1 -j DROP', '-m frag -j DROP']) {
    expect(walk(saved(rule), by6)).toEqual([])
  }
  expect(walk(saved('-m rt --rt-type 0 -j ACCEPT', '-j DROP'), by6)).toMatchObject([{ closes: 'surely' }])
  expect(walk(saved('-m unknown --rt-type 0 -j DROP'), by6)).toMatchObject([{ closes: 'maybe' }])
})

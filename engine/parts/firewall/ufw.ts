// ufw: rules with our comment, before the others of its user, which it loads and keeps itself.
import { readRuleMark } from '../mark'
import { loadedRules } from './known'
import type { Manager, Placed } from './manager'
import { type Opening, same } from './opening'
import { leadsTo } from './ruleset'
import { keptRules } from './ufw-rules'

/** As ufw(8) takes it; one line for both families where it asks for no address. */
const wordsOf = ({ address, device, port, source }: Opening): string =>
  `${device === undefined ? '' : `in on ${device} `}proto tcp from ${source ?? 'any'} to ${address ?? 'any'} port ${port}`

const linesOf = (placed: readonly Placed[]): string =>
  [...new Set(placed.map(({ opening }) => `${wordsOf(opening)}\n`))].join('')

export const ufw: Manager = {
  name: 'ufw',
  owns: (chain, ruleset) => leadsTo(chain, ruleset, /^ufw6?-/),
  headOf: chain => ({ ...chain, chain: chain.family === 'ip6' ? 'ufw6-user-input' : 'ufw-user-input' }),
  // Somebody's rule of the very same words lets it in already; ufw has one of each, and it stays theirs.
  needed(on, placed) {
    const theirs = keptRules(on).filter(({ tag }) => readRuleMark(tag) === null)
    return placed.filter(({ opening }) => !theirs.some(one => same(one.opening, opening)))
  },

  loaded: (on, at) => loadedRules(on, at, ({ chain }) => /^ufw6?-/.test(chain)),
  hasKept: (on, at) => keptRules(on).some(({ tag }) => tag === at.tag),
  keeps(on, at, placed) {
    const kept = keptRules(on).filter(({ tag }) => tag === at.tag)
    return (
      placed.every(({ opening }) => kept.some(one => same(one.opening, opening))) &&
      kept.every(one => placed.some(({ opening }) => same(one.opening, opening)))
    )
  },

  close: ({ tag }) => [{ why: `remove the rules "${tag}"`, phase: 'firewall', verb: 'ufw_close', args: [tag] }],
  open: (at, placed) => [
    { why: 'let it in', phase: 'firewall', verb: 'ufw_open', args: [at.tag], content: linesOf(placed) },
  ],
  // What it loads it keeps.
  keep: (_on, at, placed) => [...ufw.close(at), ...ufw.open(at, placed)],
  forget: (_on, at) => ufw.close(at),
  keepAgain: () => [],
  checks: () => [],

  explain: ({ tag }, openings) =>
    openings.map(one => ({
      text: `ufw: ufw prepend allow ${wordsOf(one)} comment '${tag}'`,
      why: 'before the other rules of its user; ufw keeps and loads it itself',
      page: 'ufw(8)',
    })),
}

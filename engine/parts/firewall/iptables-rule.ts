// One rule of iptables as an expression in nft's JSON words, so that one walk judges both. Pure.
import type { Json } from './ruleset'

type Part = Readonly<Record<string, unknown>>

export interface Translated {
  readonly expr: readonly Part[]
  readonly comment: string
}

const match = (left: unknown, right: unknown, not: boolean): Part => ({ match: { op: not ? '!=' : '==', left, right } })
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } })
const key = (kind: 'meta' | 'ct', name: string) => ({ [kind]: { key: name } })
/** What nobody here can judge: the walk is unsure of it. */
const unknown = (name: string): Part => ({ xt: { type: 'match', name } })

/** What stands behind one word of a rule. */
interface Given {
  readonly values: readonly string[]
  readonly not: boolean
  /** ip or ip6. */
  readonly family: string
  /** The match that was named last. */
  readonly of: string
}

const number = (text = ''): number => Number(text)
const portsOf = (text = ''): unknown => {
  const [first, last] = text.split(':')
  return last === undefined ? number(first) : { range: [number(first || '0'), number(last || '65535')] }
}
const several = (text: string, read: (one: string) => unknown) => ({ set: text.split(',').map(read) })

function networkOf(text = ''): unknown {
  const [addr, length] = text.split('/')
  if (length === undefined || length === (text.includes(':') ? '128' : '32')) return addr
  // A mask that is no length has no word in nft's JSON: it compares with what is not known.
  return /^\d+$/.test(length) ? { prefix: { addr, len: number(length) } } : { mask: text }
}

const flagNames = (text = ''): readonly string[] =>
  text === 'NONE' ? [] : text === 'ALL' ? ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'] : text.toLowerCase().split(',')

const flags = (mask: string | undefined, set: string | undefined, not: boolean): Part =>
  match({ '&': [payload('tcp', 'flags'), flagNames(mask)] }, flagNames(set), not)

/** Any of them. Of a connection that is translated `SNAT` and `DNAT` hold too, and nobody here knows of which. */
const states = (text: string, not: boolean): Part =>
  /\b[SD]NAT\b/.test(text)
    ? unknown(`conntrack --ctstate ${text}`)
    : { match: { op: not ? '!' : 'in', left: key('ct', 'state'), right: text.toLowerCase().split(',') } }

/** VALUE/MASK. */
function masked(left: Json, text: string, not: boolean): Part {
  const [value, mask] = text.split('/')
  return match(mask === undefined ? left : { '&': [left, number(mask)] }, number(value), not)
}

/** Senders on a list that somebody fills; of other kinds of lists nobody knows anything. */
const listed = ({ family, not }: Given, list: string, by: string): Part =>
  by === 'src' ? match(payload(family, 'saddr'), `@${list}`, not) : unknown(`set ${list} ${by}`)

const symbols = (text: string) => several(text.toLowerCase(), one => one)

/** Conditions by their word. An empty answer is a word that asks for nothing. */
const conditions: Readonly<Record<string, (given: Given) => readonly Part[]>> = {
  '-s': ({ values: [one], not, family }) => [match(payload(family, 'saddr'), networkOf(one), not)],
  '-d': ({ values: [one], not, family }) => [match(payload(family, 'daddr'), networkOf(one), not)],
  '-i': ({ values: [one = ''], not }) => [match(key('meta', 'iifname'), one.replace(/\+$/, '*'), not)],
  '-o': ({ values: [one = ''], not }) => [match(key('meta', 'oifname'), one.replace(/\+$/, '*'), not)],
  '-p': ({ values: [one], not }) => (one === 'all' ? [] : [match(key('meta', 'l4proto'), one, not)]),
  '--dport': given => [match(payload(protocolOf(given), 'dport'), portsOf(given.values[0]), given.not)],
  '--sport': given => [match(payload(protocolOf(given), 'sport'), portsOf(given.values[0]), given.not)],
  '--dports': ({ values: [one = ''], not }) => [match(payload('th', 'dport'), several(one, portsOf), not)],
  '--sports': ({ values: [one = ''], not }) => [match(payload('th', 'sport'), several(one, portsOf), not)],
  '--tcp-flags': ({ values: [mask, set], not }) => [flags(mask, set, not)],
  '--syn': ({ not }) => [flags('FIN,SYN,RST,ACK', 'SYN', not)],
  '--ctstate': ({ values: [one = ''], not }) => [states(one, not)],
  '--state': ({ values: [one = ''], not }) => [states(one, not)],
  '--ctdir': ({ values: [one = ''], not }) => [match(key('ct', 'direction'), one.toLowerCase(), not)],
  '--mark': ({ values: [one = ''], not, of }) => [masked(key(of === 'connmark' ? 'ct' : 'meta', 'mark'), one, not)],
  '--dst-type': ({ values: [one = ''], not }) => [match(fib('type', 'daddr'), symbols(one), not)],
  '--src-type': ({ values: [one = ''], not }) => [match(fib('type', 'saddr'), symbols(one), not)],
  '--src-range': ({ values: [one = ''], not, family }) => [match(payload(family, 'saddr'), rangeOf(one), not)],
  '--dst-range': ({ values: [one = ''], not, family }) => [match(payload(family, 'daddr'), rangeOf(one), not)],
  '--pkt-type': ({ values: [one], not }) => [match(key('meta', 'pkttype'), one === 'unicast' ? 'host' : one, not)],
  '--limit': ({ values: [rate] }) => [{ limit: { rate } }],
  '--match-set': given => [listed(given, given.values[0] ?? '', given.values[1] ?? '')],
  '--rcheck': given => [listed(given, 'recent', 'src')],
  '--update': given => [listed(given, 'recent', 'src')],
}

/** Words that say more of the match that stands before, and nothing that matters here. */
const asides: Readonly<Record<string, readonly string[]>> = {
  limit: ['--limit-burst'],
  recent: ['--set', '--remove', '--seconds', '--reap', '--hitcount', '--rttl', '--name', '--mask', '--rsource'],
  set: ['--return-nomatch'],
}

/** Headers of IPv6 that none of a connection's packets has, whatever else is asked of them. */
const extensionHeaders = ['rt', 'frag', 'hbh', 'dst', 'ah']

/** Matches whose words are all known above, once they are there. */
const readMatches = [
  ...['tcp', 'udp', 'multiport', 'conntrack', 'state', 'comment', 'mark', 'connmark', 'addrtype', 'iprange', 'pkttype'],
  ...['limit', 'set', 'recent'],
]

const protocolOf = ({ of }: Given) => (of === 'udp' ? 'udp' : 'tcp')
const rangeOf = (text: string) => ({ range: text.split('-') })
const fib = (result: string, ...flags: readonly string[]) => ({ fib: { result, flags } })

/** What a target does, with the words behind it. */
const targets: Readonly<Record<string, (option: (name: string) => string | null) => readonly Part[]>> = {
  ACCEPT: () => [{ accept: null }],
  DROP: () => [{ drop: null }],
  REJECT: () => [{ reject: null }],
  RETURN: () => [{ return: null }],
  MASQUERADE: () => [{ masquerade: null }],
  SNAT: () => [{ snat: null }],
  NOTRACK: () => [{ notrack: null }],
  CT: option => (option('--notrack') === null ? [] : [{ notrack: null }]),
  REDIRECT: option => [{ redirect: { port: onePort(option('--to-ports')) } }],
  DNAT: option => {
    const [, addr, port] = /^\[?([^\]]*?)\]?(?::(\d+(?:-\d+)?))?$/.exec(bracketed(option('--to-destination'))) ?? []
    return [{ dnat: { addr: addr === '' ? undefined : addr, port: onePort(port ?? null) } }]
  },
  MARK: option => setMark('meta', option),
  CONNMARK: option => {
    if (option('--set-xmark') !== null) return setMark('ct', option)
    const isPlain = option('--nfmask') === null && option('--ctmask') === null
    const [to, from] = option('--save-mark') === null ? (['meta', 'ct'] as const) : (['ct', 'meta'] as const)
    return [{ mangle: { key: key(to, 'mark'), value: isPlain ? key(from, 'mark') : { mask: 'unknown' } } }]
  },
}

/** They end no rule. */
const passing = [
  ...[
    'LOG',
    'NFLOG',
    'ULOG',
    'AUDIT',
    'TRACE',
    'TCPMSS',
    'CHECKSUM',
    'CLASSIFY',
    'DSCP',
    'TOS',
    'ECN',
    'TTL',
    'HL',
    'SET',
  ],
  ...['SECMARK', 'CONNSECMARK', 'LED', 'RATEEST', 'TCPOPTSTRIP'],
]

const onePort = (text: string | null): unknown =>
  text === null ? undefined : /^\d+$/.test(text) ? number(text) : { range: text.split('-').map(Number) }
/** An IPv6 address without brackets has no port. */
const bracketed = (text: string | null) =>
  text !== null && text.split(':').length > 2 && !text.startsWith('[') ? `[${text}]` : (text ?? '')

function setMark(kind: 'meta' | 'ct', option: (name: string) => string | null): readonly Part[] {
  const [value, mask = '0xffffffff'] = (option('--set-xmark') ?? '').split('/')
  const kept = ~number(mask) >>> 0
  const told = kept === 0 ? number(value) : { '^': [{ '&': [key(kind, 'mark'), kept] }, number(value)] }
  return [{ mangle: { key: key(kind, 'mark'), value: told } }]
}

/** `line`: as iptables-save prints it, `-A CHAIN ...`; `isChain`: whether the table has a chain of this name. */
export function translateRule(line: string, family: string, isChain: (name: string) => boolean): Translated {
  const words = wordsOf(line).slice(2)
  const expr: Part[] = []
  let comment = ''
  let of = ''
  let isAsked = true
  // A match with no word that we know asks for something all the same.
  const endMatch = () => {
    if (!isAsked) expr.push(unknown(of))
    isAsked = true
  }
  while (words.length > 0) {
    const not = words[0] === '!'
    if (not) words.shift()
    const word = words.shift() ?? ''
    // A comment may begin like an option.
    const values = word === '--comment' ? words.splice(0, 1) : takeValues(words)
    if (word === '-m') {
      endMatch()
      of = values[0] ?? ''
      isAsked = readMatches.includes(of)
      if (extensionHeaders.includes(of)) {
        expr.push(match(payload(of, 'type'), 0, false))
        isAsked = true
      }
    } else if (word === '-j' || word === '-g') {
      endMatch()
      return { expr: [...expr, ...actionOf(word, values[0] ?? '', words, isChain)], comment }
    } else if (word === '--comment') comment = values.join(' ')
    else if (!asides[of]?.includes(word) && !extensionHeaders.includes(of)) {
      expr.push(...(conditions[word]?.({ values, not, family, of }) ?? [unknown(`${of} ${word}`.trim())]))
      isAsked = true
    }
  }
  endMatch()
  return { expr, comment }
}

function takeValues(words: string[]): string[] {
  const next = words.findIndex(word => /^(-.|!$)/.test(word))
  return words.splice(0, next < 0 ? words.length : next)
}

function actionOf(word: string, name: string, rest: readonly string[], isChain: (name: string) => boolean) {
  const option = (asked: string) => {
    const at = rest.indexOf(asked)
    return at < 0 ? null : (rest[at + 1] ?? '')
  }
  if (isChain(name)) return [{ [word === '-g' ? 'goto' : 'jump']: { target: name } }]
  // Another target may do anything: the walk does not know it.
  return targets[name]?.(option) ?? (passing.includes(name) ? [] : [{ [name]: null }])
}

/** Divided by blanks, but in double quotes; a backslash takes the next character as it is. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'),
  )
}

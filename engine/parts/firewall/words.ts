// A rule in nft's own words, so that people find it. Pure.
import { isObject, type Rule } from './ruleset'

/** `inet filter input handle 7: tcp dport 110 drop`; of iptables `ip6tables -t mangle -A INPUT -p tcp -j DROP`. */
export function describeRule({ family, table, chain, handle, expr, line, by }: Rule): string {
  if (line !== undefined) {
    const program = `${family}tables${by === 'iptables-legacy' ? '-legacy' : ''}`
    return shorten(`${program} ${table === 'filter' ? '' : `-t ${table} `}${line}`)
  }
  const words = expr.map(describePart).filter(Boolean).join(' ')
  return `${family} ${table} ${chain}${handle === null ? '' : ` handle ${handle}`}: ${shorten(words)}`
}

const longest = 160
const shorten = (text: string) => (text.length > longest ? `${text.slice(0, longest)} ...` : text)

function describePart(part: Readonly<Record<string, unknown>>): string {
  const [kind = '', given] = Object.entries(part)[0] ?? []
  if (kind === 'counter' || kind === 'log') return kind
  if (given === null) return kind
  if (!isObject(given)) return `${kind} ${describe(given)}`
  if (kind === 'match') {
    const op = given.op === '==' || given.op === 'in' ? '' : `${String(given.op)} `
    return `${describe(given.left)} ${op}${describe(given.right)}`
  }
  if (kind === 'vmap') return `${describe(given.key)} vmap ${describe(given.data)}`
  if (kind === 'jump' || kind === 'goto') return `${kind} ${String(given.target)}`
  if (kind === 'mangle') return `${describe(given.key)} set ${describe(given.value)}`
  if (kind === 'limit') return `limit rate ${given.inv ? 'over ' : ''}${String(given.rate)}/${String(given.per)}`
  if (kind === 'redirect') return `redirect to :${describe(given.port)}`
  if (kind === 'dnat')
    return `dnat to ${describe(given.addr)}${given.port === undefined ? '' : `:${describe(given.port)}`}`
  return kind === 'reject' ? kind : `${kind} ${JSON.stringify(given)}`
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return value.map(describe).join(',')
  if (!isObject(value)) return String(value)
  const [kind = '', given] = Object.entries(value)[0] ?? []
  if (Array.isArray(given)) {
    if (kind === 'set') return `{ ${given.map(describeElement).join(', ')} }`
    if (kind === 'concat') return given.map(describe).join(' . ')
    return given.map(describe).join(kind === 'range' ? '-' : ` ${kind} `)
  }
  if (!isObject(given)) return JSON.stringify(value)
  if (kind === 'payload' && given.protocol) return `${String(given.protocol)} ${String(given.field)}`
  if (kind === 'meta') return /^[io]if/.test(String(given.key)) ? String(given.key) : `meta ${String(given.key)}`
  if (kind === 'ct') return ['ct', given.dir, given.key].filter(Boolean).join(' ')
  if (kind === 'prefix') return `${String(given.addr)}/${String(given.len)}`
  if (kind === 'elem') return describe(given.val)
  return kind === 'fib' ? `fib ${describe(given.flags)} ${String(given.result)}` : JSON.stringify(value)
}

/** Of a map: what it leads to. */
function describeElement(element: unknown): string {
  if (!Array.isArray(element)) return describe(element)
  const [key, told] = element
  return `${describe(key)} : ${isObject(told) ? describePart(told) : describe(told)}`
}

// A rule of nft's JSON in nft's words, as far as it is of the forms that our own table has. Pure.
import { canonicalNetwork } from '../network'
import { isObject, type Json, type Rule, text } from './ruleset'

/** Without its comment. What we never write stands as `?KIND`. */
export const ruleText = ({ expr }: Pick<Rule, 'expr'>): string =>
  expr
    .flatMap(part => Object.entries(part).slice(0, 1))
    .flatMap(([kind, given]) => (kind === 'counter' ? [] : [words(kind, given)]))
    .join(' ')

function words(kind: string, given: unknown): string {
  if (kind === 'accept' || kind === 'drop') return kind
  if (!isObject(given)) return `?${kind}`
  if (kind === 'match') return matchText(given)
  if (kind === 'ct count') return `ct count ${given.inv === true ? 'over ' : ''}${String(given.val)}`
  if (kind === 'limit') return limitText(given)
  if (kind === 'reject') return given.type === 'tcp reset' ? 'reject with tcp reset' : '?reject'
  if (kind === 'redirect') return `redirect to :${String(given.port)}`
  if (kind === 'dnat' && typeof given.addr === 'string') return dnatText(given.addr, Number(given.port))
  return `?${kind}`
}

export const dnatText = (address: string, port: number): string => {
  const own = canonicalNetwork(address)
  return own.includes(':') ? `dnat ip6 to [${own}]:${port}` : `dnat ip to ${own}:${port}`
}

/** nft prints bytes by the thousand and 24 where they are such. */
const sizes: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 }

export const limitOf = (rate: number, burst: number): string =>
  `limit rate over ${rate} bytes/second burst ${burst} bytes`

function limitText({ rate, burst, per, inv, rate_unit, burst_unit }: Json): string {
  const [size, burstSize] = [sizes[text(rate_unit)], sizes[text(burst_unit)]]
  if (inv !== true || per !== 'second' || size === undefined || burstSize === undefined) return '?limit'
  return limitOf(Number(rate) * size, Number(burst) * burstSize)
}

function matchText({ op, left, right }: Json): string {
  const field = fieldText(left)
  // Of the state of a connection nft says `in`.
  const sign = op === '!=' ? '!= ' : op === '==' || (op === 'in' && field === 'ct state') ? '' : `?${String(op)} `
  return `${field} ${sign}${valueText(right, field)}`
}

function fieldText(left: unknown): string {
  if (!isObject(left)) return '?'
  const { payload, meta, ct, fib } = left
  if (isObject(payload)) return `${text(payload.protocol)} ${text(payload.field)}`
  if (isObject(meta)) return text(meta.key) === 'nfproto' ? 'meta nfproto' : text(meta.key)
  if (isObject(ct)) return ['ct', ct.dir, ct.key].filter(Boolean).join(' ')
  return isObject(fib) ? `fib ${[fib.flags].flat().join(' . ')} ${text(fib.result)}` : '?'
}

function valueText(right: unknown, field: string): string {
  if (/^[io]if(name)?$/.test(field)) return `"${String(right)}"`
  if (isObject(right) && isObject(right.prefix)) {
    return canonicalNetwork(`${text(right.prefix.addr)}/${String(right.prefix.len)}`)
  }
  if (typeof right === 'string' && /^ip6? [sd]addr$/.test(field)) return canonicalNetwork(right)
  return typeof right === 'string' || typeof right === 'number' ? String(right) : JSON.stringify(right)
}

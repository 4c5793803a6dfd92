// Ranges of numbers and addresses, and how much of one others cover. Pure.
import ipaddr from 'ipaddr.js'
import { byText } from '../../../schemas/by-text'
import { familyOf, isNetwork } from '../../../schemas/endpoint'

/** First and last. */
export type Range = readonly [bigint, bigint]

type Share = 'all' | 'some' | 'none'

const widths = { 4: 32n, 6: 128n } as const

export const wholeFamily = (family: 4 | 6): Range => [0n, (1n << widths[family]) - 1n]

/** Of an address or a network, without or with its length; null for other text. */
export const rangeOfNetwork = byText((text: string): Range | null => {
  if (!isNetwork(text)) return null
  const [address = '', length] = text.split('/')
  const width = widths[familyOf(address) === 6 ? 6 : 4]
  const number = ipaddr
    .parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const host = width - BigInt(length ?? width)
  const first = (number >> host) << host
  return [first, first + (1n << host) - 1n]
})

/** How much of `whole` the parts cover together. */
export function shareOf([first, last]: Range, parts: readonly Range[]): Share {
  let next = first
  let touched = false
  for (const [from, to] of [...parts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    if (to < first || from > last) continue
    touched = true
    if (from > next) return 'some'
    if (to >= next) next = to + 1n
  }
  if (next > last) return 'all'
  return touched ? 'some' : 'none'
}

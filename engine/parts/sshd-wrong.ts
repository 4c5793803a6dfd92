// What sshd has other than a tunnel wants, by name, with the line that sets it and what comes of it. Pure.
import { keywordOf } from '../../schemas/sshd-settings'
import type { Snapshot } from './snapshot'
import type { SshdAt } from './sshd-at'
import { findOther, findWinner } from './sshd-config'
import { winnersOver } from './sshd-own'
import { isPlain, readers } from './sshd-values'

/** Where a foreign line sets what sshd should not have, as `file:line`; null when none is found. */
export function whoWins(on: Snapshot, at: SshdAt, setting: string, have: unknown): string | null {
  if (at.own && setting === 'extra') return winnersOver(at.own, on, at.dropIn)
  const winner = findWinner(on, setting, String(have), at.dropIn)
  return winner ?? (at.user === '*' ? findOther(on, setting, at.dropIn) : null)
}

/** Those by which a forward stands or falls. */
export function describeValues(want: Readonly<Record<string, unknown>>): string {
  const values = Object.keys(consequences).flatMap(setting => {
    const value = want[setting]
    const isNothing =
      value === undefined ||
      (Array.isArray(value) && value.join() === 'none') ||
      (setting === 'allowStreamLocalForwarding' && value === 'no')
    return isNothing ? [] : [`${keywordOf(setting)} ${Array.isArray(value) ? value.join(' ') : String(value)}`]
  })
  return values.length > 0 ? `: ${values.join(', ')}` : ''
}

/** What comes of it where sshd has another value than a tunnel wants. */
const consequences: Readonly<Record<string, (value: string) => string>> = {
  disableForwarding: () => ', so sshd refuses the forward',
  allowTcpForwarding: () => ', so sshd refuses the forward',
  permitListen: () => ', so sshd refuses the forward',
  permitOpen: () => ', so sshd refuses the forward',
  allowStreamLocalForwarding: () => ', so sshd refuses the forward',
  gatewayPorts: value =>
    value === 'no' ? ', so sshd listens on its loopback address alone' : ', so sshd listens on other addresses',
}

/** Those that matter most first, each with the line that sets it. Without our drop-in nobody has asked for the account: what holds for everybody does then. */
export function findWrongValues(want: Readonly<Record<string, unknown>>, on: Snapshot, at: SshdAt) {
  const effective = on.sshd[at.user] ?? on.sshd['*'] ?? {}
  const effectiveOf = (setting: string) => effective[setting.toLowerCase()]
  const isDisabled = at.user !== '*' && effectiveOf('disableForwarding') === 'yes'
  const settings = [
    ...(isDisabled ? [{ setting: 'disableForwarding', value: 'yes', wanted: 'no' }] : []),
    ...at.asked.filter(isPlain).flatMap(setting => {
      const text = effectiveOf(setting)
      if (text === undefined) return []
      const value = readers[setting](text)
      return JSON.stringify(value) === JSON.stringify(want[setting]) ? [] : [{ setting, value, wanted: want[setting] }]
    }),
  ]
  const rank = ({ setting }: { readonly setting: string }) => {
    const place = Object.keys(consequences).indexOf(setting)
    return place < 0 ? Object.keys(consequences).length : place
  }
  return settings
    .sort((a, b) => rank(a) - rank(b))
    .map(({ setting, value, wanted }) => {
      const place = lineOf(on, at.dropIn, setting, effectiveOf(setting)) ?? whoWins(on, at, setting, value)
      const words = (one: unknown) => (Array.isArray(one) ? one.join(' ') : String(one))
      return {
        says: `${keywordOf(setting)} is ${words(value)} for ${at.user === '*' ? 'everybody' : at.user}, not ${words(wanted)}${place ? ` (${place})` : ''}`,
        so: consequences[setting]?.(words(value)) ?? '',
      }
    })
}

/** Where our drop-in, as it stands, says what is in effect. */
function lineOf(on: Snapshot, dropIn: string, setting: string, value = ''): string | null {
  const wanted = `${setting} ${value}`.toLowerCase()
  const lines = on.files[dropIn]?.text.split('\n') ?? []
  const index = lines.findIndex(
    line =>
      line
        .trim()
        .replace(/[\s="]+/g, ' ')
        .toLowerCase() === wanted,
  )
  return index < 0 ? null : `${dropIn}:${index + 1}`
}

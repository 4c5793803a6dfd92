// The settings of sshd that stand for everybody on a host: which have a name of their own, and which are anything else. Pure.
import type { Middle } from './types'

/** Each is the argument of a middle and, with a capital letter, the keyword of sshd_config(5), in the order in which they stand in our drop-in. */
export const ownSettings = [
  'gatewayPorts',
  'allowTcpForwarding',
  'clientAliveInterval',
  'clientAliveCountMax',
  'maxStartups',
  'maxSessions',
  'permitRootLogin',
  'passwordAuthentication',
  'logLevel',
  'useDNS',
  'perSourcePenalties',
] as const satisfies readonly (keyof Middle)[]

export type OwnSetting = (typeof ownSettings)[number]

export const keywordOf = (setting: string): string => `${setting.charAt(0).toUpperCase()}${setting.slice(1)}`

/** A name or a pattern of names (`*`, `?`), and from where: an address, a network, or every address. */
export interface Allowed {
  readonly user: string
  readonly address: string | null
}

/** An entry of allowUsers, USER or USER@ADDRESS; null for what is none. */
export function readAllowed(entry: string): Allowed | null {
  const [, user = '', address = null] = /^([A-Za-z0-9_.*?+-]+[$]?)(?:@(.+))?$/.exec(entry) ?? []
  return user === '' || user.startsWith('-') ? null : { user, address }
}

type Value = string | number

/** Keywords as people write them: one value for one line, or a list. */
export const asLines = (
  extra: Readonly<Record<string, Value | readonly Value[] | undefined>>,
): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([keyword, value]) => [keyword, [value ?? []].flat().map(String)]))

/** One line of `extra`: a keyword as it is written, and all that stands behind it. */
export interface ExtraLine {
  readonly keyword: string
  readonly value: string
}

export const linesOfExtra = (extra: Middle['extra'] = {}): ExtraLine[] =>
  Object.entries(extra).flatMap(([keyword, values]) => values.map(value => ({ keyword, value })))

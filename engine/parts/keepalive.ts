// Who keeps a tunnel's connection from falling silent, as the hosts have it: ssh by its unit, sshd by its effective values. Pure.
import { serviceFile } from './service/choose'
import type { Snapshot } from './snapshot'

/** ssh's own names (ssh_config(5)). */
export const keepalives: readonly string[] = ['ServerAliveInterval', 'ServerAliveCountMax']

export interface Keepalive {
  /** Seconds of silence after which one asks the other; 0 for never. */
  readonly interval: number
  readonly countMax: number
}

/** Of the unit's own text; null where it is not there, or does not say. */
export function clientKeepalive(on: Snapshot, unit: string): Keepalive | null {
  const text = serviceFile(on, unit)?.text
  if (text === undefined) return null
  const numberOf = (name: string) => new RegExp(`-o ?"?${name}[= ](\\d+)`).exec(text)?.[1]
  const interval = numberOf('ServerAliveInterval')
  // Without it ssh never asks, but Debian's does every 300 s with BatchMode: nobody here knows whose ssh it is.
  return interval === undefined
    ? null
    : { interval: Number(interval), countMax: Number(numberOf('ServerAliveCountMax') ?? 3) }
}

export function serverKeepalive(on: Snapshot, account: string): Keepalive | null {
  const effective = on.sshd[account] ?? {}
  const { clientaliveinterval: interval, clientalivecountmax: countMax } = effective
  return interval === undefined ? null : { interval: Number(interval), countMax: Number(countMax ?? 3) }
}

// How much may come through a tunnel's listener: concurrent connections, and bytes a second each way. Pure.
import type { Tunnel } from './types'

export interface Limits {
  readonly connections?: number
  /** Bytes a second, each way. */
  readonly bandwidth?: number
}

/** Bits, as tc(8) names them. */
const units = { kbit: 1_000, mbit: 1_000_000, gbit: 1_000_000_000 } as const
type Unit = keyof typeof units

/** Null where nothing is limited. */
export function limitsOf({ limits }: Pick<Tunnel, 'limits'>): Limits | null {
  const { connections, bandwidth } = limits ?? {}
  if (connections === undefined && bandwidth === undefined) return null
  return { connections, bandwidth: bandwidth === undefined ? undefined : bytesOf(bandwidth) }
}

function bytesOf(bandwidth: string): number {
  const [, count, unit] = /^([0-9]+)(kbit|mbit|gbit)$/.exec(bandwidth) ?? []
  if (!count || !unit) throw new Error(`${JSON.stringify(bandwidth)} is no bandwidth`)
  return (Number(count) * units[unit as Unit]) / 8
}

export const describeConnections = (most: number): string =>
  `at most ${most} connection${most === 1 ? '' : 's'} at a time`

export function describeBandwidth(bytes: number): string {
  const bits = bytes * 8
  const unit = (['gbit', 'mbit', 'kbit'] as const).find(one => bits % units[one] === 0)
  return `at most ${unit ? `${bits / units[unit]}${unit}` : `${bits}bit`} each way`
}

export const describeLimits = ({ connections, bandwidth }: Limits): string[] => [
  ...(connections === undefined ? [] : [describeConnections(connections)]),
  ...(bandwidth === undefined ? [] : [describeBandwidth(bandwidth)]),
]

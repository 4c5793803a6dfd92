// What a firewall is asked to let in, to redirect and to limit.
import { describeLimits, type Limits } from '../../../schemas/limits'

export interface Ask {
  /** One address of the host; null: any. */
  readonly address: string | null
  /** The interface that a link-local address is on. */
  readonly device?: string
  /** On which somebody listens. */
  readonly port: number
  /** The port that visitors come to, where a redirect of ours leads them from it to that one. */
  readonly visited?: number
  /** Networks; null: anywhere. */
  readonly from: readonly string[] | null
}

/** From a port of the host to another of its. */
export interface Redirect {
  /** Null: any. */
  readonly address: string | null
  /** Of an address family; null: both. */
  readonly family: 4 | 6 | null
  readonly from: number
  readonly to: number
}

/** Limits, and the listeners that have them. */
export interface Limited extends Limits {
  readonly on: readonly { readonly address: string | null; readonly device?: string; readonly port: number }[]
  /** The ports to which visitors come, where the tunnel has listeners there that are not limited so. */
  readonly only?: readonly number[]
}

export interface FirewallAt {
  /** The comment of our rules, by which they are found again. */
  readonly tag: string
  readonly owner: string
  /** The file that brings the rules back after a reload or a reboot. */
  readonly file: string
  readonly asks: readonly Ask[]
  readonly redirects?: readonly Redirect[]
  readonly limits?: readonly Limited[]
  /** The manager that is named for the host; without it whoever makes a chain opens it. */
  readonly named?: string
}

export const describeAsk = (ask: Ask): string =>
  `${ask.address ?? 'any address'}${ask.device === undefined ? '' : `%${ask.device}`} tcp/${ask.port} from ${ask.from?.join(', ') ?? 'anywhere'}`

export const describeLimited = (limits: readonly Limited[]): string[] =>
  limits.flatMap(one => {
    const ports = one.only?.map(port => `tcp/${port}`).join(', ')
    return describeLimits(one).map(text => (ports === undefined ? text : `${text} (${ports})`))
  })

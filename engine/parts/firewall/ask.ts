// What a firewall is asked to let in.

export interface Ask {
  /** One address of the host; null: any. */
  readonly address: string | null
  readonly port: number
  /** Networks; null: anywhere. */
  readonly from: readonly string[] | null
}

export interface FirewallAt {
  /** The comment of our rules, by which they are found again. */
  readonly tag: string
  readonly owner: string
  /** The file that brings the rules back after a reload or a reboot. */
  readonly file: string
  readonly asks: readonly Ask[]
  /** The manager that is named for the host; without it whoever makes a chain opens it. */
  readonly named?: string
}

export const describeAsk = (ask: Ask): string =>
  `${ask.address ?? 'any address'} tcp/${ask.port} from ${ask.from?.join(', ') ?? 'anywhere'}`
